"""The card of whether a difference comes from the learning rate that all points shared."""

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

#: Contrasts that are drawn and described at most, and points that are listed with their settings.
MOST, LISTED = 6, 100

#: The verdict on a share, with a gap for the name of what is tuned.
_VERDICTS = {
    "mostly the rate": "mostly {}",
    "less than half": "less than half is {}",
    "not decided": "not decided whether it is mostly {}",
    "no effect": "no difference is shown at that setting, so that no share is told",
    "lowest failed": "no share is told, since runs with a lower setting failed",
    "waits": "waits for runs",
}


@dataclass(frozen=True)
class _Judged:
    """A comparison at shared settings, and its tuned difference with the interval of the finding."""

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
    decided = [compared for compared in judged if compared.effect.verdict != "waits"]
    shown = decided[:MOST]
    if not shown:
        return [Card(title, waits="This waits for two points to compare, with two seeds at every setting.")]
    sentences = [_rate_sentence(compared, names) for compared in shown]
    best = best_settings(study.frame, study.tuned)
    sentences += _edge_sentences(best, names)
    tables = [_table(shown, names)]
    if best:
        tables.append(_best_table(best, study, names))
    notes = (
        "Differences are paired by seed, with 95 % intervals; tuned, each point is at its own best setting, chosen on "
        "the other seeds, and intervals are those of the finding, where those of an axis hold together. At a shared "
        "setting each holds by itself. The share is what tuning took of the difference at the first shared setting, "
        "the lowest of numbers, a ratio whose interval is Fieller’s. It is called mostly an effect of what is tuned "
        "where that interval lies above one half. A point whose best setting is at the edge of its list is not called "
        "tuned.",
        *([f"The first {MOST} of {len(decided)} comparisons are told."] if len(decided) > MOST else []),
        "Settings that may be the best: those that the data cannot tell from the lowest mean (Hsu’s comparisons with "
        "the best, 95 %).",
        *([words.NO_SUBTRACTION] if study.frame.extra_seeds else []),
    )
    return [Card(title, tuple(sentences), _picture(shown, study, names, sentences[0]), tuple(tables), notes)]


def _judged_effects(study: Study) -> list[_Judged]:
    effects = rate_effects(study.frame, study.tuned, [compared.contrast for compared in study.compared])
    return [_Judged(effect, compared.difference) for effect, compared in zip(effects, study.compared, strict=False)]


def _rate_sentence(judged: _Judged, names: Sequence[str]) -> str:
    """Describe a comparison at the shared setting and tuned, and how much of it is an effect of the setting."""
    effect, tuned = judged.effect, judged.tuned
    assert effect.lowest is not None
    naive = estimate(effect.effects[effect.lowest].naive)
    at = words.which(names, effect.lowest)
    share = f"tuning took {percent(effect.share)} of it" if math.isfinite(effect.share.mean) else ""
    details = "; ".join(part for part in (share, _judged(effect, names)) if part)
    return (
        f"{judged.name}: {words.points_of_error(naive, sign=True)} with "
        f"{at} for all, {words.points_of_error(tuned, sign=True)} tuned ({words.seeds(tuned)}): {details}."
    )


def finding_sentence(study: Study) -> str | None:
    """State in a line the share of the differences along the main axes that tuning took; None if nothing is tuned.

    It is about the first comparison of numbers, in the order in which the finding tells them. If that one shows no
    difference at the lowest shared setting, the first other comparison that shows one is added.
    """
    names = list(study.frame.nuisance)
    told = [compared.contrast for verdict in study.verdicts for compared in verdict.telling]
    effects = rate_effects(study.frame, study.tuned, told)
    with_runs = [effect for effect in effects if effect.lowest is not None]
    with_share = [effect for effect in with_runs if math.isfinite(effect.share.mean)]
    numeric = [effect for effect in with_runs if is_number(effect.contrast.value)][:1]
    if not with_share:
        return None
    shown = numeric if numeric and numeric[0] in with_share else [*numeric, with_share[0]]
    return f"Is it the {_short(names)}? {'; '.join(_asked(effect, names) for effect in shown)}."


def _asked(effect: RateEffect, names: Sequence[str]) -> str:
    assert effect.lowest is not None
    naive = words.points_of_error(estimate(effect.effects[effect.lowest].naive), sign=True)
    naive_text = f"{comparison(effect.contrast)} is {naive} with {words.which(names, effect.lowest)} for all"
    if effect.verdict == "lowest failed":
        return f"{naive_text}; {_judged(effect, names)}"
    if math.isnan(effect.share.mean):
        return f"{naive_text}, where no difference is shown and no share is told"
    return f"{naive_text}, of which tuning took {percent(effect.share)}: {_judged(effect, names)}"


def _short(names: Sequence[str]) -> str:
    return words.nuisance(names).removeprefix("learning ") if names else "rate"


def _judged(effect: RateEffect, names: Sequence[str]) -> str:
    if effect.verdict != "not tuned":
        return _VERDICTS[effect.verdict].format(_of_what(names))
    points = words.several([words.shorten(point, 40) for point in effect.untuned[:3]])
    more = f" and {len(effect.untuned) - 3} more" if len(effect.untuned) > 3 else ""
    return f"not decided, since the best {words.nuisance(names)} of {points}{more} is at the edge of the list"


def _of_what(names: Sequence[str]) -> str:
    tuned = words.nuisance(names)
    return (
        "a rate effect" if tuned == "learning rate" else f"an effect of {'settings' if tuned == 'setting' else tuned}"
    )


def _edge_sentences(best: Sequence[Best], names: Sequence[str]) -> list[str]:
    open_points = [point_best for point_best in best if len(point_best.plausible) > 1]
    if not best:
        return []
    tuned = words.nuisance(names)
    clear = len(best) - len(open_points)
    return [f"For {clear} of {words.plural(len(best), 'point')} the data tell the best {tuned} from all others."]


def _table(judged: Sequence[_Judged], names: Sequence[str]) -> Table:
    effects = [compared.effect for compared in judged]
    all_settings = list(dict.fromkeys(setting for effect in effects for setting in effect.effects))
    heads = [Column(words.setting(names, setting)) for setting in all_settings]
    rows = tuple(
        (
            Cell(compared.name),
            *(_difference(estimate(effect.effects[s].naive) if s in effect.effects else None) for s in all_settings),
            _difference(compared.tuned),
            Cell(percent(effect.share) if math.isfinite(effect.share.mean) else "–", effect.share.mean),
            Cell(_VERDICTS.get(effect.verdict, "not tuned: best at the edge of the list").format(_of_what(names))),
        )
        for compared, effect in zip(judged, effects, strict=True)
    )
    return Table(
        f"Differences in {words.metric().difference} at one shared setting and tuned, and the share that tuning took",
        (Column("contrast", numeric=False), *heads, Column("tuned"), Column("share"), Column("verdict", numeric=False)),
        rows,
    )


def _difference(difference: Estimate | None) -> Cell:
    if difference is None or not difference.n:
        return Cell("–")
    return Cell(
        f"{words.signed(difference.mean)}{words.interval(difference)}",
        difference.mean,
        "clear" if difference.clear else "",
    )


def _best_table(best: Sequence[Best], study: Study, names: Sequence[str]) -> Table:
    rows = tuple(
        (
            Cell(words.shorten(point_best.point, 90)),
            Cell(words.which(names, point_best.setting), _sorted_by(rate_of(study.frame, point_best.setting))),
            Cell(", ".join(words.which(names, setting) for setting in point_best.plausible)),
            Cell("at the edge" if point_best.edge else "", None, "warn" if point_best.edge else ""),
        )
        for point_best in best[:LISTED]
    )
    tuned = words.nuisance(names)
    return Table(
        f"Each point’s best {tuned}, and those that may be the best",
        (
            Column("point", numeric=False),
            Column(f"best {tuned}"),
            Column("may be the best", numeric=False),
            Column("warning", numeric=False),
        ),
        rows,
        sortable=True,
    )


def _sorted_by(cell: object) -> float | None:
    return float(cell) if isinstance(cell, int | float) else None


def _picture(judged: Sequence[_Judged], study: Study, names: Sequence[str], sentence: str) -> Picture | None:
    effects = [compared.effect for compared in judged]
    if len(names) != 1 or not all(isinstance(rate_of(study.frame, s), int | float) for s in effects[0].effects):
        return None
    rows = [
        {
            "contrast": comparison(effect_of.contrast),
            "panel": panel,
            **dict(zip(names, setting, strict=True)),
            **write(difference),
        }
        for compared, effect_of in zip(judged, effects, strict=True)
        for panel, setting, difference in [
            *(("shared", setting, estimate(effect.naive)) for setting, effect in effect_of.effects.items()),
            ("tuned", (math.nan,) * len(names), compared.tuned),
        ]
    ]
    values = [
        (
            comparison(effect_of.contrast),
            {
                **{words.value(setting[0]): estimate(effect.naive) for setting, effect in effect_of.effects.items()},
                "tuned": compared.tuned,
            },
        )
        for compared, effect_of in zip(judged, effects, strict=True)
    ]
    label = f"{words.name(names[0])} for all points"
    draw = partial(draw_contrasts, values, label, last=True)
    alt = f"Differences against the {words.nuisance(names)} that all points share, and tuned. {sentence}"
    return Picture("is-it-the-rate", draw, pd.DataFrame(rows), alt, 2 * ONE_COLUMN)
