"""How likely each point is on the front of expected errors, and how large the front's hypervolume is, given few seeds.

A front of means is decided by noise where means are close. So expected errors are drawn from what the runs leave open
(`sweep.statistics.hierarchy`, about a line in the logarithm of the cost), and the front is found anew in each draw.
Resampling the seeds themselves would not do: of three seeds there are ten resamples, and the lowest of many means stays
too low in all of them.

Where points scatter by half the noise of a run or more, chances come true as often as they say, to within 5 points in
a hundred, with settings tuned and without (tests/analysis/test_front_chances.py).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt

from sweep.analysis.estimates import Sample, average, error_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chances:
    """How likely each point is on the front of error against one cost."""

    #: by point; those that cannot be on the front are not in it
    chance: Mapping[str, float]
    #: share of the box between no cost worse and no error worse than any point's that the front dominates: its median
    #: over the draws, and its 95 % interval
    hypervolume: float
    low: float
    high: float


def chances(drawn: Mapping[str, Array], samples: Mapping[str, Sample], costs: Mapping[str, float]) -> Chances | None:
    """Tell how likely each point is on the front of expected error against a cost.

    Args:
        drawn: expected errors of each point, of shape (draws,), as `shrunk.draw` draws them; NaN where no spread of
            seeds is seen, and means are taken as true. Points with a failed seed or unsettled setting are left out.
        samples: each point's errors, in per cent.
        costs: each point's cost, finite and positive.

    Returns:
        None below three points, or where no two seeds are shared by all points.
    """
    names = sorted(drawn, key=lambda name: (costs[name], -sum(samples[name].numbers.tolist()), name))
    shared = average([samples[name] for name in names]) if names else Sample({})
    n = len(shared.seeds)
    if len(names) < 3 or n < 2:
        return None
    means = np.array([samples[name].at(shared.seeds).mean for name in names])
    errors = np.stack([drawn[name] for name in names], axis=1)
    errors = np.where(np.isnan(errors), means, errors)
    cost = np.array([costs[name] for name in names], dtype=float)
    on = on_front(errors, cost)
    # Luck that seeds bring all points moves the front as a whole.
    luck = np.random.default_rng(0).standard_t(n - 1, len(errors))
    moved = errors + error_of(shared) * luck[:, None]
    low, middle, high = np.quantile(hypervolumes(moved, cost, means), [0.025, 0.5, 0.975])
    return Chances(dict(zip(names, on.mean(0).tolist(), strict=True)), float(middle), float(low), float(high))


def on_front(errors: Array, cost: Array) -> npt.NDArray[np.bool_]:
    """Mark the non-dominated points of many draws; equal points are on the front together.

    Args:
        errors: of shape (draws, points).
        cost: of shape (points,).

    Returns:
        Of the same shape as `errors`.
    """
    order = np.argsort(cost, kind="stable")
    on = np.zeros(errors.shape, dtype=bool)
    best = np.full(len(errors), math.inf)
    for value in np.unique(cost):
        group = order[cost[order] == value]
        lowest = errors[:, group].min(1)
        on[:, group] = (errors[:, group] <= lowest[:, None]) & (errors[:, group] < best[:, None])
        best = np.minimum(best, lowest)
    return on


def hypervolumes(errors: Array, cost: Array, means: Array) -> Array:
    """Measure the dominated share of the box from least to largest cost, and from no error to the largest mean.

    Args:
        errors: of shape (draws, points).
        cost: of shape (points,).
        means: of shape (points,): their largest is the box's upper end.

    Returns:
        Of shape (draws,), from 0 to 1; NaN if all costs are equal.
    """
    if np.ptp(cost) == 0 or means.max() <= 0:
        return np.full(len(errors), math.nan)
    x = (cost - cost.min()) / np.ptp(cost)
    measure = moocore.Hypervolume(ref=[1.0, 1.0])
    rows = np.clip(errors / means.max(), 0.0, None)
    return np.array([measure(np.stack([x, row], axis=1)) for row in rows])
