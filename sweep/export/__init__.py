"""A sweep written for other tools: as tables, as LaTeX, as Optuna's storage, and as folders of trackers."""

import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.data_frames import curves_of
from sweep.engine.ledger import Ledger
from sweep.errors import SweepError
from sweep.export import optuna_db, tables
from sweep.ledger_frame import frame
from sweep.report import words
from sweep.report.latex import latex_table
from sweep.safe_files import replacing

_T = TypeVar("_T")

#: What a file's suffix means.
SUFFIXES = {
    ".csv": "runs.csv has a row per run, points.csv a row per point, curves.csv a row per epoch of a run",
    ".parquet": "the same",
    ".tex": "the table of points in LaTeX",
    ".db": "Optuna's storage, for optuna-dashboard",
}
#: What a folder's name means, and the module that writes it.
FOLDERS = {"tensorboard": "tensorboard_logs", "mlflow": "mlflow_store", "wandb": "wandb_runs"}
_TABLES = ("runs", "points", "curves")


def export(ledger: Ledger, to: Path, force: bool = False) -> str:
    """Write a sweep to a file or folder of the kind that its name says, whole or not at all, and say what was written.

    `.csv` and `.parquet` files have a row per run, per point or per epoch of a run: their names must say `runs`,
    `points` or `curves`, as in `my-runs.csv`. `.tex` is the table of points for LaTeX with booktabs, and `.db` an
    SQLite storage of Optuna's with a study of runs and one of points. A folder, a name without a suffix, is written for
    the tracker that its name has in it, TensorBoard, MLflow or W&B, by its own library, offline. Raises SweepError if
    the name says none of these, if the file exists, unless `force` is true, if the folder exists and is not empty, if
    the library is not installed, or if it cannot be written.
    """
    if tracker := _tracker(to):
        return _folder(ledger, to, tracker)
    table = _table(to)
    if not force and (to.exists() or to.is_symlink()):
        raise SweepError(f"{to}: this file exists; --force replaces it")
    # runs are told as they are, points as the space judges them
    sweep = frame(ledger, kernels=False, metric=None if to.suffix == ".tex" or table == "points" else "error")
    other_runs = _others(sweep)
    if to.suffix == ".db":
        trials = _whole(to, lambda part: optuna_db.write(sweep, ledger.curves(), part))
        return f"{trials} runs: {to}{other_runs}"
    if table == "curves":
        epochs = curves_of(sweep, ledger)
        _whole(to, lambda part: tables.write(epochs, part, to.suffix))
        return f"{epochs['key'].nunique()} runs: {to}{other_runs}"
    study = Study(sweep)
    if to.suffix == ".tex":
        with words.judged_by(sweep.metric):
            text = latex_table(study)
        _whole(to, lambda part: part.write_text(text, encoding="utf-8"))
        return f"{len(study.table)} points: {to}"
    rows = tables.points(study) if table == "points" else tables.runs(sweep)
    _whole(to, lambda part: tables.write(rows, part, to.suffix))
    return f"{len(rows)} points: {to}" if table == "points" else f"{len(rows)} runs: {to}{other_runs}"


def _tracker(to: Path) -> str:
    """The tracker that a folder is written for; empty for a file."""
    named = [tracker for tracker in FOLDERS if tracker in to.name.lower()]
    return named[0] if not to.suffix and len(named) == 1 else ""


def _folder(ledger: Ledger, to: Path, tracker: str) -> str:
    """Write a folder for a tracker under a new name, and move it into place."""
    if to.is_symlink() or (to.exists() and not (to.is_dir() and not any(to.iterdir()))):
        raise SweepError(f"{to}: this exists; give the name of a new or of an empty folder")
    module = importlib.import_module(f"sweep.export.{FOLDERS[tracker]}")
    sweep = frame(ledger, kernels=False)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{to.name[:100]}.", dir=to.parent) as scratch:
            part = Path(scratch) / to.name
            part.mkdir()
            runs = module.write(sweep, ledger, part.absolute(), to)
            part.replace(to)
    except OSError as error:
        raise SweepError(f"{to}: cannot be written: {error.strerror or error}") from None
    except SweepError:
        raise
    except Exception as error:
        # a tracker's library fails in ways of its own, which a newer release may add to
        raise SweepError(f"{to}: {tracker} could not write it: {type(error).__name__}: {error}") from error
    return f"{runs} runs: {to}{_others(sweep)}"


def _others(sweep: SweepFrame) -> str:
    return f" ({sweep.unasked} more in the ledger that its space does not ask for)" if sweep.unasked else ""


def _table(to: Path) -> str:
    """Whether a table is one of runs, points or curves; empty for files that hold more."""
    if to.suffix not in SUFFIXES:
        known_types = "; ".join(f"{suffix}: {purpose}" for suffix, purpose in SUFFIXES.items())
        folders = ", ".join(f"{tracker}/" for tracker in FOLDERS)
        raise SweepError(f"{to}: unsupported file type; use one of these ({known_types}), or a folder: {folders}")
    if to.suffix in {".tex", ".db"}:
        return ""
    matches = [rows for rows in _TABLES if rows in to.stem.lower()]
    if len(matches) != 1:
        raise SweepError(f"{to}: the name must say runs, points or curves; {SUFFIXES['.csv']}")
    return matches[0]


def _whole(to: Path, write: Callable[[Path], _T]) -> _T:
    """Write a file under a new name and move it into place."""
    try:
        with replacing(to) as part:
            return write(part)
    except OSError as error:
        raise SweepError(f"{to}: cannot be written: {error.strerror or error}") from None
