"""What points are judged by: top-1 error, or the cross-entropy on the same images."""

import math
from dataclasses import dataclass, replace

import numpy as np

from sweep.analysis.sweep_frame import SweepFrame

#: What a sweep can be judged by.
METRICS = ("error", "loss")


@dataclass(frozen=True)
class Metric:
    """How a measure is written; `noun` is its name, `plural` several of it."""

    noun: str
    plural: str
    #: its name on an axis, with its unit
    label: str
    #: what a difference is counted in, and what stands after a value
    points: str
    sign: str
    #: decimals of a value
    digits: int

    @property
    def difference(self) -> str:
        """What differences are: 'points of error', 'nats of loss'."""
        return f"{self.points} of {self.noun}"

    @property
    def unit(self) -> str:
        """The unit of a value: '%', 'nats'."""
        return self.label.rpartition(", ")[2]


WRITTEN = {
    "error": Metric("error", "errors", "top-1 error, %", "points", " %", 2),
    "loss": Metric("loss", "losses", "validation loss, nats", "nats", "", 3),
}


def measured_by(frame: SweepFrame, metric: str) -> SweepFrame:
    """Make the frame that is judged by a measure: all of analysis looks at its column `error`.

    Args:
        frame: the sweep, judged by error.
        metric: 'error' or 'loss'.

    Returns:
        With 'loss', `error` holds the loss of each run and `top1` its error; finished runs of which the ledger has no
        loss are missing, and told of in `metric_note`.

    Raises:
        ValueError: in words, if no finished run has a loss.
    """
    runs = frame.runs
    if metric == frame.metric:
        return frame
    if frame.lengths:
        whole = measured_by(replace(frame, lengths={}), metric)
        # the length that is judged keeps the runs of the sweep
        lengths = {
            epochs: whole if sweep.runs is frame.runs else measured_by(sweep, metric)
            for epochs, sweep in frame.lengths.items()
        }
        return replace(whole, lengths=lengths)
    if metric == "error":
        status = np.where(np.isfinite(runs["top1"]), "done", runs["status"])
        back = runs.assign(error=runs["top1"], status=status).drop(columns="top1")
        return replace(frame, runs=back, metric=metric, metric_note="", without_loss=0)
    done = (runs["status"] == "done").to_numpy(dtype=bool)
    losses = runs["loss"].to_numpy(dtype=float) if "loss" in runs else np.full(len(runs), np.nan)
    lacking = done & np.isnan(losses)
    if done.any() and lacking[done].all():
        raise ValueError(
            "no finished run of this ledger has a validation loss: it was written by an earlier version, which did not "
            "note it. Judge by error (metric: error), or run the space again into a new folder"
        )
    judged = runs.assign(
        top1=runs["error"],
        error=np.where(done, losses, np.nan),
        status=np.where(lacking, "missing", runs["status"]),
    )
    number = int(lacking.sum())
    return replace(frame, runs=judged, metric=metric, metric_note=_note(number), without_loss=number)


def without_smallest(frame: SweepFrame, of_space: str) -> SweepFrame:
    """Drop the smallest difference that matters where the space gives it in the unit of another metric, `of_space`."""
    if frame.metric == of_space or not math.isfinite(frame.smallest):
        return frame
    unit = WRITTEN[of_space].difference
    note = f"Not used here: smallest: {frame.smallest:g} in the space, which counts in {unit}."
    return replace(frame, smallest=math.nan, metric_note=" ".join(filter(None, [frame.metric_note, note])))


def _note(without: int) -> str:
    if not without:
        return ""
    runs = "1 finished run has" if without == 1 else f"{without} finished runs have"
    return f"{runs} no validation loss, since an earlier version did not note it: counted as missing."
