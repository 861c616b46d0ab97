"""The noise of a value at a seed, pooled over points, and the intervals of differences that follow from it.

With three seeds the spread of a point alone says little: its variance has two degrees of freedom, and Student's t with
two is 4.3. So residuals are taken from all points, after the luck that a seed brings all of them, and each point's own
variance is moderated by what is typical. The latter counts as one more degree of freedom (`PRIOR`), as limma's prior
does (Smyth 2004, Linear models and empirical Bayes methods for assessing differential expression). limma estimates the
prior degrees of freedom; from ten variances of two degrees each that is mostly noise, and one keeps a point that is
twice as noisy covered (benchmarks/intervals.txt).

Where settings were chosen on the same seeds, values of different seeds depend on one another. The jackknife sees that,
and overstates it; the geometric mean of the plain and the jackknife variance has been right (see
`sweep.analysis.estimates`). Here both are pooled over points first, and one factor widens all.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from sweep.statistics.blocks import Blocks, blocks
from sweep.statistics.extra_seeds import shares, with_extra

#: The weight of the noise of all points beside a point's own, in degrees of freedom.
PRIOR = 1.0
#: A widening up to this is 1 but for rounding: nothing was chosen.
UNWIDENED = 1 + 1e-9
#: Values apart by less than this share of their size are equal but for rounding.
ROUNDING = 1e-12

#: A point whose variance is so many times the typical one counts less where the luck of seeds is told from that of
#: points, so that it widens no interval of others; in so many passes at most.
_WILD, _PASSES = 9.0, 6

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp] | int


@dataclass(frozen=True)
class Noise:
    """The noise of a value at one seed, apart from the luck that a seed brings all points."""

    #: of shape (..., points): each point's own variance alone; NaN for points with fewer than two seeds
    own: Array
    #: of the same shape: its degrees of freedom; NaN likewise
    degrees: Array
    #: of shape (...): the variance of a typical point; NaN if no residual is left, or all values are equal
    typical: Array
    #: of shape (...): degrees of freedom of all residuals together
    pooled_degrees: Array
    #: of shape (...): by what variances of means grow since settings were chosen on the same seeds, at least 1
    widening: Array
    #: the fit whose residuals these are
    blocks: Blocks
    #: of shape (..., points), 0 for points without extra seeds (`sweep.statistics.extra_seeds`): what is added to the
    #: mean over the common seeds, by how much 1 / (number of common seeds) is less in that mean's variance, and the
    #: deviation of the luck of seeds, which baselines share, that is brought in
    shift: Array
    saved: Array
    luck: Array

    def moderated(self, prior: float = PRIOR) -> tuple[Array, Array]:
        """Compute each point's variance, moderated by the typical one, and its degrees of freedom.

        Args:
            prior: degrees of freedom that the typical variance counts as.

        Returns:
            Both of shape (..., points); NaN for points with fewer than two seeds.
        """
        total = prior + self.degrees
        return (prior * self.typical[..., None] + self.degrees * self.own) / total, total

    def per_seed(self, seeds: Array | float, prior: float = PRIOR) -> Array:
        """Compute the variance of each point's mean over seeds, times their number.

        Args:
            seeds: how many, of a shape that broadcasts with (..., points).
            prior: as in `moderated`.

        Returns:
            Of shape (..., points): the moderated variance; of a baseline with extra seeds less.
        """
        variance, _ = self.moderated(prior)
        return variance * (1 - self.saved * seeds)

    def contrast(self, points: Index, weights: Array, seeds: int, prior: float = PRIOR) -> tuple[Array, Array]:
        """Compute the standard error of a weighted sum of points, and its degrees of freedom (Satterthwaite 1946).

        Args:
            points: of shape (parts,): positions of points.
            weights: of the same shape, summing to 0, so that the luck of seeds is in none.
            seeds: how many all of them have.
            prior: as in `moderated`.

        Returns:
            Both of shape (...). No sum has more degrees of freedom than all residuals together; and where settings were
            chosen none has more than a difference of two points. The widening falls short there by a tenth of the
            standard error, which the wide t of a difference makes up for and that of a mean over many points does not:
            in simulated sweeps of three seeds means over four pairs cover 96 to 97 %, and 93.3 to 95 % without
            (benchmarks/intervals.txt, and `test_intervals_of_means_over_tuned_points`).
        """
        degrees = self.moderated(prior)[1][..., points]
        parts = weights**2 * self.per_seed(seeds, prior)[..., points]
        total, below = parts.sum(-1), (parts**2 / degrees).sum(-1)
        freedom = np.divide(total**2, below, out=np.full(below.shape, np.nan), where=below > 0)
        freedom = np.minimum(freedom, self.pooled_degrees)
        of_two = 2 * degrees.max(-1)
        freedom = np.where(self.widening > UNWIDENED, np.minimum(freedom, of_two), freedom)
        luck = weights * self.luck[..., points]
        # of one baseline it is in its variance already
        shared = np.maximum(luck.sum(-1) ** 2 - (luck**2).sum(-1), 0.0)
        return np.sqrt(total * self.widening / seeds + shared * self.widening), freedom

    def differences(
        self, point: Index, other: Index, seeds: Array | float, prior: float = PRIOR
    ) -> tuple[Array, Array]:
        """Compute standard errors of paired differences, and their degrees of freedom (Satterthwaite 1946).

        Args:
            point: of shape (differences,): positions of points.
            other: of the same shape, or one: those that they are compared with.
            seeds: of the same shape, or one: how many both have.
            prior: as in `moderated`.

        Returns:
            Both of shape (..., differences). Two points have no more degrees of freedom than all residuals together.
        """
        point, other = np.broadcast_arrays(point, other)
        variance, degrees = self.moderated(prior)
        first, second = (variance[..., at] * (1 - self.saved[..., at] * seeds) for at in (point, other))
        divisor = first**2 / degrees[..., point] + second**2 / degrees[..., other]
        freedom = np.divide((first + second) ** 2, divisor, out=np.full(divisor.shape, np.nan), where=divisor > 0)
        error = np.sqrt((first + second) * self.widening[..., None] / seeds)
        return error, np.minimum(freedom, self.pooled_degrees[..., None])


def noise(values: Array, left_out: Array | None = None, extra: Array | None = None) -> Noise:
    """Estimate the noise of each point from its own residuals, and that of a typical point from all.

    Args:
        values: of shape (..., points, seeds): an error of each point at each seed; NaN where there is none.
        left_out: of the same shape: the mean of the point's other errors, had this seed never been run; NaN where there
            is none. None if no setting was chosen.
        extra: of shape (..., points, extra seeds): errors at seeds that only baselines have, NaN elsewhere; None if
            there are no such seeds.
    """
    finite = np.isfinite(values)
    enough = finite.sum(-1) > 1
    weights = np.ones(enough.shape)
    for _ in range(_PASSES):
        fit = blocks(values, weights)
        own = np.divide(fit.squares, fit.shares, out=np.zeros(fit.squares.shape), where=fit.shares > 1e-9)
        typical = _typical(fit, own, weights, enough)
        limit = _WILD * typical[..., None]
        lighter = np.divide(limit, own, out=np.ones(own.shape), where=own > np.nan_to_num(limit, nan=np.inf))
        if (np.abs(lighter - weights) <= 0.01 * weights).all():
            break
        weights = lighter
    size = np.abs(np.where(finite, values, 0.0)).max(axis=(-1, -2), initial=0.0)
    typical = np.where(typical <= (ROUNDING * size) ** 2, np.nan, typical)
    degrees = np.where(enough, fit.counts - 1, np.nan)
    if left_out is None:
        widening = np.ones(typical.shape)
    else:
        widening = _widening(fit, np.where(finite, left_out, np.nan), weights)
    own, freedom, zeros = np.where(enough, own, np.nan), np.maximum(fit.freedom, 0.0), np.zeros(own.shape)
    without_extra = Noise(own, degrees, typical, freedom, widening, fit, zeros, zeros, zeros)
    if extra is None or not extra.shape[-1]:
        return without_extra
    extra_result = with_extra(values, extra, own, degrees, weights, without_extra.moderated()[0])
    combined = replace(without_extra, own=extra_result.own, degrees=extra_result.degrees)
    weight_shares = shares(values, extra, combined.moderated()[0], extra_result.luck)
    return replace(combined, shift=weight_shares.shift, saved=weight_shares.saved, luck=weight_shares.luck)


def quantile(freedom: Array | float, level: float = 0.95) -> Array:
    """Half the width of a two-sided interval in standard errors: Student's t."""
    # what stats.t.ppf computes, without its checks, which take thirty times as long
    return np.asarray(special.stdtrit(freedom, (1 + level) / 2))


def _typical(fit: Blocks, own: Array, weights: Array, enough: Mask) -> Array:
    """Compute the variance of a typical point: that of all points pooled, or the median if it is less.

    The median ignores outliers; the pooled variance is better with few points.
    """
    expected = (weights * fit.shares).sum(-1)
    has_freedom = (fit.freedom > 0) & (expected > 1e-9)
    total = (weights * fit.squares).sum(-1)
    pooled = np.divide(total, expected, out=np.full(total.shape, np.nan), where=has_freedom)
    scaled = np.where(enough | ~has_freedom[..., None], own / _median(np.maximum(fit.counts - 1, 1.0)), np.nan)
    return np.asarray(np.where(has_freedom, np.fmin(pooled, np.nanmedian(scaled, axis=-1)), np.nan))


def _widening(fit: Blocks, left_out: Array, weights: Array) -> Array:
    """Compare the variance of means by the jackknife with the plain one, both pooled over points with two seeds."""
    used = np.maximum(fit.counts, 2.0)
    plain = np.where(fit.counts > 1, weights * fit.squares / (used * (used - 1)), 0.0).sum(-1)
    without = blocks(np.where(fit.counts[..., None] > 1, left_out, np.nan), weights)
    count = np.maximum(without.counts, 1.0)
    jackknife = (weights * (count - 1) / count * without.squares).sum(-1)
    ratio = np.divide(jackknife, plain, out=np.ones(plain.shape), where=plain > 0)
    return np.asarray(np.maximum(np.sqrt(ratio), 1.0))


def _median(degrees: Array) -> Array:
    """The median of an estimated variance, of a true one of 1."""
    # most points have equally many, and scipy takes as long for one as for ten
    distinct, place = np.unique(degrees, return_inverse=True)
    return np.asarray((stats.chi2.median(distinct) / distinct)[place.reshape(degrees.shape)])
