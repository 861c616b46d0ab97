"""A sweep as offline runs of Weights & Biases: `wandb sync FOLDER/offline-run-*` sends them, nothing else does."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from sweep.analysis.sweep_frame import SweepFrame
from sweep.engine.ledger import Ledger
from sweep.export.tracked import ERROR, LOSS, library, offline, tracked_runs


def write(frame: SweepFrame, ledger: Ledger, folder: Path, final: Path) -> int:
    """Write each run to a folder of its own in an empty folder, and give their number: about half a second a run.

    The sweep is a project, a point a group of runs. Each run has its parameters and what it says of itself as config,
    the losses of its epochs as history, and its error in the summary; its exit code is 1 if it failed. Nothing of the
    machine is kept. `final` is where the folder will lie, of which these files say nothing.
    """
    runs = tracked_runs(frame, ledger.curves())
    with offline(), tempfile.TemporaryDirectory(prefix=".wandb-", dir=folder) as scratch:
        wandb = library("wandb", "Weights & Biases")
        settings = wandb.Settings(
            mode="offline",
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        )
        for run in runs:
            config = {**run.params, "run": dict(run.about)}
            tracked_run = wandb.init(
                project=frame.name, name=run.name, id=_identity(run.key), group=run.point, dir=scratch, config=config,
                settings=settings, notes=frame.about or None, reinit="finish_previous",
            )  # fmt: skip
            for epoch, loss in enumerate(run.losses, 1):
                tracked_run.log({LOSS: loss, "epoch": epoch}, step=epoch)
            if run.error is not None:
                tracked_run.summary[ERROR] = run.error
            tracked_run.finish(exit_code=0 if run.done else 1)
        wandb.teardown()
        for path in sorted((Path(scratch) / "wandb").glob("offline-run-*")):
            # logs of the library, which name this machine's folders
            shutil.rmtree(path / "logs", ignore_errors=True)
            shutil.rmtree(path / "tmp", ignore_errors=True)
            path.replace(folder / path.name)
    return len(runs)


def _identity(key: str) -> str:
    """The name of a run's file: its key, unless somebody made up a key that is more than a name."""
    return key[:32] if key.isalnum() and key.isascii() else hashlib.sha256(key.encode()).hexdigest()[:32]
