"""A sweep written for other tools: as tables, as LaTeX, and as Optuna's storage."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sweep.analysis.study import Study
from sweep.engine.ledger import Ledger
from sweep.errors import SweepError
from sweep.export import optuna_db, tables
from sweep.ledger_frame import frame
from sweep.report.latex import latex_table
from sweep.safe_files import replacing

_T = TypeVar("_T")

#: What a file's suffix means.
SUFFIXES = {
    ".csv": "runs.csv has a row per run, points.csv a row per point",
    ".parquet": "the same",
    ".tex": "the table of points in LaTeX",
    ".db": "Optuna's storage, for optuna-dashboard",
}


def export(ledger: Ledger, to: Path, force: bool = False) -> str:
    """Write a sweep to a file of the kind that its name says, whole or not at all, and say what was written.

    `.csv` and `.parquet` files have a row per run or per point: their names must say `runs` or `points`, as in
    `my-runs.csv`. `.tex` is the table of points for LaTeX with booktabs, and `.db` an SQLite storage of Optuna's with a
    study of runs and one of points. Raises SweepError if the name says none of these, if the file exists, unless
    `force` is true, or if it cannot be written.
    """
    table = _table(to)
    if not force and (to.exists() or to.is_symlink()):
        raise SweepError(f"{to}: this file exists; --force replaces it")
    # runs are told as they are, points as the space judges them
    sweep = frame(ledger, kernels=False, metric=None if to.suffix == ".tex" or table == "points" else "error")
    others = f" ({sweep.unasked} more in the ledger that its space does not ask for)" if sweep.unasked else ""
    if to.suffix == ".db":
        trials = _whole(to, lambda part: optuna_db.write(sweep, ledger.curves(), part))
        return f"{trials} runs: {to}{others}"
    study = Study(sweep)
    if to.suffix == ".tex":
        text = latex_table(study)
        _whole(to, lambda part: part.write_text(text, encoding="utf-8"))
        return f"{len(study.table)} points: {to}"
    rows = tables.points(study) if table == "points" else tables.runs(sweep)
    _whole(to, lambda part: tables.write(rows, part, to.suffix))
    return f"{len(rows)} points: {to}" if table == "points" else f"{len(rows)} runs: {to}{others}"


def _table(to: Path) -> str:
    """Whether a table is one of runs or of points; empty for files that hold both."""
    if to.suffix not in SUFFIXES:
        known = "; ".join(f"{suffix}: {what}" for suffix, what in SUFFIXES.items())
        raise SweepError(f"{to}: unsupported file type; use one of these ({known})")
    if to.suffix in {".tex", ".db"}:
        return ""
    named = [rows for rows in ("runs", "points") if rows in to.stem.lower()]
    if len(named) != 1:
        raise SweepError(f"{to}: the name must say runs or points; {SUFFIXES['.csv']}")
    return named[0]


def _whole(to: Path, write: Callable[[Path], _T]) -> _T:
    """Write a file under a new name and move it into place."""
    try:
        with replacing(to) as part:
            return write(part)
    except OSError as error:
        raise SweepError(f"{to}: cannot be written: {error.strerror or error}") from None
