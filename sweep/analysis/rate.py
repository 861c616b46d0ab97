"""Is it the rate? A contrast at a shared nuisance setting, and what is left of it when each point is tuned.

With one learning rate for all points a comparison shows which points that rate suits. So a contrast is computed at each
shared setting and tuned. The share of it that tuning took is computed for the lowest shared rate, where networks differ
in how fast they learn.

The share is a ratio of two paired means. Its interval is Fieller's: all shares that the data do not contradict, with
the noise of all points pooled. A bootstrap over three seeds has ten different samples, and too narrow intervals.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sweep.analysis.estimates import Sample, combine
from sweep.analysis.naive import Effect, Share
from sweep.analysis.nuisance import Setting, Tuned, settings
from sweep.analysis.order import is_number, points, shown_key
from sweep.analysis.question import Contrast
from sweep.analysis.records import records
from sweep.analysis.replicates import shared_samples
from sweep.analysis.sweep_frame import SweepFrame
from sweep.statistics.blocks import blocks
from sweep.statistics.simultaneous import multiples

#: The weight of the noise of all points beside a point's own, in degrees of freedom, where its settings are compared.
PRIOR = 4.0

Array = npt.NDArray[np.float64]
#: The verdict on the share that tuning took: more than half of the effect, less than half, not decided; or the shared
#: setting shows no effect; or a point's best setting is at the edge of the list; or too many runs at the lowest rate
#: failed, so that there is no share of its difference; or not all runs are in.
Verdict = Literal[
    "mostly the rate", "less than half", "not decided", "no effect", "not tuned", "lowest failed", "waits"
]


@dataclass(frozen=True)
class RateEffect:
    """A contrast at each shared setting, and tuned."""

    contrast: Contrast
    #: by shared setting, over the seeds that setting and tuned points both have; settings by size
    effects: Mapping[Setting, Effect]
    #: the shared setting of the share: of those with two seeds, the one with the lowest rate (if rates are words, the
    #: first in the space); None if no setting has two seeds
    lowest: Setting | None
    share: Share
    #: points of the contrast whose best setting is at the edge of the list
    untuned: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True)
class Best:
    """A point's best setting, and all that the data cannot tell from the best one (with 95 % confidence)."""

    point: str
    setting: Setting
    plausible: tuple[Setting, ...]
    #: whether the best is at an end of its list, on an axis of numbers
    edge: bool


def rate_effects(frame: SweepFrame, tuned: Tuned, contrasts: Sequence[Contrast]) -> tuple[RateEffect, ...]:
    """Compute each contrast at every shared setting, and the share of it that tuning took.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.
        contrasts: what is compared, such as `question.contrasts` of the sweep.

    Returns:
        In the order of `contrasts`; empty if nothing is tuned.
    """
    all_settings = settings(frame)
    if len(all_settings) < 2:
        return ()
    position = _rate_position(frame)
    key = shown_key(frame, list(frame.nuisance)[position])
    shared = shared_samples(frame)
    summaries = {row["point"]: row for row in records(tuned.points)}
    result = []
    for contrast in contrasts:
        settled = all(point in summaries and bool(summaries[point]["settled"]) for point in contrast.weights)
        tuned_difference = _weighed(contrast, tuned.samples) if settled else Sample({})
        effects = {
            setting: Effect(_weighed(contrast, shared[setting]), tuned_difference)
            for setting in all_settings
            if settled and all(point in shared[setting] for point in contrast.weights)
        }
        untuned = tuple(point for point in contrast.weights if point in summaries and summaries[point]["edge"])
        with_two_seeds = [setting for setting, effect in effects.items() if len(effect.taken_seeds) > 1]
        lowest = min(with_two_seeds, key=lambda setting: key(setting[position]), default=None)
        # a point may not be asked for at every setting: what was never run has not failed
        rates_asked = [key(setting[position]) for setting in effects]
        failed = lowest is not None and key(lowest[position]) > min(rates_asked)
        share = Share(math.nan, math.nan, math.nan) if lowest is None or failed else effects[lowest].share
        verdict = "lowest failed" if failed else _verdict(lowest is not None, share, untuned)
        result.append(RateEffect(contrast, effects, lowest, share, untuned, verdict))
    return tuple(result)


def best_settings(frame: SweepFrame, tuned: Tuned) -> tuple[Best, ...]:
    """Find each point's best setting and those that may be better, by Hsu's multiple comparisons with the best.

    A setting stays where its mean is above the lowest by no more than Dunnett's one-sided multiple of the difference's
    standard error (Hsu 1981, Simultaneous confidence intervals for all distances from the best). The noise of a
    difference is what is left of a point's runs after its settings and its seeds, moderated by that of all points.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        In the order of points; those without a result at every setting and seed are left out.
    """
    all_settings, order = settings(frame), points(frame)["point"].tolist()
    by_setting = shared_samples(frame)
    ends = {row["point"]: bool(row["edge"]) for row in records(tuned.points)}
    errors = np.full((len(order), len(all_settings), len(frame.seeds)), math.nan)
    for k, setting in enumerate(all_settings):
        for i, point in enumerate(order):
            values = by_setting.get(setting, {}).get(point, Sample({})).values
            errors[i, k] = [values.get(seed, math.nan) for seed in frame.seeds]
    is_complete = np.isfinite(errors).all((-1, -2))
    complete_points = [point for point, fit in zip(order, is_complete, strict=True) if fit]
    stays = plausible(errors[is_complete])
    lowest = errors[is_complete].mean(-1).argmin(-1) if complete_points else []
    return tuple(
        Best(point, all_settings[at], tuple(all_settings[k] for k in np.flatnonzero(stays[i])), ends.get(point, False))
        for i, (point, at) in enumerate(zip(complete_points, lowest, strict=True))
    )


def plausible(errors: Array) -> npt.NDArray[np.bool_]:
    """Mark the settings that may be a point's best, of shape (points, settings).

    Args:
        errors: of shape (points, settings, seeds), finite. With one seed every setting may be.
    """
    number, count, seeds = errors.shape
    if not number or seeds < 2 or count < 2:
        return np.ones((number, count), dtype=bool)
    fit = blocks(errors)
    freedom = float(fit.freedom[0])
    own = fit.squares.sum(-1) / freedom
    typical = float(np.mean(own)) if number < FEW else float(np.median(own)) / (1 - 2 / (9 * freedom)) ** 3
    variance = (PRIOR * typical + freedom * own) / (PRIOR + freedom)
    total = min(PRIOR + freedom, number * freedom)
    extent = multiples(np.full(count - 1, math.sqrt(0.5)), np.full(count - 1, total), level=0.90)[0]
    means = errors.mean(-1)
    return np.asarray(means <= means.min(-1, keepdims=True) + extent * np.sqrt(2 * variance / seeds)[:, None])


#: With fewer points than these the mean of the variances is used, not their median.
FEW = 5


def _weighed(contrast: Contrast, samples: Mapping[str, Sample]) -> Sample:
    return combine([(weight, samples[point]) for point, weight in contrast.weights.items()])


def _verdict(has_runs: bool, share: Share, untuned: Sequence[str]) -> Verdict:
    if not has_runs:
        return "waits"
    if untuned:
        return "not tuned"
    if math.isnan(share.mean):
        return "no effect"
    if share.low > 0.5:
        return "mostly the rate"
    return "less than half" if share.high < 0.5 else "not decided"


def _rate_position(frame: SweepFrame) -> int:
    """The place among the nuisance axes of the learning rate, or of the first that holds numbers."""
    names = list(frame.nuisance)
    numbers = [i for i, name in enumerate(names) if all(is_number(value) for value in frame.nuisance[name])]
    rates = [i for i in numbers if names[i].split(".")[-1] == "lr"]
    return (rates or numbers or [0])[0]


def rate_of(frame: SweepFrame, setting: Setting) -> Any:
    """The learning rate of a setting, or its value on the first nuisance axis of numbers."""
    return setting[_rate_position(frame)]
