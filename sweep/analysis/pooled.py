"""The noise of a family of samples, one a point, of which weighted sums know how sure they are."""

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
        """Keep the arrays, which nobody may change any more.

        Args:
            points: their names.
            seeds: increasing.
            values: of shape (points, seeds); NaN where there is none.
            left_out: of the same shape: the mean over the other seeds, had this one never been run; NaN likewise.
            extra: by point its errors at seeds that only baselines have, by seed.
        """
        self.points, self.seeds, self.values, self.left_out = tuple(points), tuple(seeds), values, left_out
        extra = extra or {}
        self.extra_seeds = tuple(sorted({seed for mine in extra.values() for seed in mine}))
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
    """Tell the standard error of a weighted sum of points that sums to zero, and its degrees of freedom.

    Args:
        parts: such as 1 and -1 for a difference of two points of one pool; or the same of a second pool too, all
            weights times some number, as where differences at a shared setting are compared with tuned ones.
        seeds: how many all points have in common.

    Returns:
        None if that is not what the parts are, or a point has no noise of its own.
    """
    found = _contrast(parts) if seeds > 1 else None
    if found is None:
        return None
    seen, at, weights = found
    error, freedom = seen.contrast(at, weights, seeds)
    return (float(error), float(freedom)) if np.isfinite(error) and np.isfinite(freedom) else None


def shift(parts: Parts, seeds: int) -> float:
    """Tell what extra seeds of baselines add to the mean of a weighted sum of points over the common seeds.

    Args:
        parts: as in `precision`, or any other.
        seeds: how many all points have in common.
    """
    if not any(pool.extra_seeds for pool in parts):
        return 0.0
    found = _contrast(parts) if seeds > 1 else None
    if found is not None:
        seen, at, weights = found
        return float(seen.shift[at] @ weights)
    total = 0.0
    for pool, mine in parts.items():
        total += sum(weight * float(pool.noise.shift[pool.position[point]]) for point, weight in mine.items())
    return total


def most_extra(parts: Parts) -> int:
    """How many extra seeds there are of the baseline in a sum that has most of them, where they count in its mean."""
    most = 0
    for pool, weights in parts.items():
        if pool.extra_seeds:
            at = [pool.position[point] for point, weight in weights.items() if weight]
            counted = np.isfinite(pool.extra[at]).sum(-1) * (pool.noise.saved[at] > 0)
            most = max(most, int(counted.max(initial=0)))
    return most


def common_precision(parts: Parts, seeds: int) -> float:
    """The standard error that `precision` would tell, had baselines no extra seeds; NaN where it tells none."""
    found = _contrast(parts) if seeds > 1 else None
    if found is None:
        return math.nan
    seen, at, weights = found
    nothing = np.zeros(seen.saved.shape)
    return float(replace(seen, saved=nothing, luck=nothing).contrast(at, weights, seeds)[0])


def _contrast(parts: Parts) -> tuple[Noise, npt.NDArray[np.intp], Array] | None:
    """Find the noise of a sum that sums to zero, the positions of its points and their weights; None if it is none."""
    pools = [(pool, weights) for pool, weights in parts.items() if any(weights.values())]
    if not pools:
        return None
    first, weights = pools[0]
    lead = max(weights, key=lambda point: abs(weights[point]))
    size = abs(weights[lead])
    alike = all(pool.seeds == first.seeds and pool.position.keys() == first.position.keys() for pool, _ in pools)
    if abs(sum(weights.values())) > 1e-9 * size or not alike:
        return None
    factors = [other.get(lead, 0.0) / weights[lead] for _, other in pools]
    for factor, (_, other) in zip(factors, pools, strict=True):
        named = weights.keys() | other.keys()
        if any(abs(other.get(p, 0.0) - factor * weights.get(p, 0.0)) > 1e-9 * size for p in named):
            return None
    seen = first.noise if len(pools) == 1 else _together([pool for pool, _ in pools], factors)
    return seen, np.array([first.position[point] for point in weights]), np.array(list(weights.values()))


def precisions_together(samples: Sequence["Sample"]) -> tuple[Array, Array, Array] | None:
    """Tell how sure weighted sums of the points of one pool are, so that their intervals hold together.

    Args:
        samples: differences, or averages of such, each over at least two seeds.

    Returns:
        Standard errors, their degrees of freedom, and by how many errors each interval extends, all of shape
        (samples,). None if they are not all of one pool, or a point has no noise of its own.
    """
    parts = [[(pool, weights) for pool, weights in one.parts.items() if any(weights.values())] for one in samples]
    pools = {pool for part in parts for pool, _ in part}
    if len(pools) != 1 or any(len(part) != 1 for part in parts) or any(len(one.seeds) < 2 for one in samples):
        return None
    pool = pools.pop()
    matrix = np.zeros((len(samples), len(pool.points)))
    for row, ((_, weights),) in zip(matrix, parts, strict=True):
        for point, weight in weights.items():
            row[pool.position[point]] = weight
    used = np.flatnonzero(matrix.any(0))
    rows = zip(matrix[:, used], samples, strict=True)
    error, freedom = np.array([pool.noise.contrast(used, row, len(one.seeds), TOGETHER) for row, one in rows]).T
    if not np.isfinite(error).all() or not np.isfinite(freedom).all() or not (error > 0).all():
        return None
    # those of all have in common what follows; of samples over fewer seeds it is as good as exact
    variance = pool.noise.per_seed(min(len(one.seeds) for one in samples), TOGETHER)
    return error, freedom, together(matrix[:, used], variance[used], freedom)


def _together(pools: Sequence[Pool], factors: Sequence[float]) -> Noise:
    """Find the noise of a sum of several pools of the same points and seeds."""
    known, key = pools[0].sums, (tuple(pools[1:]), tuple(factors))
    if key not in known:
        if len(known) >= SUMS:
            known.clear()
        rows = [[pool.position[point] for point in pools[0].points] for pool in pools]
        together = list(zip(factors, pools, rows, strict=True))
        values = [factor * pool.values[at] for factor, pool, at in together]
        left_out = [factor * pool.left_out[at] for factor, pool, at in together]
        extra = None
        if all(pool.extra_seeds == pools[0].extra_seeds for pool in pools):
            extra = np.sum([factor * pool.extra[at] for factor, pool, at in together], axis=0)
        known[key] = noise(np.sum(values, axis=0), np.sum(left_out, axis=0), extra)
    return known[key]
