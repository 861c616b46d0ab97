"""Each axis alone: the mean over the others and the best point at each value; and whether the grid ends too soon."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sweep.analysis.curves import PLANE
from sweep.analysis.estimates import Estimate, Sample, average, estimate, estimate_error
from sweep.analysis.order import is_blank, is_number, sort_key
from sweep.analysis.ranked import ranked
from sweep.analysis.records import records


@dataclass(frozen=True)
class Value:
    """The points that have one value of an axis."""

    value: Any
    points: int
    #: mean error over them, in per cent, over the seeds that all have
    mean: Estimate
    #: the point with the lowest mean error, and that error, which flatters: it is the lowest of several
    best: str
    best_mean: float


@dataclass(frozen=True)
class Isolation:
    """An axis alone."""

    axis: str
    #: by size, or in the order that was asked for
    values: tuple[Value, ...]
    #: whether each value has the same settings of all other axes; else the points differ in more than this axis
    balanced: bool
    #: mean error at the first value less that at the last, in points, paired by seed
    step: Estimate


@dataclass(frozen=True)
class Edge:
    """The best point's value on an axis is the smallest or largest that was tried: a better one may lie beyond."""

    axis: str
    value: float
    #: whether it is the largest; else the smallest
    largest: bool


def isolate(
    points: pd.DataFrame,
    samples: Mapping[str, Sample],
    axes: Sequence[str],
    keys: Mapping[str, Callable[[Any], Any]] | None = None,
    metric: str = "error",
) -> tuple[Isolation, ...]:
    """Average over all other axes, for each axis with two values or more.

    Settings of the other axes are averaged over only if they occur with every value of this axis, if there are any
    such. M, G and lambda determine one another, so for each of these axes one of the other two is not held fixed.

    Args:
        points: `Study.table`; points that are not settled or that lack a seed are left out.
        samples: `Tuned.samples`.
        axes: the sweep's.
        keys: by axis, what its values are sorted by, if not by size and then as text.
        metric: what points are judged by.

    Returns:
        In the order of the axes.
    """
    rows = [row for row in _fit(points) if row["point"] in samples]
    means = {row["point"]: row["mean"] for row in rows}
    isolations = []
    for axis in axes:
        fit_rows = [row for row in rows if not is_blank(row[axis])]
        values = sorted({row[axis] for row in fit_rows}, key=(keys or {}).get(axis, sort_key))
        if len(values) < 2:
            continue
        balanced_rows, balanced = _balance(fit_rows, axis, values, axes)
        by_value: dict[Any, list[str]] = {value: [] for value in values}
        for row in balanced_rows:
            by_value[row[axis]].append(row["point"])
        averaged = {value: average([samples[point] for point in names]) for value, names in by_value.items()}
        summaries = []
        for value, names in by_value.items():
            best = min(names, key=lambda point: (means[point], point))
            summaries.append(Value(value, len(names), estimate_error(averaged[value], metric), best, means[best]))
        step = estimate(averaged[values[0]] - averaged[values[-1]])
        isolations.append(Isolation(axis, tuple(summaries), balanced, step))
    return tuple(isolations)


def edges(points: pd.DataFrame, axes: Sequence[str]) -> tuple[str, tuple[Edge, ...]]:
    """Find the best point, and the axes of which it has the smallest or largest of three values or more.

    Args:
        points: `Study.table`; points that are not settled or that lack a seed are left out.
        axes: the sweep's; a value counts where its points are of the best one's family.

    Returns:
        The point, '' if there is none, and its edges.
    """
    rows = _fit(points)
    if not rows:
        return "", ()
    best = min(rows, key=lambda row: (row["mean"], row["point"]))
    family = [row for row in rows if row.get("family") == best.get("family")]
    at_edge = []
    for axis in axes:
        values = sorted({float(row[axis]) for row in family if is_number(row[axis])})
        if is_number(best[axis]) and len(values) > 2 and float(best[axis]) in (values[0], values[-1]):
            at_edge.append(Edge(axis, float(best[axis]), float(best[axis]) == values[-1]))
    return str(best["point"]), tuple(at_edge)


def _fit(points: pd.DataFrame) -> list[dict[str, Any]]:
    return records(ranked(points))


def _balance(
    rows: Sequence[Mapping[str, Any]], axis: str, values: Sequence[Any], axes: Sequence[str]
) -> tuple[list[Mapping[str, Any]], bool]:
    """Keep the points whose other axes come with every value; all points, and false, if there are none."""
    other_axes = [name for name in axes if name != axis]
    choices = [other_axes]
    if axis in PLANE:
        choices = [[name for name in other_axes if name != dropped] for dropped in PLANE if dropped in other_axes]
    most_rows: list[Mapping[str, Any]] = []
    for choice in choices or [other_axes]:
        settings = [_rest(row, choice) for row in rows]
        with_values: dict[tuple[Any, ...], set[Any]] = {}
        for row, setting in zip(rows, settings, strict=True):
            with_values.setdefault(setting, set()).add(row[axis])
        complete_rows = [
            row for row, setting in zip(rows, settings, strict=True) if len(with_values[setting]) == len(values)
        ]
        if len(complete_rows) > len(most_rows):
            most_rows = complete_rows
    return (most_rows, True) if most_rows else (list(rows), False)


def _rest(row: Mapping[str, Any], axes: Sequence[str]) -> tuple[Any, ...]:
    return tuple("" if is_blank(row[axis]) else row[axis] for axis in axes)
