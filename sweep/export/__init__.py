"""What is known of a sweep, written for other tools: tables, LaTeX, and Optuna's storage."""

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
    ".csv": "a row a run, or a row a point if its name says points",
    ".parquet": "the same",
    ".tex": "the table of points, in LaTeX",
    ".db": "Optuna's storage, for optuna-dashboard",
}


def export(ledger: Ledger, to: Path) -> str:
    """Write a sweep to a file of the kind that its name says, whole or not at all, and say what was written.

    `points.csv` has a row a point and `runs.csv`, or any other name, a row a run; so do `.parquet` files. `.tex` is the
    table of points for LaTeX with booktabs, and `.db` an SQLite storage of Optuna's with a study of runs and one of
    points. Raises SweepError if the suffix is another one or the file cannot be written.
    """
    if to.suffix not in SUFFIXES:
        known = "; ".join(f"{suffix}: {what}" for suffix, what in SUFFIXES.items())
        raise SweepError(f"{to}: what it is to hold is told by its suffix ({known})")
    sweep = frame(ledger, kernels=False)
    left = f" ({sweep.unasked} more in the ledger, which its space does not ask for)" if sweep.unasked else ""
    if to.suffix == ".db":
        trials = _whole(to, lambda part: optuna_db.write(sweep, ledger.curves(), part))
        return f"{trials} runs: {to}{left}"
    study = Study(sweep)
    if to.suffix == ".tex":
        text = latex_table(study)
        _whole(to, lambda part: part.write_text(text, encoding="utf-8"))
        return f"{len(study.table)} points: {to}"
    points = "points" in to.stem.lower()
    table = tables.points(study) if points else tables.runs(sweep)
    _whole(to, lambda part: tables.write(table, part, to.suffix))
    return f"{len(table)} points: {to}" if points else f"{len(table)} runs: {to}{left}"


def _whole(to: Path, write: Callable[[Path], _T]) -> _T:
    """Let a file be written beside its place, and move it there."""
    try:
        with replacing(to) as part:
            return write(part)
    except OSError as error:
        raise SweepError(f"{to}: cannot be written: {error.strerror or error}") from None
