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
    #: the one with the lowest mean error, and that; the lowest of several and so flattered
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
    """The best point has an axis at an end of the values that the sweep tries, so a better one may lie beyond."""

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

    Only those settings of the other axes are averaged over that come with every value of the axis, if there are any.
    Of M, G and lambda two determine the third, so of these one is no other axis of the rest where it would be.

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
    found = []
    for axis in axes:
        mine = [row for row in rows if not is_blank(row[axis])]
        values = sorted({row[axis] for row in mine}, key=(keys or {}).get(axis, sort_key))
        if len(values) < 2:
            continue
        kept, balanced = _balance(mine, axis, values, axes)
        by_value: dict[Any, list[str]] = {value: [] for value in values}
        for row in kept:
            by_value[row[axis]].append(row["point"])
        averaged = {value: average([samples[point] for point in names]) for value, names in by_value.items()}
        told = []
        for value, names in by_value.items():
            best = min(names, key=lambda point: (means[point], point))
            told.append(Value(value, len(names), estimate_error(averaged[value], metric), best, means[best]))
        step = estimate(averaged[values[0]] - averaged[values[-1]])
        found.append(Isolation(axis, tuple(told), balanced, step))
    return tuple(found)


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
    found = []
    for axis in axes:
        values = sorted({float(row[axis]) for row in family if is_number(row[axis])})
        if is_number(best[axis]) and len(values) > 2 and float(best[axis]) in (values[0], values[-1]):
            found.append(Edge(axis, float(best[axis]), float(best[axis]) == values[-1]))
    return str(best["point"]), tuple(found)


def _fit(points: pd.DataFrame) -> list[dict[str, Any]]:
    return records(ranked(points))


def _balance(
    rows: Sequence[Mapping[str, Any]], axis: str, values: Sequence[Any], axes: Sequence[str]
) -> tuple[list[Mapping[str, Any]], bool]:
    """Keep the points whose other axes come with every value; all points, and false, if there are none."""
    others = [other for other in axes if other != axis]
    choices = [others]
    if axis in PLANE:
        choices = [[other for other in others if other != left] for left in PLANE if left in others]
    most: list[Mapping[str, Any]] = []
    for choice in choices or [others]:
        rests = [_rest(row, choice) for row in rows]
        with_values: dict[tuple[Any, ...], set[Any]] = {}
        for row, rest in zip(rows, rests, strict=True):
            with_values.setdefault(rest, set()).add(row[axis])
        kept = [row for row, rest in zip(rows, rests, strict=True) if len(with_values[rest]) == len(values)]
        if len(kept) > len(most):
            most = kept
    return (most, True) if most else (list(rows), False)


def _rest(row: Mapping[str, Any], axes: Sequence[str]) -> tuple[Any, ...]:
    return tuple("" if is_blank(row[axis]) else row[axis] for axis in axes)
