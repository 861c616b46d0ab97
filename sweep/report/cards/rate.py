"""The card of whether a difference is one of the learning rate that all points shared."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from sweep.analysis.estimates import Estimate, estimate, write
from sweep.analysis.order import is_number
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

#: What is said of a share; of the learning rate, or of whatever is tuned in its place.
_VERDICTS = {
    "mostly the rate": "mostly {}",
    "less than half": "less than half is {}",
    "not decided": "not decided whether it is mostly {}",
    "no effect": "no difference is shown at that setting, so that no share is told",
    "waits": "waits for runs",
}


@dataclass(frozen=True)
class _Judged:
    """A comparison at shared settings, and its tuned difference with the interval that the finding has."""

    effect: RateEffect
    tuned: Estimate

    @property
    def name(self) -> str:
        return words.shorten(comparison(self.effect.contrast), 80)


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    names = list(study.frame.nuisance)
    title = f"Is it the {_short(names)}?"
    judged = _judged_effects(study)
    if not names or (len(study.tuned.points) and (study.tuned.points["settings"] < 2).all()):
        return [Card(title, waits="This waits for a sweep that tunes something: list learning rates under nuisance.")]
    known = [one for one in judged if one.effect.verdict != "waits"]
    told = known[:MOST]
    if not told:
        return [Card(title, waits="This waits for two points to compare, with two seeds at every setting.")]
    says = [_rate_sentence(one, names) for one in told]
    best = best_settings(study.frame, study.tuned)
    says += _edge_sentences(best, names)
    tables = [_table(told, names)]
    if best:
        tables.append(_best_table(best, study, names))
    notes = (
        "Differences are paired by seed, with 95 % intervals; tuned, each point is at its own best setting, chosen on "
        "the other seeds, and intervals are those of the finding, where those of an axis hold together. At a shared "
        "setting each holds by itself. The share is what tuning took of the difference at the first shared setting, "
        "the lowest of numbers, a ratio whose interval is Fieller’s. It is called mostly an effect of what is tuned "
        "where that interval lies above one half. A point whose best setting is at the edge of its list is not called "
        "tuned.",
        *([f"The first {MOST} of {len(known)} comparisons are told."] if len(known) > MOST else []),
        "Settings that may be the best: those that the data cannot tell from the lowest mean (Hsu’s comparisons with "
        "the best, 95 %).",
        *([words.NO_SUBTRACTION] if study.frame.extra_seeds else []),
    )
    return [Card(title, tuple(says), _picture(told, study, names, says[0]), tuple(tables), notes)]


def _judged_effects(study: Study) -> list[_Judged]:
    effects = rate_effects(study.frame, study.tuned, [one.contrast for one in study.compared])
    return [_Judged(effect, one.difference) for effect, one in zip(effects, study.compared, strict=False)]


def _rate_sentence(judged: _Judged, names: Sequence[str]) -> str:
    """Say what of a comparison is left once each point is tuned, and whether it is mostly an effect of that."""
    one, tuned = judged.effect, judged.tuned
    assert one.lowest is not None
    naive = estimate(one.effects[one.lowest].naive)
    at = words.which(names, one.lowest)
    share = f"tuning took {percent(one.share)} of it" if math.isfinite(one.share.mean) else ""
    said = "; ".join(part for part in (share, _judged(one, names)) if part)
    return (
        f"{judged.name}: {words.points_of_error(naive, sign=True)} with "
        f"{at} for all, {words.points_of_error(tuned, sign=True)} tuned ({words.seeds(tuned)}): {said}."
    )


def finding_sentence(study: Study) -> str | None:
    """Say in a line which share of the differences along the main axes tuning took; None where nothing is tuned.

    It is said of the first comparison of numbers, whichever way it comes out, and where that shows no difference at the
    lowest shared setting, of the first of others that does.
    """
    names = list(study.frame.nuisance)
    effects = rate_effects(study.frame, study.tuned, [one.contrast for one in study.compared])
    known = [one for one in effects if one.lowest is not None]
    told = [one for one in known if math.isfinite(one.share.mean)]
    numbers = [one for one in known if is_number(one.contrast.value)][:1]
    if not told:
        return None
    asked = numbers if numbers and numbers[0] in told else [*numbers, told[0]]
    return f"Is it the {_short(names)}? {'; '.join(_asked(one, names) for one in asked)}."


def _asked(one: RateEffect, names: Sequence[str]) -> str:
    assert one.lowest is not None
    naive = words.points_of_error(estimate(one.effects[one.lowest].naive), sign=True)
    shown = f"{comparison(one.contrast)} is {naive} with {words.which(names, one.lowest)} for all"
    if math.isnan(one.share.mean):
        return f"{shown}, where no difference is shown and no share is told"
    return f"{shown}, of which tuning took {percent(one.share)}: {_judged(one, names)}"


def _short(names: Sequence[str]) -> str:
    return words.nuisance(names).removeprefix("learning ") if names else "rate"


def _judged(one: RateEffect, names: Sequence[str]) -> str:
    if one.verdict != "not tuned":
        return _VERDICTS[one.verdict].format(_of_what(names))
    which = words.several([words.shorten(point, 40) for point in one.untuned[:3]])
    more = f" and {len(one.untuned) - 3} more" if len(one.untuned) > 3 else ""
    return f"not decided, since the best {words.nuisance(names)} of {which}{more} is at the edge of the list"


def _of_what(names: Sequence[str]) -> str:
    what = words.nuisance(names)
    return "a rate effect" if what == "learning rate" else f"an effect of {'settings' if what == 'setting' else what}"


def _edge_sentences(best: Sequence[Best], names: Sequence[str]) -> list[str]:
    open_points = [one for one in best if len(one.plausible) > 1]
    if not best:
        return []
    what = words.nuisance(names)
    sure = len(best) - len(open_points)
    return [f"For {sure} of {words.plural(len(best), 'point')} the data tell the best {what} from all others."]


def _table(judged: Sequence[_Judged], names: Sequence[str]) -> Table:
    effects = [one.effect for one in judged]
    known = list(dict.fromkeys(setting for one in effects for setting in one.effects))
    heads = [Column(words.setting(names, setting)) for setting in known]
    rows = tuple(
        (
            Cell(about.name),
            *(_difference(estimate(one.effects[s].naive) if s in one.effects else None) for s in known),
            _difference(about.tuned),
            Cell(percent(one.share) if math.isfinite(one.share.mean) else "–", one.share.mean),
            Cell(_VERDICTS.get(one.verdict, "not tuned: best at the edge of the list").format(_of_what(names))),
        )
        for about, one in zip(judged, effects, strict=True)
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


def _picture(judged: Sequence[_Judged], study: Study, names: Sequence[str], says: str) -> Picture | None:
    effects = [one.effect for one in judged]
    if len(names) != 1 or not all(isinstance(rate_of(study.frame, s), int | float) for s in effects[0].effects):
        return None
    rows = [
        {"contrast": comparison(one.contrast), "panel": panel, **dict(zip(names, setting, strict=True)), **write(made)}
        for about, one in zip(judged, effects, strict=True)
        for panel, setting, made in [
            *(("shared", setting, estimate(effect.naive)) for setting, effect in one.effects.items()),
            ("tuned", (math.nan,) * len(names), about.tuned),
        ]
    ]
    values = [
        (
            comparison(one.contrast),
            {
                **{words.value(setting[0]): estimate(effect.naive) for setting, effect in one.effects.items()},
                "tuned": about.tuned,
            },
        )
        for about, one in zip(judged, effects, strict=True)
    ]
    label = f"{words.name(names[0])} for all points"
    draw = partial(draw_contrasts, values, label, last=True)
    alt = f"Differences against the {words.nuisance(names)} that all points share, and tuned. {says}"
    return Picture("is-it-the-rate", draw, pd.DataFrame(rows), alt, 2 * ONE_COLUMN)
