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

#: Axes, and values of each, that are shown at most.
MOST, VALUES = 6, 12


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Each axis alone"
    isolations = study.isolations[:MOST]
    if not isolations:
        return [Card(title, waits="This waits for finished points at two values of an axis.")]
    sentences = [_sentence(isolation) for isolation in isolations if isolation.balanced and isolation.step.n > 1] or [
        "No axis has two values with all other axes equal, so no axis can be shown alone."
    ]
    picture = Picture(
        "isolation",
        partial(draw_isolation, isolations),
        _data(isolations),
        f"Error against each axis alone. {words.shorten(sentences[0], 300)}",
    )
    notes = [
        "Mean: over the points that have this value, of those settings of the other axes that come with every value, "
        "with its 95 % interval over seeds. Best: the lowest mean error of these points, which flatters. "
        "Each interval is of one value, or of one step, by itself."
    ]
    if any(value.mean.low < 0 for isolation in isolations for value in isolation.values):
        notes.append("An arrow at zero: the interval continues below zero, which is impossible; use more seeds.")
    if lone := [words.name(isolation.axis) for isolation in isolations if not isolation.balanced]:
        notes.append(f"Points that differ in {words.several(lone)} differ in other axes as well.")
    return [Card(title, tuple(sentences), picture, tuple(_table(isolation) for isolation in isolations), tuple(notes))]


def edge_sentence(study: Study) -> str | None:
    """Warn that the best point lies at the edge of the grid; None if it does not."""
    best, edges = study.edges
    if not edges:
        return None
    ends = [
        f"{words.equal(words.name(edge.axis), edge.value)} is the {'largest' if edge.largest else 'smallest'} tried"
        for edge in edges
    ]
    return (
        f"The best point, {words.shorten(best, 60)}, lies at the edge of the grid ({words.several(ends)}): a better "
        "one may lie beyond."
    )


def _sentence(isolation: Isolation) -> str:
    """Describe the mean effect of going from an axis' first value to its last."""
    first, last = isolation.values[0], isolation.values[-1]
    high, low = (words.equal(words.name(isolation.axis), end.value) for end in (last, first))
    return (
        f"{words.verdict(high, low, words.turned(isolation.step))} (mean over "
        f"{words.plural(first.points, 'setting')} of the other axes; {words.seeds(isolation.step)})."
    )


def _mean(value: Value) -> Cell:
    interval = words.error_interval(value.mean) if value.mean.n > 1 else ""
    return Cell(f"{words.number(value.mean.mean)}{interval}", value.mean.mean)


def _table(isolation: Isolation) -> Table:
    rows = [
        (
            Cell(words.shorten(words.value(value.value), 40)),
            Cell(str(value.points), value.points),
            _mean(value),
            Cell(f"{words.number(value.best_mean)} ({words.shorten(value.best, 60)})", value.best_mean),
        )
        for value in isolation.values[:VALUES]
    ]
    name = words.name(isolation.axis)
    cut = f", the first {VALUES} of {len(isolation.values)} values" if len(isolation.values) > VALUES else ""
    noun, unit = words.metric().noun, words.metric().unit
    heads = (Column(name, numeric=False), Column("points"), Column(f"mean {noun}, {unit}"), Column(f"best, {unit}"))
    return Table(f"{name}: mean error over the other axes, with 95 % intervals, and the best{cut}", heads, tuple(rows))


def _data(isolations: Iterable[Isolation]) -> pd.DataFrame:
    rows = [
        {
            "axis": axis_name(isolation.axis),
            "value": value.value,
            "balanced": isolation.balanced,
            "points": value.points,
        }
        | write(value.mean)
        | {"best": value.best, "best_mean": value.best_mean}
        for isolation in isolations
        for value in sorted(isolation.values, key=lambda value: sort_key(value.value))
    ]
    return pd.DataFrame(rows)
