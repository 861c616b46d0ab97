"""The card of each axis alone: the mean over the others, and the best, at each of its values."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from sweep.analysis.estimates import write
from sweep.analysis.isolation import Isolation, Value
from sweep.analysis.order import sort_key
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.isolation_figure import draw_isolation
from sweep.space.columns import axis_name

#: More axes than these would hide the rest of the page, and of an axis more values.
MOST, VALUES = 6, 12


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Each axis alone"
    isolations = study.isolations[:MOST]
    if not isolations:
        return [Card(title, waits="This waits for finished points at two values of an axis.")]
    says = [_sentence(one) for one in isolations if one.balanced and one.step.n > 1] or [
        "No axis has two values at which all else is the same, so none can be seen alone."
    ]
    picture = Picture(
        "isolation",
        partial(draw_isolation, isolations),
        _data(isolations),
        f"Error against each axis alone. {words.shorten(says[0], 300)}",
    )
    notes = [
        "Mean: over the points that have this value, of those settings of the other axes that come with every value, "
        "with its 95 % interval over seeds. Best: the lowest mean error of these points, which flatters. "
        "Each interval is of one value, or of one step, by itself."
    ]
    if any(value.mean.low < 0 for one in isolations for value in one.values):
        notes.append("An arrow at zero: the interval goes on below, where no error is; more seeds would narrow it.")
    if lone := [words.name(one.axis) for one in isolations if not one.balanced]:
        notes.append(f"Points that differ in {words.several(lone)} differ in other axes as well.")
    return [Card(title, tuple(says), picture, tuple(_table(one) for one in isolations), tuple(notes))]


def edge_sentence(study: Study) -> str | None:
    """Warn that the best point lies where the grid ends; None if it does not."""
    best, edges = study.edges
    if not edges:
        return None
    ends = [
        f"{words.equal(words.name(one.axis), one.value)} is the {'largest' if one.largest else 'smallest'} tried"
        for one in edges
    ]
    return (
        f"The best point, {words.shorten(best, 60)}, lies at the edge of the grid ({words.several(ends)}): a better "
        "one may lie beyond."
    )


def _sentence(one: Isolation) -> str:
    """Say what going from an axis' first value to its last does on average."""
    first, last = one.values[0], one.values[-1]
    high, low = (words.equal(words.name(one.axis), end.value) for end in (last, first))
    return (
        f"{words.verdict(high, low, words.turned(one.step))} (mean over {words.plural(first.points, 'setting')} of the "
        f"other axes; {words.seeds(one.step)})."
    )


def _mean(value: Value) -> Cell:
    interval = words.error_interval(value.mean) if value.mean.n > 1 else ""
    return Cell(f"{words.number(value.mean.mean)}{interval}", value.mean.mean)


def _table(one: Isolation) -> Table:
    rows = [
        (
            Cell(words.shorten(words.value(value.value), 40)),
            Cell(str(value.points), value.points),
            _mean(value),
            Cell(f"{words.number(value.best_mean)} ({words.shorten(value.best, 60)})", value.best_mean),
        )
        for value in one.values[:VALUES]
    ]
    name = words.name(one.axis)
    cut = f", the first {VALUES} of {len(one.values)} values" if len(one.values) > VALUES else ""
    noun, unit = words.metric().noun, words.metric().unit
    heads = (Column(name, numeric=False), Column("points"), Column(f"mean {noun}, {unit}"), Column(f"best, {unit}"))
    return Table(f"{name}: mean error over the other axes, with 95 % intervals, and the best{cut}", heads, tuple(rows))


def _data(isolations: Iterable[Isolation]) -> pd.DataFrame:
    rows = [
        {"axis": axis_name(one.axis), "value": value.value, "balanced": one.balanced, "points": value.points}
        | write(value.mean)
        | {"best": value.best, "best_mean": value.best_mean}
        for one in isolations
        for value in sorted(one.values, key=lambda value: sort_key(value.value))
    ]
    return pd.DataFrame(rows)
