"""Paired differences of every two points, all at once; each equals that of `estimates.estimate`."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt

from sweep.analysis.estimates import Sample, estimate, quantile
from sweep.analysis.nuisance import Tuned

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Pairs:
    """Error of one point less that of another, for every two of some points, the first before the second."""

    points: tuple[str, ...]
    #: each of shape (pairs,): positions in `points`, row by row of the triangle above the diagonal
    first: Index
    second: Index
    #: seeds that both have
    n: Index
    #: mean difference in points of error, and half the width of its 95 % interval; NaN where there is none
    mean: Array
    half: Array


def pairs(tuned: Tuned, points: Sequence[str], apart: Collection[str] = ()) -> Pairs:
    """Compare every two of some points, seed by seed.

    Args:
        tuned: each point at its own setting.
        points: of which to make pairs; those that are not settled are compared with none.
        apart: points of which no two are compared: those that err as often as guessing.
    """
    settled = set(tuned.points.loc[tuned.points["settled"].astype(bool), "point"])
    samples = [tuned.samples[point] for point in points]
    seeds = sorted({seed for sample in samples for seed in sample.seeds})
    values = np.full((len(points), len(seeds)), np.nan)
    for row, sample in zip(values, samples, strict=True):
        row[np.searchsorted(seeds, sample.seeds)] = sample.numbers
    first, second = np.triu_indices(len(points), 1)
    fit = np.array([point in settled for point in points], dtype=bool)
    guessing = np.array([point in apart for point in points], dtype=bool)
    finite = np.isfinite(values).astype(float)
    n = np.rint((finite @ finite.T)[first, second]).astype(np.intp)
    n[~(fit[first] & fit[second]) | (guessing[first] & guessing[second])] = 0
    filled = np.where(finite > 0, values, 0.0)
    sums = filled @ finite.T  # each row's point, over the seeds that the column's point has
    total = (sums - sums.T)[first, second]
    mean = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    shifts = np.array([sample.mean - fmean(sample.numbers.tolist()) if sample.seeds else 0.0 for sample in samples])
    mean = mean + shifts[first] - shifts[second]
    return Pairs(tuple(points), first, second, n, mean, _halves(samples, first, second, n))


def _halves(samples: Sequence[Sample], first: Index, second: Index, n: Index) -> Array:
    half = np.full(len(n), np.nan)
    pools = {pool for sample in samples for pool in sample.parts}
    several = n > 1
    if len(pools) == 1 and several.any():
        pool = pools.pop()
        at = np.array([pool.position[next(iter(sample.parts[pool]))] for sample in samples])
        error, freedom = pool.noise.differences(at[first[several]], at[second[several]], n[several].astype(float))
        half[several] = quantile(freedom) * error
    for pair in np.flatnonzero(several & ~np.isfinite(half)):
        # the noise of one of the two points, or of all, is unknown
        difference = estimate(samples[first[pair]] - samples[second[pair]])
        half[pair] = difference.mean - difference.low if math.isfinite(difference.low) else math.nan
    return half
