"""Draws of expected errors, shrunk, from a model of all points, settings and seeds together.

The mean of three runs is far from the expected error, and the best of many such means is too good. A point is one of
many, so its cells (one a setting) are drawn toward the cells of the other points at that setting by as much as noise
outweighs their scatter (James and Stein 1961; Lindley and Smith 1972, Bayes estimates for the linear model):

- each setting has its own level (or a line in a covariate), its own scatter of points about it, and its own noise;
- each point, the baseline among them, has its own factor of noise, moderated by 1 as in `sweep.statistics.noise`;
- all of these are drawn as far as the runs determine them, and cells given these;
- the seeds' luck that all points share is taken out; settings of a point have correlated luck at a seed.

A point is judged by the same number as everywhere: its expected error at the setting that all seeds but one choose. So
in every draw that choice is made anew.

Half of the intervals' width is taken from the other points: a lone point that differs from all others by 1 to 2.5
deviations of a run is drawn too far, and its 95 % interval covers 82 to 92 % (benchmarks/intervals.txt). What
would make intervals narrower, and why it is not done, is in benchmarks/shrunk.py.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sweep.statistics.noise import Noise, noise

#: How many sets of expected errors are drawn, and how many of a sweep with more cells in all than the last number.
DRAWS, FEWEST, MOST_CELLS = 1000, 200, 1_000_000
#: How often the choice of a setting is drawn anew in each.
CHOICES = 8
#: Fewer points than these lie about a level, not about a line.
LINE = 5
#: Degrees of freedom of the prior that a point's factor of noise is 1; fewer for a baseline's, which is in all
#: differences: it must not be told by that of others.
PRIOR, BASELINE = 4.0, 1.0
#: Scatters that are tried, flat between, in standard errors of a typical mean.
SCATTERS = np.concatenate([[0.02], np.geomspace(0.1, 30.0, 31)])

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp] | Sequence[int]
Mask = npt.NDArray[np.bool_]


def draw(
    errors: Array,
    rng: np.random.Generator,
    baselines: Index | None = None,
    covariate: Array | None = None,
    extra: Array | None = None,
) -> Array:
    """Draw each point's expected error at the setting that is chosen for it.

    Args:
        errors: of shape (points, settings, seeds), in per cent; NaN where there is none, and at all seeds of a setting
            that is not to be chosen.
        rng: where chance comes from.
        baselines: positions of points that others are compared with.
        covariate: of shape (points,): errors at a setting lie about a line in it, such as the logarithm of a cost;
            about a level if None, if all are equal, or for fewer than five points.
        extra: of shape (points, settings, extra seeds): errors at seeds that only baselines have, NaN elsewhere.

    Returns:
        Of shape (draws, points); NaN for points without an error, and throughout where no spread of seeds is seen.
    """
    draws = int(np.clip(MOST_CELLS // max(1, errors[..., 0].size), FEWEST, DRAWS))
    table = np.moveaxis(np.asarray(errors, dtype=float), 1, 0)  # settings, points, seeds
    counts = np.isfinite(table).sum(-1)
    has_errors = counts > 0
    pooled_noise = noise(table, extra=None if extra is None else np.moveaxis(np.asarray(extra, dtype=float), 1, 0))
    if not np.isfinite(pooled_noise.typical).any() or not has_errors.any():
        return np.full((draws, table.shape[1]), np.nan)
    means = pooled_noise.blocks.means + pooled_noise.shift
    prior = np.full(table.shape[1], PRIOR)
    if baselines is not None:
        prior[baselines] = BASELINE
    typical = np.where(np.isfinite(pooled_noise.typical), pooled_noise.typical, np.nanmean(pooled_noise.typical))
    # for a setting with one point only, the noise at the other settings is used
    freedom = np.where(
        pooled_noise.pooled_degrees >= 1,
        pooled_noise.pooled_degrees,
        max(float(pooled_noise.pooled_degrees.max()), 1.0),
    )
    factor, degrees, correlation = _factors(pooled_noise, typical, prior)
    factors = factor * degrees / rng.chisquare(np.broadcast_to(degrees, (draws, len(degrees))))
    drawn = typical * freedom / rng.chisquare(freedom, (draws, len(freedom)))
    luck, cells = _correlated(rng, correlation, (draws, *has_errors.shape)), np.empty((draws, *has_errors.shape))
    x = _centred(covariate, has_errors)
    for k in range(len(table)):
        if not has_errors[k].any():
            # no point has this setting
            cells[:, k] = 0.0
            continue
        seeds_counted = np.maximum(counts[k], 1) / (1 - pooled_noise.saved[k] * np.maximum(counts[k], 1))
        variance = drawn[:, k, None] * factors / seeds_counted
        line = x if x is not None and has_errors[k].sum() >= LINE and np.ptp(x[has_errors[k]]) > 0 else None
        scatter = _scatters(means[k], typical[k] * factor / seeds_counted, has_errors[k], line, rng.random(draws))
        scatter = scatter * (drawn[:, k] / typical[k])
        cells[:, k] = _cells(means[k], variance, scatter[:, None], has_errors[k], line, luck[:, k], rng)
    spread = np.sqrt(drawn[:, :, None] * factors[:, None, :] / np.maximum(counts - 1, 1))
    total = np.zeros((draws, table.shape[1]))
    for _ in range(CHOICES):
        judged = np.where(has_errors, cells + spread * _correlated(rng, correlation, cells.shape), np.inf)
        total += np.take_along_axis(cells, judged.argmin(1)[:, None], 1)[:, 0]
    return np.where(has_errors.any(0), total / CHOICES, np.nan)


def _factors(pooled_noise: Noise, typical: Array, prior: Array) -> tuple[Array, Array, float]:
    """Compute each point's factor of noise, its degrees of freedom, and the correlation of settings at a seed."""
    own_factor = np.nan_to_num(pooled_noise.own / typical[:, None])
    degrees = np.nan_to_num(pooled_noise.degrees)
    residuals = pooled_noise.blocks.residuals / np.sqrt(typical)[:, None, None]
    finite = np.isfinite(residuals)
    residuals = np.where(finite, residuals, 0.0)
    together, alone = 0.0, 0.0
    for k in range(len(residuals)):
        for other in range(k):
            shared_seeds = finite[k] & finite[other]
            together += float((residuals[k] * residuals[other])[shared_seeds].sum())
            alone += float(
                np.sqrt((residuals[k][shared_seeds] ** 2).sum() * (residuals[other][shared_seeds] ** 2).sum())
            )
    correlation = min(max(together / alone, 0.0), 0.95) if alone > 0 else 0.0
    total = degrees.sum(0)
    # correlated settings carry less information on a variance than independent ones
    useful = total / (1 + (np.maximum((degrees > 0).sum(0), 1) - 1) * correlation**2)
    mean = np.divide((own_factor * degrees).sum(0), total, out=np.ones(total.shape), where=total > 0)
    return (prior + useful * mean) / (prior + useful), prior + useful, correlation


def _correlated(rng: np.random.Generator, correlation: float, shape: tuple[int, ...]) -> Array:
    """Draw standard normal numbers, of shape (draws, settings, points), that correlate between settings."""
    own = rng.standard_normal(shape)
    if correlation == 0:
        return own
    shared = rng.standard_normal((shape[0], 1, shape[2]))
    return np.asarray(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)


def _centred(covariate: Array | None, has_errors: Mask) -> Array | None:
    if covariate is None or has_errors.any(0).sum() < LINE or np.ptp(covariate) < 1e-9:
        return None
    return np.asarray((covariate - covariate.mean()) / np.ptp(covariate))


def _scatters(means: Array, variance: Array, has_errors: Mask, x: Array | None, uniform: Array) -> Array:
    """Draw variances of points about the level or line of a setting, by their likelihood on a grid."""
    y, v = means[has_errors], variance[has_errors]
    scale = np.sqrt(np.median(v)) if len(v) else 1.0
    tried = (SCATTERS * scale) ** 2
    weights = 1 / (v + tried[:, None])
    level, slope, total, across, at = _line(y, weights, None if x is None else x[has_errors])
    residual_sum = (weights * (y - level[:, None] - slope[:, None] * at) ** 2).sum(-1)
    log = 0.5 * (np.log(weights).sum(-1) - np.log(total) - np.log(across) - residual_sum)
    share = np.cumsum(np.exp(log - log.max()) * np.gradient(SCATTERS))
    return np.asarray(tried[np.minimum(np.searchsorted(share / share[-1], uniform), len(tried) - 1)])


def _cells(
    means: Array,
    variance: Array,
    scatter: Array,
    has_errors: Mask,
    x: Array | None,
    luck: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw expected errors of shape (draws, points) at one setting, given noise and scatter."""
    weights = np.where(has_errors, 1 / (variance + scatter), 0.0)
    y = np.where(has_errors, means, 0.0)
    level, slope, total, across, at = _line(y, weights, x)
    level = level + rng.standard_normal(len(level)) / np.sqrt(total)
    if x is not None:
        slope = slope + rng.standard_normal(len(slope)) / np.sqrt(across)
    centre = level[:, None] + slope[:, None] * at
    keep = np.where(has_errors, scatter / (scatter + variance), 0.0)
    remaining_variance = np.where(has_errors, keep * variance, scatter)
    return np.asarray(centre + keep * (y - centre) + np.sqrt(remaining_variance) * luck)


def _line(y: Array, weights: Array, x: Array | None) -> tuple[Array, Array, Array, Array, Array]:
    """Fit a level, or a line in x, by weighted least squares, for each row of weights.

    Returns:
        The level at the centre, the slope, the precision of each, all of shape (rows,), and x from the centre, of shape
        (rows, points).
    """
    total = weights.sum(-1)
    level = (weights * y).sum(-1) / total
    if x is None:
        return level, np.zeros(len(total)), total, np.ones(len(total)), np.zeros((len(total), 1))
    at = x - ((weights * x).sum(-1) / total)[:, None]
    across = (weights * at**2).sum(-1)
    return level, (weights * at * y).sum(-1) / across, total, across, at
