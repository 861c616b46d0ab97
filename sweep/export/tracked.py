"""The runs of a sweep as trackers of experiments take them, and the libraries of trackers, which are extras."""

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweep.analysis.order import is_blank
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame, all_runs, tell_apart
from sweep.errors import SweepError
from sweep.space.columns import names_in_files

#: What the two metrics are called everywhere.
LOSS, ERROR = "training loss", "validation error, %"
#: What a run says of itself beside its parameters.
_DESCRIBED = ("point", "status", "kind", "message", "params", "flops", "activations", "seconds", "key")
#: Nothing that a tracker's library would send is sent, whatever the user's settings are.
_OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


@dataclass(frozen=True)
class TrackedRun:
    """A run with what a tracker shows of it.

    params: its axes, its nuisance setting and its seed.
    about: its point, status, reason of failure, cost, seconds and key.
    losses: the training loss of each epoch, the mean over it.
    error: top-1 error at the last epoch in per cent; None unless the run is done.
    started, finished: seconds since 1970.
    """

    name: str
    key: str
    point: str
    params: Mapping[str, Any]
    about: Mapping[str, Any]
    losses: Sequence[float]
    error: float | None
    started: float
    finished: float

    @property
    def done(self) -> bool:
        """Whether it has an error."""
        return self.error is not None

    def time(self, epoch: int) -> float:
        """When an epoch, counted from 1, was over, at an even pace; seconds since 1970."""
        return self.started + (self.finished - self.started) * epoch / max(1, len(self.losses))


def tracked_runs(frame: SweepFrame, curves: Mapping[str, tuple[Sequence[float], str]]) -> list[TrackedRun]:
    """The runs of a sweep that are in; `curves` has the losses and the time of landing of each, by its key."""
    names = [*tell_apart(frame), "seed"]
    written = dict(zip(names, names_in_files(names), strict=True))
    axes = (frame.search or frame).axes
    settings = [name for name in tell_apart(frame) if name not in axes]
    runs = []
    for row in records(all_runs(frame)):
        if row["status"] == "missing":
            continue
        losses, finished = curves[row["key"]]
        end = datetime.fromisoformat(finished).timestamp()
        setting = "".join(f" {path}={row[path]}" for path in settings if not is_blank(row[path]))
        runs.append(
            TrackedRun(
                name=f"{row['point']}{setting} seed={row['seed']}",
                key=row["key"],
                point=row["point"],
                params={written[name]: _plain(row[name]) for name in names if not is_blank(row[name])},
                about={name: _plain(row[name]) for name in _DESCRIBED if not is_blank(row[name]) and row[name] != ""},
                losses=losses,
                error=float(row["error"]) if row["status"] == "done" else None,
                started=end - (0.0 if is_blank(row["seconds"]) else float(row["seconds"])),
                finished=end,
            )
        )
    return runs


def library(name: str, tracker: str) -> Any:
    """A module of a tracker's library; raises SweepError that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        message = f"{tracker} is not installed: pip install 'wn-sweep[trackers]'"
        raise SweepError(message) from None


@contextmanager
def offline() -> Iterator[None]:
    """Keep the libraries of trackers from contacting anybody."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(_OFFLINE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _plain(value: Any) -> Any:
    """A value as Python has it, whatever numpy made of it."""
    return value.item() if hasattr(value, "item") else value
