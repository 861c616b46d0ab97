"""Which measure needs fewer seeds to tell points apart: top-1 error or loss."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from sweep.analysis.metric import measured_by
from sweep.analysis.nuisance import settings
from sweep.analysis.order import points
from sweep.analysis.sweep_frame import SweepFrame
from sweep.statistics.blocks import blocks

#: How often seeds are drawn anew for an interval, and with how many seeds at least.
RESAMPLES, FEWEST_SEEDS = 1000, 4
#: Fewer points than these have no scatter worth comparing.
FEWEST_POINTS = 3

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Separation:
    """How well error and loss tell the same points apart.

    A signal over noise is the scatter of true means over the noise of one run. The seeds that a comparison needs go
    with its inverse square.
    """

    points: int
    seeds: int
    error: float
    loss: float
    #: seeds that a comparison needs by loss, as a share of those that it needs by error, with its 95 % interval from
    #: drawing seeds anew; NaN where neither measure shows a signal, the interval also with fewer than four seeds
    share: float
    low: float
    high: float


def signal_over_noise(values: Array) -> float:
    """Compute the scatter of points' true means over the noise of one run, each point at its best setting by mean.

    The noise of the means is taken out of their scatter: sqrt(max(0, var(means) - s^2 / seeds)) / s, where s is the
    residual deviation with points and seeds as blocks.

    Args:
        values: of shape (..., points, settings, seeds), all finite; at least two points and two seeds.

    Returns:
        A float, or an array of shape (...) for a batch; NaN where there is no noise.
    """
    best = values.mean(-1).argmin(-1)
    chosen = np.take_along_axis(values, best[..., None, None], axis=-2)[..., 0, :]
    fit = blocks(chosen)
    variance = fit.squares.sum(-1) / np.maximum(fit.freedom, 1)
    scatter = np.maximum(chosen.mean(-1).var(-1, ddof=1) - variance / chosen.shape[-1], 0.0)
    ratio = np.divide(scatter, variance, out=np.full(np.shape(variance), np.nan), where=variance > 0)
    return np.sqrt(ratio) if np.ndim(ratio) else float(np.sqrt(ratio))


def separate(frame: SweepFrame) -> Separation | None:
    """Compare error and loss over the points that have both at every setting and seed.

    Raises:
        ValueError: in words, if no finished run has a loss.

    Returns:
        None with fewer than three such points or two seeds.
    """
    tables = [_table(measured_by(frame, metric)) for metric in ("error", "loss")]
    complete = np.isfinite(tables[0]).all((-1, -2)) & np.isfinite(tables[1]).all((-1, -2))
    errors, losses = (table[complete] for table in tables)
    number, _, seeds = errors.shape
    if number < FEWEST_POINTS or seeds < 2:
        return None
    by_error, by_loss = signal_over_noise(errors), signal_over_noise(losses)
    low = high = math.nan
    if seeds >= FEWEST_SEEDS:
        rng = np.random.default_rng(0)
        drawn = rng.integers(0, seeds, (RESAMPLES, seeds))
        by_error_drawn, by_loss_drawn = (
            signal_over_noise(np.moveaxis(table[..., drawn], 2, 0)) for table in (errors, losses)
        )
        shares = _share(np.asarray(by_error_drawn), np.asarray(by_loss_drawn))
        defined = shares[~np.isnan(shares)]
        if len(defined):
            tail = _tail(seeds)
            low, high = (float(q) for q in np.quantile(defined, [tail, 1 - tail], method="nearest"))
    return Separation(number, seeds, by_error, by_loss, float(_share(np.array(by_error), np.array(by_loss))), low, high)


def _tail(seeds: int) -> float:
    """The share of draws beyond either end of a 95 % interval, less than 0.025 since few seeds are drawn anew.

    Percentiles of a bootstrap are too close by what a normal quantile is below Student's t, and by the factor
    sqrt((n - 1) / n) of a deviation (Hesterberg 2015, What teachers should know about the bootstrap).
    """
    extent = stats.t.ppf(0.975, seeds - 1) * math.sqrt(seeds / (seeds - 1))
    return float(stats.norm.sf(extent))


def _share(error: Array, loss: Array) -> Array:
    """Seeds by loss over seeds by error: infinite where loss shows no signal, NaN where neither does."""
    share = np.divide(error**2, loss**2, out=np.full(error.shape, np.inf), where=loss > 0)
    return np.where((error > 0) | (loss > 0), share, np.nan)


def _table(frame: SweepFrame) -> Array:
    """Lay values out as (points, settings, seeds), NaN where there is none."""
    place = {point: i for i, point in enumerate(points(frame)["point"].tolist())}
    at_setting = {setting: k for k, setting in enumerate(settings(frame))}
    at_seed = {seed: s for s, seed in enumerate(frame.seeds)}
    values = np.full((len(place), len(at_setting), len(at_seed)), math.nan)
    names = list(frame.nuisance)
    run_settings = frame.runs[names].itertuples(index=False, name=None) if names else ((),) * len(frame.runs)
    results = frame.runs[["point", "seed", "status", "error"]].itertuples(index=False, name=None)
    for setting, (point, seed, status, error) in zip(run_settings, results, strict=True):
        if status == "done" and seed in at_seed:
            values[place[point], at_setting[tuple(setting)], at_seed[seed]] = error
    return values
