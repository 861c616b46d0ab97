"""The use of seeds that only a baseline has, in differences to it.

A paired difference over the n seeds that both have is free of the luck of seeds, and each mean has the noise of n
runs. With m more seeds of the baseline its mean over all n + m is surer, and no longer paired. The best that can be
done is in between: the mean over the common seeds, and of the way to that over the extra ones a share

    w = m / (n + m) x s / (s + t),

where s is the variance of the baseline's noise at a seed and t that of the luck of a seed, which all points share. That
is generalised least squares for points whose values at a seed have in common that luck (Anderson 1957, Maximum
likelihood estimates for a multivariate normal distribution when some observations are missing; `test_extra_seeds.py`
solves the normal equations). The variance of the baseline's part falls from s / n to s / n x (1 - w).

t is estimated by moments from the common seeds: the spread of their means over all points, less what noise explains. s
is estimated from the baseline's residuals there and, less t, from its spread over the extra seeds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Baselines:
    """The noise of points with extra seeds; all of shape (..., points), and as without extra seeds for others."""

    #: the variance of a point's noise at a seed, and its degrees of freedom
    own: Array
    degrees: Array
    #: of shape (...): the variance of the luck of a seed
    luck: Array


def with_extra(values: Array, extra: Array, own: Array, degrees: Array, weights: Array, variance: Array) -> Baselines:
    """Estimate the noise of points from extra seeds as well.

    Args:
        values: of shape (..., points, seeds): errors at the seeds that all points have; NaN where there is none.
        extra: of shape (..., points, extra seeds): errors at those that baselines have beside; NaN likewise.
        own: of shape (..., points): the variance of each point's noise, from its residuals; NaN for points with fewer
            than two seeds.
        degrees: of the same shape: its degrees of freedom; NaN likewise.
        weights: of the same shape: what a point counts where the luck of seeds is told.
        variance: of the same shape: a first guess at the variance of each point's noise, of more than its own
            residuals; what extra seeds say of noise counts for less where luck is most of their spread.
    """
    luck = _luck(values, own, weights)
    count = np.isfinite(extra).sum(-1)
    several = (count > 1) & np.isfinite(own)
    spread = np.maximum(_variance(extra) - luck[..., None], 0.0)
    guess = np.where(several, variance, 0.0)
    total = guess + luck[..., None]
    of_noise = np.divide(guess, total, out=np.zeros(total.shape), where=total > 0)
    more = np.where(several, count - 1, 0) * of_noise**2
    total = np.where(several, degrees + more, degrees)
    pooled = (np.nan_to_num(degrees * own) + more * np.where(several, spread, 0.0)) / np.where(several, total, 1.0)
    return Baselines(np.where(several, pooled, own), total, luck)


@dataclass(frozen=True)
class Shares:
    """How baselines' means move toward those over extra seeds; all of shape (..., points), 0 for other points."""

    #: what is added to the mean over the common seeds
    shift: Array
    #: by how much 1 / (number of common seeds) is less in that mean's variance
    saved: Array
    #: the deviation of the luck of seeds that the shift brings: baselines share that luck
    luck: Array


def shares(values: Array, extra: Array, variance: Array, luck: Array) -> Shares:
    """Compute how far each baseline's mean moves from the common seeds' mean toward the extra seeds' mean.

    Args:
        values: of shape (..., points, seeds), as in `with_extra`.
        extra: of shape (..., points, extra seeds), likewise.
        variance: of shape (..., points): of each point's noise at a seed.
        luck: of shape (...): that of the luck of a seed.

    Returns:
        0 also for points without noise of their own.
    """
    n, m = (np.isfinite(array).sum(-1) for array in (values, extra))
    has_both = (n > 0) & (m > 0) & np.isfinite(variance)
    total = np.where(has_both, variance + luck[..., None], 0.0)
    share = np.divide(np.where(has_both, variance, 0.0), total, out=np.zeros(total.shape), where=total > 0)
    share = share * m / np.maximum(n + m, 1)
    apart = np.where(has_both, luck[..., None] * (1 / np.maximum(n, 1) + 1 / np.maximum(m, 1)), 0.0)
    shift = np.where(has_both, share * (_mean(extra) - _mean(values)), 0.0)
    return Shares(shift, share / np.maximum(n, 1), share * np.sqrt(apart))


def _luck(values: Array, own_variance: Array, weights: Array) -> Array:
    """Estimate the variance of the effect of a seed on all points, at least 0."""
    finite = np.isfinite(values)
    centred = np.where(finite, values - _mean(values)[..., None], 0.0)
    weight = np.where(finite & np.isfinite(own_variance)[..., None], weights[..., None], 0.0)
    total = weight.sum(-2)
    effect = np.divide((weight * centred).sum(-2), total, out=np.full(total.shape, np.nan), where=total > 0)
    noise = (weight**2 * np.nan_to_num(own_variance)[..., None]).sum(-2)
    noise = np.divide(noise, total**2, out=np.full(total.shape, np.nan), where=total > 0)
    has_several = np.isfinite(effect).sum(-1) > 1
    return np.where(has_several, np.maximum(_variance(effect) - _mean(noise), 0.0), 0.0)


def _mean(values: Array) -> Array:
    finite = np.isfinite(values)
    count = finite.sum(-1)
    total = np.where(finite, values, 0.0).sum(-1)
    return np.asarray(np.divide(total, count, out=np.zeros(total.shape), where=count > 0))


def _variance(values: Array) -> Array:
    """The sample variance of what is known along the last axis; 0 for fewer than two values."""
    finite = np.isfinite(values)
    residuals = np.where(finite, values - _mean(values)[..., None], 0.0)
    return np.asarray((residuals**2).sum(-1) / np.maximum(finite.sum(-1) - 1, 1))
