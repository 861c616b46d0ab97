"""What a sweep is asked: the comparisons that `main` of its space makes, as pairs of points.

A numeric axis is asked about at its ends: the largest value against the smallest, at equal rest. A categorical axis is
asked about value by value: each against that of the baseline, or all against one another where the baseline has none.
Points of a pair have the same value of every other axis that both have. Families differ in which axes they have, so
they are compared at equal cost: each point with the one of the other family that is nearest in FLOPs.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from sweep.analysis.order import is_blank, is_number, points, shown_key
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame, once
from sweep.space.columns import axis_name
from sweep.space.names import FAMILY_AXES

#: WeightNet's plane: any two of these axes determine the third. Where one is asked about, the first of its others
#: follows and the second is held.
_PLANE = {"lambda": ("M", "G"), "M": ("lambda", "G"), "G": ("M", "lambda")}
#: Points whose FLOPs differ by no more than this factor have equal cost.
EQUAL_COST = 1.25
#: More values than these are not compared each with each: the first is what others are compared with.
MOST_VALUES = 6
#: So many pairs are looked at one by one, and so many pairs of values of a numeric axis are tried.
MOST_PAIRS, MOST_ENDS = 250_000, 100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two points that are compared."""

    point: str
    other: str
    #: the other axes that both have, with the value that both have; of families only where it is the same
    rest: Mapping[str, Any]
    #: FLOPs and parameters of the first over those of the second; NaN if not known
    flops: float
    params: float


@dataclass(frozen=True)
class Contrast:
    """One value of an axis against another: the mean difference of error over pairs of points."""

    #: the column of the axis
    axis: str
    value: Any
    other: Any
    pairs: tuple[Pair, ...]

    @property
    def weights(self) -> dict[str, float]:
        """What each point counts in the difference; the weights sum to zero."""
        found: dict[str, float] = {}
        for pair in self.pairs:
            for point, sign in ((pair.point, 1), (pair.other, -1)):
                found[point] = found.get(point, 0.0) + sign / len(self.pairs)
        return found

    @property
    def points(self) -> tuple[str, ...]:
        """All points of its pairs, each once."""
        return tuple(dict.fromkeys(point for pair in self.pairs for point in (pair.point, pair.other)))


@dataclass(frozen=True)
class Question:
    """What is asked about one axis."""

    axis: str
    #: whether its values are numbers, so that it is asked about at its ends
    ordered: bool
    #: its values as they are shown
    values: tuple[Any, ...]
    #: the value that the others are compared with, if it is one
    against: Any
    #: empty if no two points can be compared
    contrasts: tuple[Contrast, ...]


def main_axes(frame: SweepFrame) -> tuple[str, ...]:
    """Name the columns of the axes that the sweep is about.

    Those that `main` names; if it names none: family, or the first other categorical axis, lambda, or the first axis,
    whichever of these varies first.
    """
    varying = {axis: _values(frame, axis) for axis in frame.axes}
    varying = {axis: values for axis, values in varying.items() if len(values) > 1}
    if frame.main:
        return tuple(axis for name in frame.main for axis in varying if axis_name(axis) == name)
    text = [axis for axis, values in varying.items() if not all(map(is_number, values))]
    first = [axis for axis in ("family", *text, "lambda", *varying) if axis in varying]
    return tuple(first[:1])


@once
def questions(frame: SweepFrame) -> tuple[Question, ...]:
    """List what is asked about each main axis, in the order of `main_axes`."""
    rows = [{str(name): value for name, value in row.items()} for row in records(points(frame))]
    return tuple(_question(frame, rows, axis) for axis in main_axes(frame))


def contrasts(frame: SweepFrame) -> tuple[Contrast, ...]:
    """List every comparison that the main axes make."""
    return tuple(contrast for question in questions(frame) for contrast in question.contrasts)


def _values(frame: SweepFrame, axis: str) -> list[Any]:
    """List the values of an axis as they are shown."""
    column = frame.runs[axis]
    return sorted(dict.fromkeys(value for value in column.tolist() if not is_blank(value)), key=shown_key(frame, axis))


def _question(frame: SweepFrame, rows: Sequence[Row], axis: str) -> Question:
    values = _values(frame, axis)
    by_value: dict[Any, list[Row]] = {value: [] for value in values}
    for row in rows:
        if not is_blank(row[axis]):
            by_value[row[axis]].append(row)
    ordered = all(map(is_number, values))
    against = None
    found: list[Contrast] = []
    if ordered:
        for low, high in islice(_widest(values), MOST_ENDS):
            if pairs := _pairs(frame, by_value[high], by_value[low], axis):
                found, against = [Contrast(axis, high, low, pairs)], low
                break
    else:
        baselines = {row["baseline"] for row in rows} - {""}
        held = {row[axis] for row in rows if row["point"] in baselines and not is_blank(row[axis])}
        if len(held) == 1 or len(values) > MOST_VALUES:
            against = held.pop() if len(held) == 1 else values[0]
        asked = [(one, against) for one in values if one != against]
        if against is None:
            asked = [(two, one) for one, two in combinations(values, 2)]
        for one, two in asked:
            if pairs := _pairs(frame, by_value[one], by_value[two], axis):
                found.append(Contrast(axis, one, two, pairs))
    return Question(axis, ordered, tuple(values), against, tuple(found))


def _widest(values: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Yield pairs of values, those that lie furthest apart in the order of values first."""
    for step in range(len(values) - 1, 0, -1):
        yield from ((values[i], values[i + step]) for i in range(len(values) - step))


def _pairs(frame: SweepFrame, first: Sequence[Row], second: Sequence[Row], axis: str) -> tuple[Pair, ...]:
    """Pair points that have one value of an axis with points that have another."""
    if axis == "family":
        return _at_equal_cost(frame, first, second)
    others = [other for other in frame.axes if other != axis]
    choices = [others]
    if axis in _PLANE:
        choices = [[other for other in others if other != left] for left in _PLANE[axis] if left in others] or choices
    found = [_at_equal_rest(first, second, choice) for choice in choices]
    return max(found, key=len)


def _at_equal_rest(first: Sequence[Row], second: Sequence[Row], others: Sequence[str]) -> tuple[Pair, ...]:
    """Pair each point of the value that has more of them with the nearest in FLOPs of those that agree with it."""
    found = [_nearest(first, second, others)]
    if len(second) > len(first):
        found.append([(one, two) for two, one in _nearest(second, first, others)])
    return tuple(_pair(one, two, others) for one, two in max(found, key=len))


def _nearest(many: Sequence[Row], few: Sequence[Row], others: Sequence[str]) -> list[tuple[Row, Row]]:
    by_rest: dict[tuple[Any, ...], list[Row]] = {}
    for row in few:
        by_rest.setdefault(_rest(row, others), []).append(row)
    fits = [by_rest.get(_rest(row, others), []) for row in many]
    if not any(fits) and len(many) * len(few) <= MOST_PAIRS:
        # of an axis that only one of them has, any value will do
        fits = [[other for other in few if _agree(row, other, others)] for row in many]
    return [(row, min(fit, key=lambda other: _apart(row, other))) for row, fit in zip(many, fits, strict=True) if fit]


def _at_equal_cost(frame: SweepFrame, first: Sequence[Row], second: Sequence[Row]) -> tuple[Pair, ...]:
    """Pair each point of the family that has more points with the one of the other that is nearest in FLOPs.

    Of those at equal cost one at equal rest is preferred. Where no pair has equal cost, the nearest one is all.
    """
    others = [other for other in frame.axes if other not in FAMILY_AXES]
    turned = len(second) > len(first)
    many, few = (second, first) if turned else (first, second)
    few = sorted(few, key=lambda row: (_flops(row), row["point"]))
    costs = [_flops(row) for row in few]
    by_rest: dict[tuple[Any, ...], list[Row]] = {}
    for row in few:
        by_rest.setdefault(_rest(row, others), []).append(row)
    pairs = []
    for row in many:
        at = bisect_left(costs, _flops(row))
        near = min(few[max(0, at - 1) : at + 1] or few, key=lambda other: _apart(row, other))
        alike = min(by_rest.get(_rest(row, others), ()), key=lambda other: _apart(row, other), default=near)
        near = alike if _apart(row, alike) <= math.log(EQUAL_COST) else near
        pairs.append((near, row) if turned else (row, near))
    equal = [pair for pair in pairs if _apart(*pair) <= math.log(EQUAL_COST)]
    chosen = equal or sorted(pairs, key=lambda pair: (_apart(*pair), pair[0]["point"], pair[1]["point"]))[:1]
    return tuple(_pair(*pair, others) for pair in chosen)


def _rest(row: Row, axes: Sequence[str]) -> tuple[Any, ...]:
    return tuple("" if is_blank(row[axis]) else row[axis] for axis in axes)


def _agree(one: Row, two: Row, axes: Sequence[str]) -> bool:
    """Whether two points have the same value of each axis that both have."""
    return all(is_blank(one[axis]) or is_blank(two[axis]) or one[axis] == two[axis] for axis in axes)


def _flops(row: Row) -> float:
    flops = float(row.get("flops", math.nan))
    return flops if flops > 0 else math.inf


def _apart(one: Row, two: Row) -> float:
    """How far apart the FLOPs of two points are, as the size of the logarithm of their ratio; inf if not known."""
    ratio = _ratio(one, two, "flops")
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def _ratio(one: Row, two: Row, cost: str) -> float:
    first, second = float(one.get(cost, math.nan)), float(two.get(cost, math.nan))
    return first / second if first > 0 and second > 0 else math.nan


def _pair(one: Row, two: Row, others: Sequence[str]) -> Pair:
    rest = {axis: one[axis] for axis in others if not is_blank(one[axis]) and one[axis] == two[axis]}
    return Pair(one["point"], two["point"], rest, _ratio(one, two, "flops"), _ratio(one, two, "params"))
