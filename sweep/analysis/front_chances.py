"""How likely each point is on the front of expected errors, and how large the front's hypervolume is, given few seeds.

A front of means is decided by noise where means are close. So expected errors are drawn from what the seeds leave
open, and the front is found anew in each draw. Resampling the seeds themselves would not do: of three seeds there are
ten resamples, and the lowest of many means stays too low in all of them. Instead (empirical Bayes):

- the noise of a mean is that of the differences to the mean over all points, which shared luck of seeds does not touch,
  each point's own variance being moderated by that of all (Smyth 2004, Linear models and empirical Bayes methods);
- expected errors scatter about a line in the logarithm of the cost, and means are drawn toward that line by as much as
  noise outweighs the scatter (James and Stein 1961);
- line, scatter and noise are drawn too, as their own degrees of freedom say.

Where points scatter by half the noise of a run or more, chances come true as often as they say, to within 5 points in
a hundred (tests/analysis/test_front_chances.py); where they all but tie, those in the middle can be 30 too high.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt

from sweep.analysis.estimates import Sample, average, error_of

#: How many sets of expected errors are drawn, always from the same seed.
DRAWS = 1000
#: A point's own variance counts as n - 1 degrees of freedom, that of all points together as so many.
MODERATION = 6.0

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


def chances(samples: Mapping[str, Sample], costs: Mapping[str, float]) -> Chances | None:
    """Tell how likely each point is on the front of expected error against a cost.

    Args:
        samples: each point's errors, in per cent; those with a failed seed or an unsettled setting left out.
        costs: each point's cost, finite and positive.

    Returns:
        None below three points, or where no two seeds are shared by all points.
    """
    names = sorted(samples, key=lambda name: (costs[name], -sum(samples[name].numbers.tolist()), name))
    shared = average([samples[name] for name in names]) if names else Sample({})
    n = len(shared.seeds)
    if len(names) < 3 or n < 2:
        return None
    means = np.array([samples[name].at(shared.seeds).numbers.mean() for name in names])
    own = np.array([error_of(samples[name] - shared) for name in names]) ** 2 * len(names) / (len(names) - 1)
    cost = np.array([costs[name] for name in names], dtype=float)
    rng = np.random.default_rng(0)
    drawn = draw(means, own, n, cost, rng)
    on = on_front(drawn, cost)
    # Luck that seeds bring all points moves the front as a whole.
    moved = drawn + error_of(shared) * rng.standard_t(n - 1, DRAWS)[:, None]
    low, middle, high = np.quantile(hypervolumes(moved, cost, means), [0.025, 0.5, 0.975])
    return Chances(dict(zip(names, on.mean(0).tolist(), strict=True)), float(middle), float(low), float(high))


def draw(means: Array, own: Array, n: int, cost: Array, rng: np.random.Generator) -> Array:
    """Draw expected errors that the data leave open.

    Args:
        means: of shape (points,): mean errors.
        own: of shape (points,): the variance of each mean, estimated from its n seeds.
        n: seeds.
        cost: of shape (points,), positive.
        rng: where chance comes from.

    Returns:
        Of shape (DRAWS, points).
    """
    points = len(means)
    x = np.log(cost)
    design = np.stack([np.ones(points), x - x.mean()], axis=1)[:, : 2 if np.ptp(x) > 1e-9 and points > 4 else 1]
    inverse = np.linalg.inv(design.T @ design)
    line = inverse @ design.T @ means
    rest, freedom = float(((means - design @ line) ** 2).sum()), points - design.shape[1]
    # noise and scatter, as far as their degrees of freedom determine them
    pooled = float(own.mean())
    noise = pooled * (freed := points * (n - 1)) / rng.chisquare(freed, DRAWS)
    total = rest / rng.chisquare(freedom, DRAWS)
    moderated = (MODERATION * pooled + (n - 1) * own) / (MODERATION + n - 1)
    variance = noise[:, None] * (moderated / pooled if pooled > 0 else np.ones(points))
    scatter = np.maximum(total - noise, 0.02 * noise)[:, None]
    root = np.linalg.cholesky(inverse)
    lines = line + np.sqrt(np.maximum(total, noise))[:, None] * (rng.standard_normal((DRAWS, len(line))) @ root.T)
    centre = lines @ design.T
    keep = np.divide(scatter, scatter + variance, out=np.ones_like(variance), where=scatter + variance > 0)
    found: Array = centre + keep * (means - centre) + np.sqrt(keep * variance) * rng.standard_normal(variance.shape)
    return found


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
