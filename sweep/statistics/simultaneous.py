"""Intervals of many differences to one baseline that all hold together (Dunnett 1955).

Each difference has its own standard error, and what they share is the baseline's noise: standardised, two of them
correlate as the product of two loadings (Hsu 1996, Multiple Comparisons, chapter 3), so that the chance that all
intervals hold is a double integral, over the baseline's noise and over the estimated variance. scipy's `dunnett` takes
samples with one variance, and its `multivariate_t` integrates by random numbers; this is for any number of differences,
and the same to the last digit each time.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from sweep.statistics.noise import Index, Noise

#: What the noise of a typical point counts here beside a point's own, in degrees of freedom. All intervals hold
#: together in 95 to 97 % of sweeps with equal noise, and in 89 to 94 % where the baseline has 1.5 to 2 times the noise
#: of the others. With the pooled variance alone these are 93 and 76 %; with a prior of 1 they are a tenth wider.
PRIOR = 2.0
#: Loadings are rounded to multiples of this, so that many differences cost no more than few.
_STEP = 0.02
#: Nodes of the two integrals, and degrees of freedom between which multiples are interpolated.
_NODES, _FREEDOMS = 24, 4

Array = npt.NDArray[np.float64]


def half_widths(
    seen: Noise, point: Index, other: Index, seeds: Array | float, counted: npt.NDArray[np.bool_] | None = None
) -> Array:
    """Compute half-widths of intervals of differences to baselines that all hold together in 95 % of sweeps.

    Args:
        seen: the noise of one sweep.
        point: of shape (differences,): positions of points.
        other: of the same shape: positions of their baselines.
        seeds: of the same shape, or one: how many both have.
        counted: of the same shape: which differences there are; all if None.

    Returns:
        Of the same shape; NaN for those that are not counted.
    """
    point, other = np.broadcast_arrays(point, other)
    error, freedom = seen.differences(point, other, seeds, PRIOR)
    variance, _ = seen.moderated(PRIOR)
    of_point, of_other = (variance[at] * (1 - seen.saved[at] * seeds) for at in (point, other))
    total = of_point + of_other
    share = np.divide(of_other, total, out=np.zeros(total.shape), where=total > 0)
    if counted is not None:
        freedom = np.where(counted, freedom, np.nan)
    extent: Array = multiples(np.sqrt(share), freedom, other.astype(float))
    return np.asarray(np.multiply(error, extent))


def multiples(loadings: Array, freedom: Array, groups: Array | None = None, level: float = 0.95) -> Array:
    """Compute the half-widths of intervals in standard errors, so that all hold together at a level.

    Args:
        loadings: of shape (differences,), from 0 to 1: the root of the baseline's share in a difference's variance.
        freedom: of the same shape: degrees of freedom of each; NaN for a difference that is not counted.
        groups: of the same shape: whole numbers, one for each baseline; one for all if None.
        level: the chance that all hold.

    Returns:
        Of the same shape; NaN where `freedom` is.
    """
    freedom = np.asarray(freedom, dtype=float)
    finite = np.isfinite(freedom)
    result = np.full(freedom.shape, np.nan)
    if not finite.any():
        return result
    cells = np.stack(
        [
            np.zeros(finite.sum()) if groups is None else np.asarray(groups, dtype=float)[finite],
            np.clip(np.round(np.asarray(loadings)[finite] / _STEP), 0, round(1 / _STEP)),
        ]
    )
    (group, step), counts = np.unique(cells, axis=1, return_counts=True)
    loading = np.minimum(step * _STEP, 0.999)
    tried = np.unique(freedom[finite])
    if len(tried) > _FREEDOMS:
        tried = 1 / np.linspace(1 / tried[0], 1 / tried[-1], _FREEDOMS)
    solved = [_multiple(group, loading, counts, degrees, level) for degrees in tried.tolist()]
    result[finite] = np.interp(-1 / freedom[finite], -1 / tried, solved)
    return result


def _multiple(group: Array, loading: Array, counts: npt.NDArray[np.intp], freedom: float, level: float) -> float:
    tail = (1 - level) / 2
    low, high = (-float(special.stdtrit(freedom, tail / number)) for number in (1, counts.sum()))
    if counts.sum() == 1:
        return low
    (u, weights), (z, density) = _nodes()
    scale = np.sqrt(special.chdtri(freedom, u) / freedom)[:, None, None]
    groups = []
    for baseline in np.unique(group):
        at = group == baseline
        own_share = np.sqrt(1 - loading[at] ** 2)
        groups.append((loading[at] * z[:, None] / own_share, scale / own_share, counts[at]))

    def missing(multiple: float) -> float:
        probability = weights
        for shift, reach, number in groups:
            inside = special.ndtr(multiple * reach - shift) - special.ndtr(-multiple * reach - shift)
            probability = probability * (np.prod(inside**number, axis=-1) @ density)
        return float(probability.sum()) - level

    return float(optimize.brentq(missing, low * 0.99, high * 1.01, xtol=1e-4))


@cache
def _nodes() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Nodes and weights of a uniform and of a standard normal number."""
    u, weights = np.polynomial.legendre.leggauss(_NODES)
    z, density = np.polynomial.hermite_e.hermegauss(_NODES)
    return ((u + 1) / 2, weights / 2), (z, density / density.sum())
