"""Learning curves: the training loss of each epoch, of each point at its own setting."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.analysis.nuisance import Tuned
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Learning:
    """The training losses of points, each at its best setting, over the runs that reached an epoch."""

    points: tuple[str, ...]
    #: each of shape (points, epochs), NaN where no run has a finite loss: the mean over seeds, the least, the greatest
    mean: Array
    low: Array
    high: Array
    #: by point: how many seeds, and the epochs of the longest
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]


def learning(frame: SweepFrame, tuned: Tuned) -> Learning | None:
    """Collect the training losses of each point's runs at the setting that is best over all seeds.

    Args:
        frame: the sweep, with its `losses`.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        Points in the order of `tuned.points`, without those that have no setting or no recorded loss; None if no point
        is left. A run that diverged has the epochs that it finished.
    """
    names = list(frame.nuisance)
    setting_of = {row.pop("point"): (i, row) for i, row in enumerate(records(tuned.points[["point", *names]]))}
    losses_of_runs: list[tuple[int, int, tuple[float, ...]]] = []
    for run in records(frame.runs[["key", "point", "seed", *names]]):
        losses = frame.losses.get(run.pop("key"))
        if losses:
            (place, setting), seed = setting_of[run.pop("point")], run.pop("seed")
            if run == setting:
                losses_of_runs.append((place, seed, losses))
    if not losses_of_runs:
        return None
    # by seed, so that the order of rows decides no sum
    losses_of_runs.sort(key=lambda run_losses: run_losses[:2])
    lengths = [len(losses) for _, _, losses in losses_of_runs]
    longest = max(lengths)
    table = np.array([(*losses, *[math.nan] * (longest - len(losses))) for _, _, losses in losses_of_runs])
    starts = [i for i in range(len(losses_of_runs)) if i == 0 or losses_of_runs[i][0] != losses_of_runs[i - 1][0]]
    finite = np.isfinite(table)
    count = np.add.reduceat(finite.astype(float), starts)
    total = np.add.reduceat(np.where(finite, table, 0.0), starts)
    low = np.minimum.reduceat(np.where(finite, table, np.inf), starts)
    high = np.maximum.reduceat(np.where(finite, table, -np.inf), starts)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    names_of_points = list(setting_of)
    ends = [*starts[1:], len(losses_of_runs)]
    return Learning(
        tuple(names_of_points[losses_of_runs[i][0]] for i in starts),
        mean,
        np.where(count > 0, low, np.nan),
        np.where(count > 0, high, np.nan),
        tuple(end - start for start, end in zip(starts, ends, strict=True)),
        tuple(max(lengths[start:end]) for start, end in zip(starts, ends, strict=True)),
    )
