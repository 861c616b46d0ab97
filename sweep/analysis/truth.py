"""How well a proxy reproduces a target's order, over all points and over the best, and the most that noise allows.

A target is a set of errors of the same points from another source, such as full trainings. The agreement is tau-b
(Kendall 1945, The treatment of ties in ranking problems). Over all points it is high because some points are clearly
bad. So it is also computed for the tenth that is best on the target, where that is at least eight points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from sweep.analysis.fidelity import Ranking, ReferenceValue, signs, tau_b
from sweep.analysis.samples import Sample, means_without
from sweep.statistics.noise import Noise, noise, quantile

#: The share of points that are best on the target, and the least number of them that has a ranking.
BEST, FEWEST_BEST = 0.1, 8
#: How often points and their errors are drawn anew for an interval: of few points, and of more than `MANY`.
RESAMPLES, FEWER, MANY = 1000, 100, 500
#: Of more points than these, pairs of so many are looked at, the same ones each time.
MOST_PAIRED = 1500
#: Fewer points than these have no ranking, and fewer no interval: drawn anew, a few points come in the same order.
FEWEST, FEWEST_DRAWN = 3, 8

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Pairs of points that the target tells apart, and what a proxy says of them."""

    pairs: int
    #: pairs that the proxy's 95 % intervals tell apart, each by itself, and those of them that are in the target's
    #: order
    decided: int
    right: int


@dataclass(frozen=True)
class TauB(Ranking):
    """A tau-b and the number of its points."""

    points: int = 0


@dataclass(frozen=True)
class Truth:
    """The agreement of a proxy, judged in one way, with a target."""

    #: over all points, and over the best tenth; None where these are too few
    overall: TauB
    best: TauB | None
    #: the tau-b that this proxy would reach if its true order were the target's, so that only the noise of seeds keeps
    #: it below 1; NaN with fewer than two seeds
    ceiling: float
    best_ceiling: float
    #: the tau-b of ranking points by their number of parameters; NaN if that is unknown
    params: float
    best_params: float
    pairs: Pairs


def truth(
    errors: Array,
    target: Array,
    tolerance: Array | None = None,
    params: Array | None = None,
    left_out: Array | None = None,
) -> Truth | None:
    """Compare the order of means with that of a target.

    Args:
        errors: of shape (points, seeds): a proxy's error of each point at each seed; NaN where there is none.
        target: of shape (points,): the target's error.
        tolerance: of the same shape: two targets closer than theirs together are ties; 0 if None.
        params: of the same shape: parameters of the points.
        left_out: of the shape of `errors`: as `noise` takes it, where settings were chosen.

    Returns:
        None with fewer than three points.
    """
    usable = np.isfinite(errors).any(-1) & np.isfinite(target)
    if usable.sum() < FEWEST:
        return None
    errors, target = errors[usable], target[usable]
    near = np.zeros(len(target)) if tolerance is None else np.nan_to_num(tolerance[usable])
    sizes = None if params is None else params[usable]
    pooled_noise = noise(errors, None if left_out is None else left_out[usable])
    # where points have different seeds, means over them would compare seeds
    means = errors.mean(-1) if np.isfinite(errors).all() else pooled_noise.blocks.means
    error_of_mean = _standard_errors(errors, pooled_noise)
    number = len(target)
    number_best = math.ceil(BEST * number)
    top = np.argsort(target, kind="stable")[:number_best] if number_best >= FEWEST_BEST else None
    everyone = np.arange(number)

    def agreement(at: npt.NDArray[np.intp]) -> TauB:
        return _interval(means[at], target[at], near[at], error_of_mean[at])

    def beside(values: Array | None, at: npt.NDArray[np.intp] | None) -> float:
        return math.nan if values is None or at is None else _tau(values[at], target[at], near[at])

    sized = None if sizes is None or not np.isfinite(sizes).all() or np.ptp(sizes) == 0 else -sizes
    return Truth(
        agreement(everyone),
        None if top is None else agreement(top),
        _ceiling(means, error_of_mean),
        math.nan if top is None else _ceiling(means, error_of_mean, number_best),
        beside(sized, everyone),
        beside(sized, top),
        _pairs(errors, target, near, pooled_noise),
    )


def as_arrays(
    samples: Mapping[str, Sample], reference: Mapping[str, ReferenceValue], seeds: Sequence[int]
) -> tuple[list[str], Array, Array, Array, Array]:
    """Lay out the errors by seed of the points that a target knows.

    Returns:
        Their names, errors, what these would be without each seed (as `noise` takes it), targets and tolerances.
    """
    names = [point for point in samples if point in reference and samples[point].seeds]
    errors, left_out = np.full((2, len(names), len(seeds)), math.nan)
    place = {seed: at for at, seed in enumerate(seeds)}
    for i, point in enumerate(names):
        at = [place[seed] for seed in samples[point].seeds]
        errors[i, at], left_out[i, at] = samples[point].numbers, means_without(samples[point])
    target = np.array([reference[point].error for point in names], dtype=float)
    tolerance = np.array([reference[point].tolerance for point in names], dtype=float)
    return names, errors, left_out, target, tolerance


def _tau(values: Array, target: Array, near: Array, weights: Array | None = None) -> float:
    """Tau-b of two orders: by comparing all pairs where targets have tolerances, otherwise in n log n."""
    if near.any():
        return tau_b(signs(values), signs(target, near), weights)
    if weights is not None:
        at = np.repeat(np.arange(len(values)), weights.astype(int))
        values, target = values[at], target[at]
    return float(stats.kendalltau(values, target, variant="b").statistic)


def _interval(means: Array, target: Array, near: Array, error_of_mean: Array) -> TauB:
    """Tau-b with its interval from drawing points, and the noise of their means, anew.

    Drawing noise on top of noisy means lowers tau-b, so the draws are shifted to be centred on the observed value.
    There is no interval with fewer than eight points, where the noise of means is not known (one seed), and where all
    draws agree.
    """
    number = len(means)
    if number < FEWEST_DRAWN or not np.isfinite(error_of_mean).all():
        return TauB(_tau(means, target, near), points=number)
    rng = np.random.default_rng(0)
    value = _tau(means, target, near)
    draws = RESAMPLES if number <= MANY else FEWER
    taus = []
    for _ in range(draws):
        weights = np.bincount(rng.integers(0, number, number), minlength=number).astype(float)
        shaken = means + error_of_mean * rng.standard_normal(number)
        taus.append(_tau(shaken, target, near, weights))
    finite_taus = np.array(taus)
    finite_taus = finite_taus[np.isfinite(finite_taus)]
    if not len(finite_taus) or np.ptp(finite_taus) == 0:
        return TauB(value, points=number)
    low, high = np.quantile(finite_taus, [0.025, 0.975]) + value - np.median(finite_taus)
    return TauB(value, float(max(low, -1.0)), float(min(high, 1.0)), number)


def _ceiling(means: Array, error_of_mean: Array, best: int | None = None) -> float:
    """Mean tau-b between the order of the means and that of draws of the expected errors.

    Expected errors are drawn about means that are shrunk toward their centre by what noise adds to their scatter.

    Args:
        means: of shape (points,).
        error_of_mean: of the same shape: their standard errors.
        best: so many points that are best by their expected errors; all if None.
    """
    if not np.isfinite(error_of_mean).all():
        return math.nan
    rng = np.random.default_rng(1)
    noise_variance = float((error_of_mean**2).mean())
    scatter = max(float(means.var(ddof=1)) - noise_variance, 0.0)
    share = scatter / (scatter + error_of_mean**2) if scatter > 0 else np.zeros(len(means))
    centre, width = means.mean() + share * (means - means.mean()), np.sqrt(share) * error_of_mean
    taus = []
    for _ in range(RESAMPLES // 5 if len(means) <= MANY else FEWER // 5):
        expected = centre + width * rng.standard_normal(len(means))
        at = slice(None) if best is None else np.argsort(expected)[:best]
        taus.append(float(stats.kendalltau(means[at], expected[at], variant="b").statistic))
    return float(np.nanmean(taus)) if np.isfinite(taus).any() else math.nan


def _standard_errors(errors: Array, pooled_noise: Noise) -> Array:
    """Standard errors of means, apart from the luck of seeds that all points share."""
    variance, _ = pooled_noise.moderated()
    count = np.isfinite(errors).sum(-1)
    return np.asarray(np.sqrt(variance * pooled_noise.widening / np.maximum(count, 1)))


def _pairs(errors: Array, target: Array, near: Array, pooled_noise: Noise) -> Pairs:
    number = len(target)
    at = np.arange(number)
    if number > MOST_PAIRED:
        at = np.sort(np.random.default_rng(2).choice(number, MOST_PAIRED, replace=False))
    first, second = (at[positions] for positions in np.triu_indices(len(at), 1))
    apart = target[first] - target[second]
    is_told_apart = np.abs(apart) > near[first] + near[second] + 1e-9
    first, second, apart = first[is_told_apart], second[is_told_apart], apart[is_told_apart]
    difference, shared_seeds = _paired(errors, first, second)
    error, freedom = pooled_noise.differences(first, second, np.maximum(shared_seeds, 1.0))
    with np.errstate(invalid="ignore"):
        decided = np.abs(difference) > quantile(freedom) * error
    return Pairs(len(first), int(decided.sum()), int((decided & (difference * apart > 0)).sum()))


def _paired(errors: Array, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """Mean differences of pairs of points over the seeds that both have, NaN without any, and the number of these."""
    total, shared_seeds = np.zeros((2, len(first)))
    for at_seed in errors.T:
        difference = at_seed[first] - at_seed[second]
        known = np.isfinite(difference)
        total += np.where(known, difference, 0.0)
        shared_seeds += known
    return np.divide(total, shared_seeds, out=np.full(len(first), np.nan), where=shared_seeds > 0), shared_seeds
