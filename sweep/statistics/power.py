"""Power: the difference that a number of seeds shows in four of five sweeps, and the seeds that a difference needs."""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import interpolate, optimize, stats

from sweep.statistics.noise import PRIOR, quantile

#: The share of sweeps in which a difference of the stated size is to be shown.
POWER = 0.8
#: More seeds than these are not counted.
MOST = 100_000

Array = npt.NDArray[np.float64]


def shown(error: Array | float, freedom: Array | float) -> Array:
    """Compute the true difference whose 95 % interval excludes zero in 80 % of sweeps.

    Args:
        error: standard errors of differences.
        freedom: their degrees of freedom, at least 1.
    """
    return np.asarray(error * np.exp(_shifts()(1 / np.asarray(freedom, dtype=float))))


def error_ahead(
    error: Array | float, seeds: Array | float, number: Array | float, common: Array | float, extra: Array | float
) -> Array:
    """Compute standard errors for a larger number of seeds, including a baseline's extra ones.

    Args:
        error: with the seeds at hand.
        seeds: of all points at hand.
        number: of all points then.
        common: standard errors with the seeds at hand, had the baseline no others.
        extra: how many others it has, which it keeps.
    """
    error, seeds, common, extra = (np.asarray(part, dtype=float) for part in (error, seeds, common, extra))
    alone = np.where(extra > 0, common, error) ** 2
    saved = (alone - error**2) * np.maximum(seeds + extra - number, 0.0) / np.maximum(extra, 1.0)
    return np.asarray(np.sqrt((alone - saved) * seeds / number))


def seeds_needed(
    difference: Array | float,
    error: Array | float,
    freedom: Array | float,
    seeds: Array | float,
    points: int,
    common: Array | float = np.nan,
    extra: Array | float = 0,
) -> Array:
    """Count the seeds at which differences of these sizes are shown in 80 % of sweeps.

    Args:
        difference: in points of error, either sign.
        error: standard errors, as `Noise.differences` tells them with the seeds at hand; the noise is taken as true.
        freedom: degrees of freedom with the seeds at hand.
        seeds: seeds at hand, at least 2.
        points: points whose noise is pooled, at least 2.
        common: as in `error_ahead`; not used where there are no extra seeds.
        extra: likewise.

    Returns:
        Whole numbers from 2; inf beyond `MOST`, NaN where there is no standard error.
    """
    arguments = (np.abs(difference), error, freedom, seeds, common, extra)
    arrays = (np.asarray(value, dtype=float) for value in arguments)
    size, error, freedom, seeds, common, extra = np.broadcast_arrays(*arrays)
    share = freedom / (PRIOR + seeds - 1)

    def enough(number: Array) -> npt.NDArray[np.bool_]:
        ahead = np.minimum(share * (PRIOR + number - 1), (points - 1) * (number - 1))
        is_shown: npt.NDArray[np.bool_] = shown(error_ahead(error, seeds, number, common, extra), ahead) <= size
        return is_shown

    low, high = np.full(size.shape, 1.0), np.full(size.shape, float(MOST))
    reachable = enough(high)
    while (high - low > 1).any():
        middle = np.where(high - low > 1, np.floor((low + high) / 2), high)
        fits = enough(middle)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
        low = np.minimum(low, high - 1)
    return np.where(np.isnan(error) | np.isnan(freedom), np.nan, np.where(reachable, high, np.inf))


@cache
def _shifts() -> interpolate.CubicSpline:
    """Interpolate the logarithm of the difference shown, in standard errors, in 1 / (degrees of freedom)."""
    nodes = np.linspace(0, 1, 65) ** 2
    shifts = [stats.norm.ppf(0.975) + stats.norm.ppf(POWER)]
    for freedom in (1 / nodes[1:]).tolist():
        limit = float(quantile(freedom)) ** 2
        # The square of noncentral t is noncentral F, which scipy computes over a wider range.
        shifts.append(optimize.brentq(lambda s, f=freedom, q=limit: stats.ncf.sf(q, 1, f, s * s) - POWER, 0.1, 100.0))
    return interpolate.CubicSpline(nodes, np.log(shifts))
