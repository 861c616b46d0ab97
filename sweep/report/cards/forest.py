"""The cards of main axes whose values are words: differences between values, on one scale."""

import math
from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd

from sweep.analysis.estimates import estimate
from sweep.analysis.study import Study
from sweep.analysis.verdict import Compared, Verdict
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.contrast_names import comparison
from sweep.report.cards.forest_figure import MOST, Dot, Row, draw_forest
from sweep.report.figures.style import ONE_COLUMN
from sweep.space.columns import axis_name

#: Points whose FLOPs differ by less than this share are called equally costly.
_ALIKE = 0.005


def cards(study: Study) -> Iterable[Card]:
    """Make a card for each main axis whose values are words; numeric axes have curves instead."""
    return [_card(study, verdict) for verdict in study.verdicts if not verdict.question.ordered]


def _card(study: Study, verdict: Verdict) -> Card:
    axis = axis_name(verdict.question.axis)
    family = verdict.question.axis == "family"
    title = f"Values of {words.shorten(axis, 60)} against one another"
    if family:
        title = "Family against family, at equal cost"
    if not verdict.compared:
        return Card(title, waits="This waits for two points that can be compared, with seeds in common.")
    rows = [_row(study, compared) for compared in verdict.compared]
    data = _data(rows)
    alt = words.shorten(f"Differences of error with 95 % intervals. {'; '.join(map(_clause, rows))}.", 1200)
    stem = "families" if family else f"values-{''.join(c if c.isalnum() else '-' for c in axis)[:60]}"
    picture = Picture(stem, partial(draw_forest, rows[:MOST], study.frame.smallest), data, alt, 1.35 * ONE_COLUMN)
    return Card(title, (_cost_sentence(verdict, family),), picture, notes=_notes(study, verdict, family, len(rows)))


def _row(study: Study, compared: Compared) -> Row:
    samples = study.tuned.samples
    dots = []
    for pair in compared.contrast.pairs:
        difference = estimate(samples[pair.point] - samples[pair.other])
        dots.append(Dot(pair, difference.mean))
    return Row(comparison(compared.contrast), compared, tuple(dots))


def _clause(row: Row) -> str:
    return f"{row.name}: {words.outcome(row.compared.difference, row.compared.answer == 'no')}"


def _cost_sentence(verdict: Verdict, family: bool) -> str:
    """Describe what the points of a comparison have in common, and the ratio of their costs."""
    pairs = [pair for compared in verdict.compared for pair in compared.contrast.pairs]
    ratios = [pair.flops for pair in pairs if math.isfinite(pair.flops)]
    count = words.plural(len(pairs), "pair")
    if family:
        text = f"{count} of points, each with the one of the other family that is nearest in FLOPs"
    else:
        text = f"{count} of points that differ in {words.shorten(words.name(verdict.question.axis), 60)} alone"
    if not ratios or max(abs(ratio - 1) for ratio in ratios) < _ALIKE:
        return f"{text}."
    low, high = words.number(min(ratios)), words.number(max(ratios))
    spread = f"{low} ×" if low == high else f"{low} to {high} ×"
    return f"{text}: {spread} the FLOPs of that."


def _notes(study: Study, verdict: Verdict, family: bool, rows: int) -> tuple[str, ...]:
    notes = ["Large marks are mean differences with their 95 % intervals, small ones single pairs of points."]
    if verdict.together:
        notes[0] += f" The {len(verdict.compared)} intervals hold together."
    if math.isfinite(study.frame.smallest):
        notes.append(
            f"Shaded: differences smaller than {study.frame.smallest:g} {words.metric().points}, which do not matter."
        )
    if family:
        notes.append(
            "Points have equal cost where their FLOPs differ by a quarter at most; if none do, the nearest two."
        )
    if rows > MOST:
        notes.append(f"The first {MOST} of {rows} comparisons are drawn; the data hold all.")
    return tuple(notes)


def _data(rows: Sequence[Row]) -> pd.DataFrame:
    rows_of_data: list[dict[str, object]] = []
    for row in rows:
        compared = row.compared
        values = {"value": words.value(compared.contrast.value), "other": words.value(compared.contrast.other)}
        difference = compared.difference
        mean = {
            "difference": difference.mean,
            "low": difference.low,
            "high": difference.high,
            "n": difference.n,
            "answer": compared.answer,
        }
        rows_of_data.append({"role": "mean", **values, **mean})
        for dot in row.dots:
            pair = {"point": dot.pair.point, "other_point": dot.pair.other, "difference": dot.mean, "n": difference.n}
            rows_of_data.append({"role": "pair", **values, **pair, "flops": dot.pair.flops, "params": dot.pair.params})
    columns = ["role", "value", "other", "point", "other_point", "difference", "low", "high", "n", "answer"]
    blank = {"answer": "", "point": "", "other_point": ""}
    return pd.DataFrame(rows_of_data, columns=[*columns, "flops", "params"]).fillna(blank)
