"""Cards of error against an axis."""

import re
from collections.abc import Iterable, Sequence
from functools import partial

from sweep.analysis.curves import Curves, Panel
from sweep.analysis.estimates import Estimate
from sweep.analysis.question import main_axes
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.curves_figure import draw_curves, draw_tuned, shown
from sweep.report.cards.curves_panel import LINES
from sweep.report.cards.curves_sentences import (
    lines_sentence,
    mean_over,
    shared_sentence,
    taken_sentences,
    tuned_sentence,
)
from sweep.space.columns import axis_name

#: Curves that are drawn at most: with more of them the rest of the page would be hard to find.
MOST = 3
# only the first one is also drawn for one column: a figure takes a third of a second


def main_axis(study: Study) -> Iterable[Card]:
    """Make the card of error against the main axis: at shared settings, and tuned for each point."""
    title = f"Error against {words.name(study.axis or 'lambda')}"
    if study.axis is None:
        return [Card(title, waits="This waits for a sweep that varies λ or another numeric axis.")]
    if not study.curves:
        return [Card(title, waits=f"This waits for points that differ in {words.name(study.axis)} alone.")]
    nuisance = list(study.frame.nuisance)
    cards = []
    for i, curves in enumerate(study.curves[:MOST]):
        if (waits := _waits(study, curves)) is not None:
            cards.append(Card(_title(title, curves), waits=waits))
            continue
        picture = Picture(
            _stem(study.axis, i),
            partial(draw_curves, curves, nuisance),
            curves.to_frame(nuisance),
            _alt(curves, tuned=False),
            narrow=i == 0,
        )
        table = _spread_table(curves, nuisance)
        clear, unclear = taken_sentences(curves, nuisance)
        # the question about a main axis is answered at the top
        tuned = tuned_sentence(curves, nuisance) if i or study.axis not in main_axes(study.frame) else None
        sentences = [tuned, shared_sentence(curves, nuisance), lines_sentence(curves), *clear, unclear]
        cards.append(
            Card(
                _title(title, curves),
                tuple(filter(None, sentences)) or (f"One line for each {_by(curves)}.",),
                picture,
                (table,) if table else (),
                _notes(study, curves, nuisance, shown(curves), len(study.curves)),
            )
        )
    return cards


def second_axis(study: Study) -> Iterable[Card]:
    """Make the card of error against the second axis, one line a value of the main one, tuned."""
    if study.second is None:
        name = words.name("G" if study.axis == "lambda" else "a second axis")
        return [Card(f"Error against {name}", waits=f"This waits for a sweep that varies {name}.")]
    title = f"Error against {words.name(study.second)}"
    if not study.across:
        return [Card(title, waits=f"This waits for points that differ in {words.name(study.second)} alone.")]
    nuisance = list(study.frame.nuisance)
    cards = []
    for i, curves in enumerate(study.across[:MOST]):
        if (waits := _waits(study, curves)) is not None:
            cards.append(Card(_title(title, curves), waits=waits))
            continue
        tuned = f", each point at its own {words.nuisance(nuisance)}" if len(curves.panels) > 1 else ""
        sentences = [
            tuned_sentence(curves, nuisance),
            lines_sentence(curves),
            f"One line for each {_by(curves)}{tuned}.",
        ]
        picture = Picture(
            _stem(study.second, i),
            partial(draw_tuned, curves),
            curves.to_frame(nuisance),
            _alt(curves, tuned=True),
            narrow=i == 0,
        )
        notes = _notes(study, curves, nuisance, (curves.tuned,), len(study.across))
        cards.append(Card(_title(title, curves), tuple(filter(None, sentences)), picture, notes=notes))
    return cards


def _title(title: str, curves: Curves) -> str:
    return f"{title}, {words.shorten(words.fixed(curves.fixed), 120)}" if curves.fixed else title


def _by(curves: Curves) -> str:
    return words.name(curves.by) if curves.by else "family"


def _stem(axis: str, i: int) -> str:
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", axis_name(axis))[:60]
    return f"error-against-{safe}" + (f"-{i + 1}" if i else "")


def _waits(study: Study, curves: Curves) -> str | None:
    if any(spot.errors for panel in curves.panels for line in panel.lines for spot in line.spots):
        return None
    labels = {spot.point for line in curves.tuned.lines for spot in line.spots}
    rows = study.table[study.table["point"].isin(labels)]
    if rows["runs_missing"].any():
        return "This waits for the first of its runs to succeed."
    return "None of its runs succeeded."


_UNITS = {"error": "per cent", "loss": "nats"}


def _alt(curves: Curves, tuned: bool) -> str:
    """Describe the tuned curve point by point."""
    lines = []
    for line in curves.tuned.lines:
        name = words.equal(words.name(curves.by), line.by) if curves.by else line.family
        spots = ", ".join(f"{words.number(s.mean)} at {words.value(s.x)}" for s in line.spots)
        lines.append(f"{name}: {spots}.")
    level = curves.tuned.level
    base = f" Baseline {level.point}: {words.number(level.mean)}." if level else ""
    panels = "" if tuned or len(curves.panels) == 1 else f" in {len(shown(curves))} panels"
    chart = (
        f"Line chart of {words.metric().noun} in {_UNITS[words.metric().noun]} against {words.name(curves.x)}{panels}."
    )
    return words.shorten(f"{chart} Tuned means: {' '.join(lines)}{base}", 1200)


def _notes(
    study: Study, curves: Curves, nuisance: Sequence[str], drawn: Sequence[Panel], total: int
) -> tuple[str, ...]:
    """Explain the drawn panels; later cards on the page do not repeat the explanation of the first."""
    notes = []
    if curves is (*study.curves, *study.across)[0]:
        notes = _legend(study, curves, nuisance, drawn)
    elif curves is next(iter(study.across), None):
        notes = [f"Drawn as error against {words.name(study.axis or '')} is."]
    if 1 < len(drawn) < len(curves.panels):
        notes.append(
            f"Of {len(curves.panels) - 1} shared settings the first, the middle and the last are drawn; "
            "the data hold all."
        )
    if (lines := len(curves.tuned.lines)) > LINES:
        notes.append(f"Of {lines} lines {LINES} are drawn, evenly chosen; the data hold all.")
    if curves.fixed:
        notes.append(
            "Points that differ in another axis are never joined: each of its values has a card of its own"
            + (f", of which the first {MOST} of {total} are shown." if total > MOST else ".")
        )
    labels = {spot.point for line in curves.tuned.lines for spot in line.spots}
    baselines = set(study.table.loc[study.table["point"].isin(labels), "baseline"]) - {""}
    if len(baselines) > 1:
        notes.append("These points have different baselines, so no level is drawn.")
    if lone := [line for line in curves.tuned.lines if len(line.spots) == 1]:
        notes.append(f"{words.plural(len(lone), 'line')} with a single point {_is(len(lone))} drawn as its mark alone.")
    return tuple(notes)


def _legend(study: Study, curves: Curves, nuisance: Sequence[str], drawn: Sequence[Panel]) -> list[str]:
    """Explain dots, lines and bands, for all such cards."""
    lines = [line for group in (*study.curves, *study.across) for panel in group.panels for line in panel.lines]
    spots = [spot for line in lines for spot in line.spots if spot.errors]
    hollow = ", a hollow mark lacks a seed or a setting (failed, or not in yet)"
    notes = [f"Faint dots are seeds, lines join their means{'' if all(spot.whole for spot in spots) else hollow}."]
    if any(panel.level for panel in drawn):
        notes[0] += " The dashed line is the baseline, its band runs from its lowest seed to its highest."
    if len(curves.panels) > 1:
        tuned = words.nuisance(nuisance)
        notes.append(f"Tuned: at each seed, a point has the {tuned} that was best for it on the other seeds.")
    return notes


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _spread_table(curves: Curves, nuisance: Sequence[str]) -> Table | None:
    """Tabulate the spread of each line under each setting, and what tuning took away."""
    tuned = [spread for spread in curves.spreads if spread.setting is None]
    if len(curves.panels) == 1 or not tuned or not any(spread.spread.n for spread in curves.spreads):
        return None
    lines = [spread.line for spread in tuned]
    columns = [Column(words.nuisance(nuisance), numeric=False)]
    for line in lines:
        name = mean_over(curves)
        if line is not None:
            name = words.equal(words.name(curves.by), line[1]) if curves.by else line[0] or "spread"
        columns.append(Column(words.shorten(name, 40)))
    of = f", {columns[-1].title}" if len(lines) > 1 else ""
    columns.append(Column(f"taken away by tuning{of}"))
    rows = []
    for panel in curves.panels:
        by_line = {spread.line: spread for spread in curves.spreads if spread.setting == panel.setting}
        cells = [Cell("tuned for each point", mark="best")]
        if panel.setting is not None:
            text = words.which(nuisance, panel.setting).strip("()")
            cells = [Cell(f"{text} for all")]
        cells += [_estimate(by_line[line].spread) for line in lines]
        cells.append(Cell("") if panel.setting is None else _estimate(by_line[lines[-1]].taken))
        rows.append(tuple(cells))
    first = tuned[-1]
    caption = (
        f"{words.metric().noun.capitalize()} at {words.equal(words.name(curves.x), first.x_low)} less "
        f"{words.metric().noun} at {words.value(first.x_high)}, in {words.metric().points}, paired by seed, with 95 % "
        "intervals; bold where that excludes zero"
    )
    return Table(caption, tuple(columns), tuple(rows))


def _estimate(spread: Estimate) -> Cell:
    text = f"{words.signed(spread.mean)}{words.interval(spread)}" if spread.n else "–"
    return Cell(text, spread.mean, "clear" if spread.clear else "")
