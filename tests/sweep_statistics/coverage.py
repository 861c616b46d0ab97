"""Whole sweeps with known expected errors, and how often the intervals of `sweep.statistics` cover them.

Levels of settings, noise, scatter and correlation are those of the committed ledgers (`tests/golden/ledgers`), by
moments. Error of a run = level of its setting + effect of its point + that of the point at the setting + luck of the
seed, shared by all + luck of the point at the seed + noise of the run. The truth is a point's expected error at the
setting that n - 1 seeds choose. `python -m benchmarks.intervals` prints 2,000 sweeps of each kind.
"""

from dataclasses import dataclass

import numpy as np

from sweep.analysis.estimates import standard_error
from sweep.statistics import hierarchy
from sweep.statistics.cross_fit import cross_fit, judged, leave_one_out
from sweep.statistics.noise import noise, quantile
from sweep.statistics.simultaneous import half_widths

POINTS = 10


@dataclass(frozen=True)
class Like:
    """A recipe: by setting, its level, its noise, and how its points scatter; in points of error."""

    levels: tuple[float, ...]
    noise: tuple[float, ...]
    scatter: tuple[float, ...]
    #: how the settings of a point correlate at a seed
    correlation: float
    #: deviation of the effects of points
    effect: float


LIKE = {
    "quick": Like((15.2, 6.4, 7.1), (2.6, 0.94, 1.2), (3.1, 0.2, 0.2), 0.0, 0.2),
    "fashion": Like((9.94, 10.04), (0.21, 0.22), (0.1, 0.1), 0.53, 0.1),
}
#: Settings so close that every sweep chooses anew: hardest for intervals that were tuned on the same seeds.
TIED = Like((6.0, 6.3, 6.3), (1.0, 1.0, 1.0), (0.2, 0.2, 0.2), 0.0, 0.3)
EFFECTS = ("scatter", "trend", "clusters", "outlier", "none")
NOISES = {
    "equal": {},
    "baseline 1.5 x": {0: 1.5},
    "baseline 2 x": {0: 2.0},
    "one point 2 x": {3: 2.0},
}


@dataclass(frozen=True)
class Sweeps:
    """Many sweeps; the first point is the baseline."""

    #: of shape (sweeps, points, settings, seeds)
    errors: np.ndarray
    #: of shape (sweeps, points)
    truth: np.ndarray
    #: of shape (sweeps, points, settings, extra seeds): errors at seeds that only the baseline has; NaN of others
    extra: np.ndarray | None = None


def simulate(recipe, effect, unequal, n, sweeps, seed=0, more=0):
    """Draw sweeps of n seeds, of the baseline so many more: of a recipe of `LIKE` by name, or another one."""
    rng = np.random.default_rng((seed, n))
    like = LIKE.get(recipe, recipe)
    settings = len(like.levels)
    sd, factor = np.array(like.noise), np.ones(POINTS)
    for point, times in NOISES[unequal].items():
        factor[point] = times
    scale = sd[:, None] * factor[:, None, None]

    def luck(*shape):
        shared = rng.normal(size=(*shape[:2], 1, shape[-1]))
        own = rng.normal(size=(shape[0], shape[1], settings, shape[-1]))
        return scale * (np.sqrt(like.correlation) * shared + np.sqrt(1 - like.correlation) * own)

    scatter = np.array(like.scatter)
    if effect == "none":  # of a setting that is far from the best the level may differ
        scatter = np.where(np.array(like.levels) > min(like.levels) + 3, scatter, 0)
    cells = np.array(like.levels) + rng.normal(size=(sweeps, POINTS, settings)) * scatter
    cells += _effects(effect, like, rng, sweeps)[..., None]
    errors = cells[..., None] + luck(sweeps, POINTS, n) + rng.normal(0, 0.5 * min(sd), (sweeps, 1, 1, n))
    others = 200
    chosen = (cells[..., None] + luck(sweeps, POINTS, others) / np.sqrt(n - 1)).argmin(2)
    truth = np.take_along_axis(cells, chosen.reshape(sweeps, POINTS, -1), 2).mean(-1)
    extra = None
    if more:
        extra = cells[..., None] + luck(sweeps, POINTS, more) + rng.normal(0, 0.5 * min(sd), (sweeps, 1, 1, more))
        extra[:, 1:] = np.nan
    return Sweeps(errors, truth, extra)


def _effects(effect, like, rng, sweeps):
    one = np.zeros(POINTS)
    if effect == "scatter":
        return rng.normal(0, like.effect, (sweeps, POINTS))
    if effect == "trend":
        one = np.linspace(-1.6, 1.6, POINTS) * like.effect
    if effect == "clusters":
        one = np.where(np.arange(POINTS) < POINTS // 2, 1, -1) * like.effect
    if effect == "outlier":
        one[POINTS // 2] = -2 * min(like.noise)
    return np.tile(one, (sweeps, 1))


def fitted(simulated):
    """Cross-fit: errors of shape (sweeps, points, seeds), the mean over the others without each seed in turn, and the
    errors at extra seeds, each at the setting of a common seed in turn; None if there are none.
    """
    errors = simulated.errors
    sweeps, points, settings, n = errors.shape
    rows = errors.reshape(-1, settings, n)
    complete = np.ones((len(rows), n), dtype=bool)
    chosen = cross_fit(rows, complete)
    values, extra = judged(rows, chosen), None
    if simulated.extra is not None:
        more = simulated.extra.reshape(len(rows), settings, -1)
        extra = judged(more, chosen[:, np.arange(more.shape[-1]) % n]).reshape(sweeps, points, -1)
    left_out = np.empty_like(values)
    for left, chosen in leave_one_out(rows, complete):
        left_out[:, left] = np.delete(judged(rows, chosen), left, axis=1).mean(-1)
    return values.reshape(sweeps, points, n), left_out.reshape(sweeps, points, n), extra


@dataclass(frozen=True)
class Judged:
    """Intervals of all differences to the baseline, each part of shape (sweeps, points - 1)."""

    #: whether the interval covers the truth
    covered: np.ndarray
    #: half its width
    half: np.ndarray
    #: how far its middle is off
    off: np.ndarray


def _difference(values):
    return values[:, 1:] - values[:, :1]


def of_each_alone(sweeps):
    """Student's intervals of each difference alone, jackknife-widened, as in November 2026 (commit 684e0f8)."""
    values, left_out = map(_difference, fitted(sweeps)[:2])
    half = quantile(values.shape[-1] - 1) * standard_error(values, left_out)
    off = values.mean(-1) - _difference(sweeps.truth)
    return Judged(np.abs(off) <= half, half, off)


def moderated(sweeps):
    """Intervals from noise that points share."""
    values, left_out, extra = fitted(sweeps)
    seen = noise(values, left_out, extra)
    error, freedom = seen.differences(np.arange(1, POINTS), 0, values.shape[-1])
    half, off = error * quantile(freedom), _difference(values.mean(-1) + seen.shift - sweeps.truth)
    return Judged(np.abs(off) <= half, half, off)


def averaged(sweeps):
    """Intervals of the mean difference over four pairs of points, as of lambda at its ends over values of G."""
    values, left_out, _ = fitted(sweeps)
    at, weights = np.arange(1, 9), np.repeat([0.25, -0.25], 4)
    error, freedom = noise(values, left_out).contrast(at, weights, values.shape[-1])
    half, off = error * quantile(freedom), (values.mean(-1) - sweeps.truth)[:, at] @ weights
    return Judged(*(part[:, None] for part in (np.abs(off) <= half, half, off)))


def against_baseline(sweeps):
    """Intervals of the mean of all points less the baseline, as of a family at several costs."""
    values, left_out, extra = fitted(sweeps)
    seen, n = noise(values, left_out, extra), values.shape[-1]
    weights = np.append(-1.0, np.full(POINTS - 1, 1 / (POINTS - 1)))
    error, freedom = seen.contrast(np.arange(POINTS), weights, n)
    half, off = error * quantile(freedom), (values.mean(-1) + seen.shift - sweeps.truth) @ weights
    return Judged(*(part[:, None] for part in (np.abs(off) <= half, half, off)))


def together(sweeps):
    """Intervals from noise that points share, all of a sweep to hold at once."""
    values, left_out, extra = fitted(sweeps)
    others, rows = np.arange(1, POINTS), [None] * len(values) if extra is None else extra
    seen = [noise(*one) for one in zip(values, left_out, rows, strict=True)]
    half = np.stack([half_widths(one, others, 0, values.shape[-1]) for one in seen])
    off = _difference(values.mean(-1) + np.stack([one.shift for one in seen]) - sweeps.truth)
    return Judged(np.abs(off) <= half, half, off)


def shrunk(sweeps):
    """Intervals of the hierarchical estimate."""
    extra = [None] * len(sweeps.errors) if sweeps.extra is None else sweeps.extra
    drawn = np.stack(
        [
            hierarchy.draw(errors, np.random.default_rng(0), [0], extra=more)
            for errors, more in zip(sweeps.errors, extra, strict=True)
        ]
    )
    apart = drawn[:, :, 1:] - drawn[:, :, :1]
    low, high = np.quantile(apart, [0.025, 0.975], axis=1)
    truth = _difference(sweeps.truth)
    return Judged((low <= truth) & (truth <= high), (high - low) / 2, apart.mean(1) - truth)
