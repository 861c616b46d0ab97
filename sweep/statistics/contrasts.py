"""Intervals of several comparisons that all hold together, for any sharing of points.

Dunnett's and Tukey's intervals are two cases of one thing (Hothorn, Bretz and Westfall 2008, Simultaneous inference in
general parametric models): the comparisons are jointly t-distributed, correlated by the points that they share.
`simultaneous` integrates where all share a baseline, for any number of points. Here any weighted sums of points are
compared, a few of them, and the chance that all intervals hold is the mean over points of a Sobol sequence.
"""

import numpy as np
import numpy.typing as npt
from scipy import special, stats
from scipy.stats import qmc

from sweep.statistics.noise import quantile

#: The logarithm to the base of 2 of how many points of a Sobol sequence there are: the level is right to 0.1 %.
_POWER = 15

Array = npt.NDArray[np.float64]


def together(weights: Array, variance: Array, freedom: Array, level: float = 0.95) -> Array:
    """Compute the half-widths of intervals in standard errors, so that all hold together at a level.

    Args:
        weights: of shape (comparisons, points): what each point counts in each; none of them zero throughout.
        variance: of shape (points,): of the mean of each point.
        freedom: of shape (comparisons,): degrees of freedom of each standard error.
        level: the chance that all hold.

    Returns:
        Of shape (comparisons,). The chance is that of a common variance with the fewest degrees of freedom of all.
    """
    freedom = np.asarray(freedom, dtype=float)
    if len(freedom) < 2:
        return quantile(freedom, level)
    covariance = (weights * variance) @ weights.T
    size = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(size, size))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    fewest = float(freedom.min())
    uniform = qmc.Sobol(len(freedom) + 1, scramble=True, rng=np.random.default_rng(0)).random_base2(_POWER)
    uniform = np.clip(uniform, 1e-12, 1 - 1e-12)
    scale = np.sqrt(special.chdtri(fewest, uniform[:, -1]) / fewest)
    largest = np.abs(special.ndtri(uniform[:, :-1]) @ root.T).max(1) / scale
    # the level at which one interval with those degrees of freedom is as wide
    tail = stats.t.sf(np.quantile(largest, level), fewest)
    return np.asarray(stats.t.isf(tail, freedom))


def stepped_up(p_values: Array, level: float = 0.05) -> npt.NDArray[np.bool_]:
    """Mark the claims that hold together at a level (Hochberg 1988).

    Args:
        p_values: of shape (claims,); NaN for one that is not made.
        level: the chance of a false claim among all.
    """
    finite = np.isfinite(p_values)
    holds = np.zeros(p_values.shape, dtype=bool)
    order = np.argsort(np.where(finite, -p_values, np.inf))
    for rank, at in enumerate(order[: finite.sum()].tolist(), 1):
        if p_values[at] <= level / rank:
            holds[order[rank - 1 : finite.sum()]] = True
            break
    return holds
