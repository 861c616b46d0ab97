"""The card of whether a difference is one of the learning rate that all points shared."""

import math
from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd

from sweep.analysis.estimates import Estimate, estimate, write
from sweep.analysis.order import is_number
from sweep.analysis.question import contrasts
from sweep.analysis.rate import Best, RateEffect, best_settings, rate_effects, rate_of
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.contrast_names import comparison
from sweep.report.cards.contrasts_figure import draw_contrasts
from sweep.report.cards.nuisance import percent
from sweep.report.figures.style import ONE_COLUMN

#: More contrasts than these are neither drawn nor told one by one; more points are not listed with their settings.
MOST, LISTED = 6, 100

_VERDICTS = {
    "mostly the rate": "mostly a rate effect",
    "less than half": "less than half is a rate effect",
    "not decided": "not decided whether it is mostly a rate effect",
    "no effect": "no effect to explain at that setting",
    "waits": "waits for runs",
}


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    names = list(study.frame.nuisance)
    title = f"Is it the {_short(names)}?"
    effects = rate_effects(study.frame, study.tuned, contrasts(study.frame))[:MOST]
    if not names or (len(study.tuned.points) and (study.tuned.points["settings"] < 2).all()):
        return [Card(title, waits="This waits for a sweep that tunes something: list learning rates under nuisance.")]
    told = [one for one in effects if one.verdict != "waits"]
    if not told:
        return [Card(title, waits="This waits for two points to compare, with two seeds at every setting.")]
    says = [rate_sentence(one, names) for one in told]
    best = best_settings(study.frame, study.tuned)
    says += _edge_sentences(best, names)
    tables = [_table(told, names)]
    if best:
        tables.append(_best_table(best, study, names))
    notes = (
        "Differences are paired by seed, with 95 % intervals; tuned, each point is at its own best setting, chosen on "
        "the other seeds. The share is what tuning took of the difference at the lowest shared rate, a ratio whose "
        "interval is Fieller’s. It is called mostly a rate effect where that interval lies above one half. A point "
        "whose best setting is at the edge of its list is not called tuned.",
        "Settings that may be the best: those that the data cannot tell from the lowest mean (Hsu’s comparisons with "
        "the best, 95 %).",
        *([words.NO_SUBTRACTION] if study.frame.extra_seeds else []),
    )
    return [Card(title, tuple(says), _picture(told, study, names, says[0]), tuple(tables), notes)]


def rate_sentence(one: RateEffect, names: Sequence[str]) -> str:
    """Say what of a contrast is left once each point is tuned, and whether it is mostly a rate effect.

    Args:
        one: a contrast that does not wait.
        names: the nuisance axes.
    """
    assert one.lowest is not None
    effect = one.effects[one.lowest]
    naive, tuned = estimate(effect.naive), estimate(effect.tuned)
    at = words.which(names, one.lowest)
    share = f"tuning took {percent(one.share)} of it" if math.isfinite(one.share.mean) else ""
    said = "; ".join(part for part in (share, _judged(one, names)) if part)
    return (
        f"{words.shorten(comparison(one.contrast), 80)}: {words.points_of_error(naive, sign=True)} with "
        f"{at} for all, {words.points_of_error(tuned, sign=True)} tuned ({words.seeds(tuned)}): {said}."
    )


def finding_sentence(study: Study) -> str | None:
    """Say in a line which share of the differences along the main axes tuning took; None where nothing is tuned.

    It is said of the first comparison of numbers that shows a difference at the lowest shared setting, or of any.
    """
    names = list(study.frame.nuisance)
    effects = rate_effects(study.frame, study.tuned, contrasts(study.frame))
    told = [one for one in effects if one.lowest is not None and math.isfinite(one.share.mean)]
    if not told:
        return None
    one = next((one for one in told if is_number(one.contrast.value)), told[0])
    assert one.lowest is not None
    naive = estimate(one.effects[one.lowest].naive)
    return (
        f"Is it the {_short(names)}? {comparison(one.contrast)} is {words.points_of_error(naive, sign=True)} with "
        f"{words.which(names, one.lowest)} for all, of which tuning took {percent(one.share)}: {_judged(one, names)}."
    )


def _short(names: Sequence[str]) -> str:
    return words.nuisance(names).removeprefix("learning ") if names else "rate"


def _judged(one: RateEffect, names: Sequence[str]) -> str:
    if one.verdict != "not tuned":
        return _VERDICTS[one.verdict]
    which = words.several([words.shorten(point, 40) for point in one.untuned[:3]])
    more = f" and {len(one.untuned) - 3} more" if len(one.untuned) > 3 else ""
    return f"not decided, since the best {words.nuisance(names)} of {which}{more} is at the edge of the list"


def _edge_sentences(best: Sequence[Best], names: Sequence[str]) -> list[str]:
    open_points = [one for one in best if len(one.plausible) > 1]
    if not best:
        return []
    what = words.nuisance(names)
    sure = len(best) - len(open_points)
    return [f"For {sure} of {words.plural(len(best), 'point')} the data tell the best {what} from all others."]


def _table(effects: Sequence[RateEffect], names: Sequence[str]) -> Table:
    known = list(dict.fromkeys(setting for one in effects for setting in one.effects))
    heads = [Column(words.setting(names, setting)) for setting in known]
    rows = tuple(
        (
            Cell(words.shorten(comparison(one.contrast), 80)),
            *(_difference(estimate(one.effects[s].naive) if s in one.effects else None) for s in known),
            _difference(estimate(next(iter(one.effects.values())).tuned)),
            Cell(percent(one.share) if math.isfinite(one.share.mean) else "–", one.share.mean),
            Cell(_VERDICTS.get(one.verdict, "not tuned: best at the edge of the list")),
        )
        for one in effects
    )
    return Table(
        f"Differences in {words.metric().difference} at one shared setting and tuned, and the share that tuning took",
        (Column("contrast", numeric=False), *heads, Column("tuned"), Column("share"), Column("verdict", numeric=False)),
        rows,
    )


def _difference(one: Estimate | None) -> Cell:
    if one is None or not one.n:
        return Cell("–")
    return Cell(f"{words.signed(one.mean)}{words.interval(one)}", one.mean, "clear" if one.clear else "")


def _best_table(best: Sequence[Best], study: Study, names: Sequence[str]) -> Table:
    rows = tuple(
        (
            Cell(words.shorten(one.point, 90)),
            Cell(words.which(names, one.setting), _sorted_by(rate_of(study.frame, one.setting))),
            Cell(", ".join(words.which(names, setting) for setting in one.plausible)),
            Cell("at the edge" if one.edge else "", None, "warn" if one.edge else ""),
        )
        for one in best[:LISTED]
    )
    what = words.nuisance(names)
    return Table(
        f"Each point’s best {what}, and those that may be the best",
        (
            Column("point", numeric=False),
            Column(f"best {what}"),
            Column("may be the best", numeric=False),
            Column("warning", numeric=False),
        ),
        rows,
        sortable=True,
    )


def _sorted_by(cell: object) -> float | None:
    return float(cell) if isinstance(cell, int | float) else None


def _picture(effects: Sequence[RateEffect], study: Study, names: Sequence[str], says: str) -> Picture | None:
    if len(names) != 1 or not all(isinstance(rate_of(study.frame, s), int | float) for s in effects[0].effects):
        return None
    rows = [
        {"contrast": comparison(one.contrast), "panel": panel, **dict(zip(names, setting, strict=True)), **write(made)}
        for one in effects
        for panel, setting, made in [
            *(("shared", setting, estimate(effect.naive)) for setting, effect in one.effects.items()),
            ("tuned", (math.nan,) * len(names), estimate(next(iter(one.effects.values())).tuned)),
        ]
    ]
    values = {
        comparison(one.contrast): {
            **{words.value(setting[0]): estimate(effect.naive) for setting, effect in one.effects.items()},
            "tuned": estimate(next(iter(one.effects.values())).tuned),
        }
        for one in effects
    }
    label = f"{words.name(names[0])} for all points"
    draw = partial(draw_contrasts, values, label, last=True)
    alt = f"Differences against the {words.nuisance(names)} that all points share, and tuned. {says}"
    return Picture("is-it-the-rate", draw, pd.DataFrame(rows), alt, 2 * ONE_COLUMN)
