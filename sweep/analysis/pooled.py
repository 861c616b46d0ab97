"""The noise of a family of samples, one a point, of which weighted sums know how sure they are."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sweep.statistics.noise import Noise, noise

Array = npt.NDArray[np.float64]


class Pool:
    """Errors of points that were judged in one way, such as each at its own setting: their noise is pooled."""

    def __init__(self, points: Sequence[str], seeds: Sequence[int], values: Array, left_out: Array) -> None:
        """Keep the arrays, which nobody may change any more.

        Args:
            points: their names.
            seeds: increasing.
            values: of shape (points, seeds); NaN where there is none.
            left_out: of the same shape: the mean over the other seeds, had this one never been run; NaN likewise.
        """
        self.points, self.seeds, self.values, self.left_out = tuple(points), tuple(seeds), values, left_out

    @cached_property
    def noise(self) -> Noise:
        """The noise of each point."""
        return noise(self.values, self.left_out)

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
    pools = [(pool, weights) for pool, weights in parts.items() if any(weights.values())]
    if not pools or seeds < 2:
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
    at = np.array([first.position[point] for point in weights])
    error, freedom = seen.contrast(at, np.array(list(weights.values())), seeds)
    return (float(error), float(freedom)) if np.isfinite(error) and np.isfinite(freedom) else None


def _together(pools: Sequence[Pool], factors: Sequence[float]) -> Noise:
    """Find the noise of a sum of several pools of the same points and seeds."""
    rows = [[pool.position[point] for point in pools[0].points] for pool in pools]
    together = list(zip(factors, pools, rows, strict=True))
    values = [factor * pool.values[at] for factor, pool, at in together]
    left_out = [factor * pool.left_out[at] for factor, pool, at in together]
    return noise(np.sum(values, axis=0), np.sum(left_out, axis=0))
