"""Each difference at one shared nuisance setting, and how much of it disappears with tuning."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import optimize

from sweep.analysis.estimates import (
    Estimate,
    Sample,
    average,
    combine,
    estimate,
    precision_of,
    quantile,
    write,
)
from sweep.analysis.nuisance import Setting, Tuned, settings
from sweep.analysis.order import is_blank, points
from sweep.analysis.ranked import Comparable
from sweep.analysis.records import records
from sweep.analysis.replicates import shared_samples
from sweep.analysis.sweep_frame import SweepFrame


@dataclass(frozen=True)
class Share:
    """The share of a naive effect that disappears when each point has its own setting, with its 95 % interval.

    1 is all of it, more is a change of sign, less than 0 an effect that grew. NaN where the naive effect itself cannot
    be told from zero, so that its share is undefined.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """A difference at one shared setting, and tuned, over the seeds that both have."""

    naive: Sample
    tuned: Sample

    @property
    def taken_seeds(self) -> tuple[int, ...]:
        """The seeds that both have."""
        return tuple(sorted(set(self.naive.seeds) & set(self.tuned.seeds)))

    @property
    def taken(self) -> Estimate:
        """What tuning took away, in points of error."""
        return estimate(self.naive - self.tuned)

    @property
    def share(self) -> Share:
        """The share of the naive effect that tuning took, with Fieller's interval: all shares that fit the data.

        A share f is contradicted where taken - f naive differs from zero (Fieller 1954, Some problems in interval
        estimation).
        """
        naive = combine([(1.0, self.naive), (0.0, self.tuned)])
        taken, naive_estimate = self.naive - self.tuned, estimate(naive)
        if not naive_estimate.clear:
            return Share(math.nan, math.nan, math.nan)
        mean = estimate(taken).mean / naive_estimate.mean

        def excess(f: float) -> float:
            error, freedom = precision_of(combine([(1.0, taken), (-f, naive)]))
            half = 0.0 if math.isnan(error) else float(quantile(freedom)) * error
            return abs(naive_estimate.mean * (mean - f)) - half

        return Share(mean, _root(excess, mean, -1.0), _root(excess, mean, 1.0))


@dataclass(frozen=True)
class Naive:
    """All differences to the baseline at one shared setting."""

    setting: Setting
    #: whether it is the baselines' best, which a paper that tunes its baseline would use for all; of several baselines'
    #: the most frequent
    usual: bool
    #: by point, those that have a baseline and of which both are settled
    effects: Mapping[str, Effect]

    @property
    def overall(self) -> Effect:
        """The mean effect over all points, over the seeds that all have."""
        effects = list(self.effects.values())
        return Effect(average([effect.naive for effect in effects]), average([effect.tuned for effect in effects]))


def naive(frame: SweepFrame, tuned: Tuned) -> tuple[Naive, ...]:
    """Compare each point with its baseline at every shared setting, in the order of `nuisance.settings`.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        Empty if nothing is tuned, or no point has a baseline.
    """
    all_settings = settings(frame)
    comparable = Comparable.of(frame, tuned)
    pairs = {
        point: baseline
        for point, baseline in points(frame)[["point", "baseline"]].itertuples(index=False, name=None)
        if baseline != point and comparable(point, baseline)
    }
    if len(all_settings) < 2 or not pairs:
        return ()
    names = list(frame.nuisance)
    by_setting = shared_samples(frame)
    usual_setting = _usual(tuned, names, list(pairs.values()))
    tuned_differences = {point: tuned.samples[point] - tuned.samples[baseline] for point, baseline in pairs.items()}
    result = []
    for setting in all_settings:
        errors = by_setting[setting]
        effects = {
            point: Effect(errors[point] - errors[baseline], tuned_differences[point])
            for point, baseline in pairs.items()
            if point in errors and baseline in errors
        }
        result.append(Naive(setting, setting == usual_setting, effects))
    return tuple(result)


def to_frame(naives: tuple[Naive, ...], names: list[str]) -> pd.DataFrame:
    """Lay out every effect as a row.

    Args:
        naives: what `naive` returned.
        names: the nuisance axes.

    Returns:
        The nuisance columns, `usual`, `point`, and `n`, `mean`, `sd`, `low`, `high` after each of `naive_`, `tuned_`
        and `taken_`, in points of error.
    """
    rows: list[dict[str, Any]] = []
    for at_setting in naives:
        for point, effect in at_setting.effects.items():
            rows.append(
                dict(zip(names, at_setting.setting, strict=True))
                | {"usual": at_setting.usual, "point": point}
                | write(estimate(effect.naive), "naive_")
                | write(estimate(effect.tuned), "tuned_")
                | write(effect.taken, "taken_")
            )
    return pd.DataFrame(rows)


def _usual(tuned: Tuned, names: list[str], baselines: list[str]) -> Setting | None:
    best = {row["point"]: tuple(row[name] for name in names) for row in records(tuned.points)}
    votes = [best[baseline] for baseline in baselines if not any(is_blank(value) for value in best[baseline])]
    return max(dict.fromkeys(votes), key=votes.count, default=None)


def _root(apart: Any, start: float, direction: float) -> float:
    """Find where a function that is at most zero at `start` becomes positive, going in a direction."""
    step = 1e-3
    while apart(start + direction * step) <= 0:
        step *= 2
        if step > 1e6:
            return direction * math.inf
    return float(optimize.brentq(apart, start, start + direction * step)) if apart(start) < 0 else start
