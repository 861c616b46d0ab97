"""A sweep as event files of TensorBoard, a folder a run: `tensorboard --logdir FOLDER`."""

from pathlib import Path
from typing import Any

from sweep.analysis.sweep_frame import SweepFrame
from sweep.engine.ledger import Ledger
from sweep.export.tracked import ERROR, LOSS, TrackedRun, library, tracked_runs


def write(frame: SweepFrame, ledger: Ledger, folder: Path, final: Path) -> int:
    """Write the runs to an empty folder, and give their number.

    Each has its losses and its error as scalars, and its parameters on the tab of hyperparameters. `final` is where
    the folder will lie, of which these files say nothing.
    """
    # torch writes the events; tensorboard is what it writes them with
    tensorboard = library("torch.utils.tensorboard", "TensorBoard")
    runs = tracked_runs(frame, ledger.curves())
    for run in runs:
        writer = tensorboard.FileWriter(str(folder / _folder_name(f"{run.key[:8]} {run.name}")))
        try:
            _write(tensorboard.summary, writer, run)
        finally:
            writer.close()
    return len(runs)


def _write(summary: Any, writer: Any, run: TrackedRun) -> None:
    for epoch, loss in enumerate(run.losses, 1):
        writer.add_summary(summary.scalar(LOSS, loss), epoch, run.time(epoch))
    params = {
        name: value if isinstance(value, bool | int | float) else str(value) for name, value in run.params.items()
    }
    for part in summary.hparams(params, {} if run.error is None else {ERROR: run.error}):
        writer.add_summary(part, None, run.finished)
    for name, value in run.about.items():
        writer.add_summary(summary.text(name, str(value)), None, run.finished)
    if run.error is not None:
        writer.add_summary(summary.scalar(ERROR, run.error), len(run.losses), run.finished)


def _folder_name(name: str) -> str:
    """A name that may be one of a folder: some of a person's own values may not."""
    plain = "".join(letter if letter.isalnum() or letter in " =.-_" else "_" for letter in name).lstrip(".")
    # file systems count bytes, 255 at most, and a number may stand behind
    return plain.encode()[:200].decode(errors="ignore")
