"""The pooled noise of the samples of many points, and from it the standard errors of weighted sums of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sweep.statistics.contrasts import together
from sweep.statistics.noise import Noise, noise
from sweep.statistics.simultaneous import PRIOR as TOGETHER

if TYPE_CHECKING:
    from sweep.analysis.samples import Sample

Array = npt.NDArray[np.float64]


#: Sums of pools whose noise is kept.
SUMS = 64


class Pool:
    """Errors of points that were judged in one way, such as each at its own setting: their noise is pooled."""

    def __init__(
        self,
        points: Sequence[str],
        seeds: Sequence[int],
        values: Array,
        left_out: Array,
        extra: Mapping[str, Mapping[int, float]] | None = None,
    ) -> None:
        """Keep the arrays, which must not change afterwards.

        Args:
            points: their names.
            seeds: increasing.
            values: of shape (points, seeds); NaN where there is none.
            left_out: of the same shape: the mean over the other seeds, with settings chosen without this seed; NaN
                likewise.
            extra: by point its errors at seeds that only baselines have, by seed.
        """
        self.points, self.seeds, self.values, self.left_out = tuple(points), tuple(seeds), values, left_out
        extra = extra or {}
        self.extra_seeds = tuple(sorted({seed for errors_by_seed in extra.values() for seed in errors_by_seed}))
        #: of shape (points, extra seeds); NaN where there is none
        self.extra = np.array(
            [[extra.get(point, {}).get(seed, np.nan) for seed in self.extra_seeds] for point in self.points],
            dtype=float,
        ).reshape(len(self.points), len(self.extra_seeds))
        #: other pools and the factors of all -> the noise of their sum, which many contrasts share
        self.sums: dict[tuple[tuple[Pool, ...], tuple[float, ...]], Noise] = {}

    @cached_property
    def noise(self) -> Noise:
        """The noise of each point."""
        return noise(self.values, self.left_out, self.extra)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Where each point is."""
        return {point: i for i, point in enumerate(self.points)}


#: What a sample is a sum of: the weights of points, by pool.
Parts = Mapping[Pool, Mapping[str, float]]


def precision(parts: Parts, seeds: int) -> tuple[float, float] | None:
    """Compute the standard error, and its degrees of freedom, of a contrast: a weighted sum whose weights sum to zero.

    Args:
        parts: such as 1 and -1 for a difference of two points of one pool. A second pool may have the same weights
            times a factor, as where a difference at a shared setting is compared with the tuned one.
        seeds: how many all points have in common.

    Returns:
        None if the parts are not of that form, or a point's noise is unknown.
    """
    contrast = _contrast(parts) if seeds > 1 else None
    if contrast is None:
        return None
    noise_of_sum, at, weights = contrast
    error, freedom = noise_of_sum.contrast(at, weights, seeds)
    return (float(error), float(freedom)) if np.isfinite(error) and np.isfinite(freedom) else None


def shift(parts: Parts, seeds: int) -> float:
    """Compute what extra seeds of baselines add to the mean of a weighted sum of points over the common seeds.

    Args:
        parts: as in `precision`, or any other.
        seeds: how many all points have in common.
    """
    if not any(pool.extra_seeds for pool in parts):
        return 0.0
    contrast = _contrast(parts) if seeds > 1 else None
    if contrast is not None:
        noise_of_sum, at, weights = contrast
        return float(noise_of_sum.shift[at] @ weights)
    total = 0.0
    for pool, points in parts.items():
        total += sum(weight * float(pool.noise.shift[pool.position[point]]) for point, weight in points.items())
    return total


def most_extra(parts: Parts) -> int:
    """The largest number of extra seeds of any baseline in the sum, where they count in its mean."""
    most = 0
    for pool, weights in parts.items():
        if pool.extra_seeds:
            at = [pool.position[point] for point, weight in weights.items() if weight]
            counted = np.isfinite(pool.extra[at]).sum(-1) * (pool.noise.saved[at] > 0)
            most = max(most, int(counted.max(initial=0)))
    return most


def common_precision(parts: Parts, seeds: int) -> float:
    """The standard error of `precision` if baselines had no extra seeds; NaN where `precision` gives None."""
    contrast = _contrast(parts) if seeds > 1 else None
    if contrast is None:
        return math.nan
    noise_of_sum, at, weights = contrast
    zeros = np.zeros(noise_of_sum.saved.shape)
    return float(replace(noise_of_sum, saved=zeros, luck=zeros).contrast(at, weights, seeds)[0])


def _contrast(parts: Parts) -> tuple[Noise, npt.NDArray[np.intp], Array] | None:
    """Find the noise of a contrast, the positions of its points and their weights; None if it is not a contrast."""
    pools = [(pool, weights) for pool, weights in parts.items() if any(weights.values())]
    if not pools:
        return None
    first, weights = pools[0]
    lead = max(weights, key=lambda point: abs(weights[point]))
    size = abs(weights[lead])
    same_layout = all(pool.seeds == first.seeds and pool.position.keys() == first.position.keys() for pool, _ in pools)
    if abs(sum(weights.values())) > 1e-9 * size or not same_layout:
        return None
    factors = [other_weights.get(lead, 0.0) / weights[lead] for _, other_weights in pools]
    for factor, (_, other_weights) in zip(factors, pools, strict=True):
        all_points = weights.keys() | other_weights.keys()
        if any(abs(other_weights.get(p, 0.0) - factor * weights.get(p, 0.0)) > 1e-9 * size for p in all_points):
            return None
    noise_of_sum = first.noise if len(pools) == 1 else _together([pool for pool, _ in pools], factors)
    return noise_of_sum, np.array([first.position[point] for point in weights]), np.array(list(weights.values()))


def precisions_together(samples: Sequence["Sample"]) -> tuple[Array, Array, Array] | None:
    """Compute standard errors of weighted sums of one pool's points, for intervals that hold together.

    Args:
        samples: differences, or averages of such, each over at least two seeds.

    Returns:
        Standard errors, their degrees of freedom, and by how many errors each interval extends, all of shape
        (samples,). None if they are not all of one pool, or a point's noise is unknown.
    """
    parts = [[(pool, weights) for pool, weights in sample.parts.items() if any(weights.values())] for sample in samples]
    pools = {pool for part in parts for pool, _ in part}
    if len(pools) != 1 or any(len(part) != 1 for part in parts) or any(len(sample.seeds) < 2 for sample in samples):
        return None
    pool = pools.pop()
    matrix = np.zeros((len(samples), len(pool.points)))
    for row, ((_, weights),) in zip(matrix, parts, strict=True):
        for point, weight in weights.items():
            row[pool.position[point]] = weight
    used = np.flatnonzero(matrix.any(0))
    rows = zip(matrix[:, used], samples, strict=True)
    error, freedom = np.array([pool.noise.contrast(used, row, len(sample.seeds), TOGETHER) for row, sample in rows]).T
    if not np.isfinite(error).all() or not np.isfinite(freedom).all() or not (error > 0).all():
        return None
    # one correlation serves all samples; where a sample has fewer seeds it is a close approximation
    variance = pool.noise.per_seed(min(len(sample.seeds) for sample in samples), TOGETHER)
    return error, freedom, together(matrix[:, used], variance[used], freedom)


def _together(pools: Sequence[Pool], factors: Sequence[float]) -> Noise:
    """Find the noise of a sum of several pools of the same points and seeds."""
    cache, key = pools[0].sums, (tuple(pools[1:]), tuple(factors))
    if key not in cache:
        if len(cache) >= SUMS:
            cache.clear()
        rows = [[pool.position[point] for point in pools[0].points] for pool in pools]
        terms = list(zip(factors, pools, rows, strict=True))
        values = [factor * pool.values[at] for factor, pool, at in terms]
        left_out = [factor * pool.left_out[at] for factor, pool, at in terms]
        extra = None
        if all(pool.extra_seeds == pools[0].extra_seeds for pool in pools):
            extra = np.sum([factor * pool.extra[at] for factor, pool, at in terms], axis=0)
        cache[key] = noise(np.sum(values, axis=0), np.sum(left_out, axis=0), extra)
    return cache[key]
