"""The questions of a sweep: the comparisons along its main axes, as pairs of points.

A numeric axis is compared at its ends: the largest value against the smallest, all other axes equal. On a categorical
axis each value is compared with the baseline's, or all with one another if the baseline has none.
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

#: WeightNet's plane: any two of these axes determine the third. For a question about one of them, the first axis listed
#: here follows and the second is held fixed.
_PLANE = {"lambda": ("M", "G"), "M": ("lambda", "G"), "G": ("M", "lambda")}
#: Points whose FLOPs differ by no more than this factor have equal cost.
EQUAL_COST = 1.25
#: With more values than these, all are compared with the first one instead of with one another.
MOST_VALUES = 6
#: Limits: pairs of points that are compared one by one, and pairs of values of a numeric axis that are tried.
MOST_PAIRS, MOST_ENDS = 250_000, 100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two points that are compared."""

    point: str
    other: str
    #: the other axes on which both have the same value, and that value
    shared: Mapping[str, Any]
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
        """The weight of each point in the difference; the weights sum to zero."""
        weights: dict[str, float] = {}
        for pair in self.pairs:
            for point, sign in ((pair.point, 1), (pair.other, -1)):
                weights[point] = weights.get(point, 0.0) + sign / len(self.pairs)
        return weights

    @property
    def points(self) -> tuple[str, ...]:
        """All points of its pairs, each once."""
        return tuple(dict.fromkeys(point for pair in self.pairs for point in (pair.point, pair.other)))


@dataclass(frozen=True)
class Question:
    """The question about one axis."""

    axis: str
    #: whether its values are numbers, so that it is compared at its ends
    ordered: bool
    #: its values in the order of display
    values: tuple[Any, ...]
    #: the value that the others are compared with; None if there is no such value
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
    """List the question about each main axis, in the order of `main_axes`."""
    rows = [{str(name): value for name, value in row.items()} for row in records(points(frame))]
    return tuple(_question(frame, rows, axis) for axis in main_axes(frame))


def contrasts(frame: SweepFrame) -> tuple[Contrast, ...]:
    """List every comparison that the main axes make."""
    return tuple(contrast for question in questions(frame) for contrast in question.contrasts)


def _values(frame: SweepFrame, axis: str) -> list[Any]:
    """List the values of an axis in the order of display."""
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
    result: list[Contrast] = []
    if ordered:
        for low, high in islice(_widest(values), MOST_ENDS):
            if pairs := _pairs(frame, by_value[high], by_value[low], axis):
                result, against = [Contrast(axis, high, low, pairs)], low
                break
    else:
        baselines = {row["baseline"] for row in rows} - {""}
        baseline_values = {row[axis] for row in rows if row["point"] in baselines and not is_blank(row[axis])}
        if len(baseline_values) == 1 or len(values) > MOST_VALUES:
            against = baseline_values.pop() if len(baseline_values) == 1 else values[0]
        pairs_of_values = [(value, against) for value in values if value != against]
        if against is None:
            pairs_of_values = [(second, first) for first, second in combinations(values, 2)]
        for first, second in pairs_of_values:
            if pairs := _pairs(frame, by_value[first], by_value[second], axis):
                result.append(Contrast(axis, first, second, pairs))
    return Question(axis, ordered, tuple(values), against, tuple(result))


def _widest(values: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Yield pairs of values, those that lie furthest apart in the order of values first."""
    for step in range(len(values) - 1, 0, -1):
        yield from ((values[i], values[i + step]) for i in range(len(values) - step))


def _pairs(frame: SweepFrame, first: Sequence[Row], second: Sequence[Row], axis: str) -> tuple[Pair, ...]:
    """Pair points that have one value of an axis with points that have another."""
    if axis == "family":
        return _at_equal_cost(frame, first, second)
    other_axes = [name for name in frame.axes if name != axis]
    choices = [other_axes]
    if axis in _PLANE:
        choices = [
            [name for name in other_axes if name != dropped] for dropped in _PLANE[axis] if dropped in other_axes
        ] or choices
    candidates = [_at_equal_rest(first, second, choice) for choice in choices]
    return max(candidates, key=len)


def _at_equal_rest(first: Sequence[Row], second: Sequence[Row], other_axes: Sequence[str]) -> tuple[Pair, ...]:
    """Pair each point of the value that has more points with the matching point that is nearest in FLOPs."""
    candidates = [_nearest(first, second, other_axes)]
    if len(second) > len(first):
        candidates.append([(row, match) for match, row in _nearest(second, first, other_axes)])
    return tuple(_pair(row, match, other_axes) for row, match in max(candidates, key=len))


def _nearest(rows: Sequence[Row], candidates: Sequence[Row], other_axes: Sequence[str]) -> list[tuple[Row, Row]]:
    by_setting: dict[tuple[Any, ...], list[Row]] = {}
    for row in candidates:
        by_setting.setdefault(_rest(row, other_axes), []).append(row)
    matches = [by_setting.get(_rest(row, other_axes), []) for row in rows]
    if not any(matches) and len(rows) * len(candidates) <= MOST_PAIRS:
        # an axis that only one of the two points has does not matter
        matches = [[candidate for candidate in candidates if _agree(row, candidate, other_axes)] for row in rows]
    return [
        (row, min(choices, key=lambda candidate: _apart(row, candidate)))
        for row, choices in zip(rows, matches, strict=True)
        if choices
    ]


def _at_equal_cost(frame: SweepFrame, first: Sequence[Row], second: Sequence[Row]) -> tuple[Pair, ...]:
    """Pair each point of the family that has more points with the one of the other that is nearest in FLOPs.

    Among points at equal cost one with equal other axes is preferred. If no pair has equal cost, only the nearest pair
    is kept.
    """
    other_axes = [name for name in frame.axes if name not in FAMILY_AXES]
    is_swapped = len(second) > len(first)
    rows, candidates = (second, first) if is_swapped else (first, second)
    candidates = sorted(candidates, key=lambda row: (_flops(row), row["point"]))
    costs = [_flops(row) for row in candidates]
    by_setting: dict[tuple[Any, ...], list[Row]] = {}
    for row in candidates:
        by_setting.setdefault(_rest(row, other_axes), []).append(row)
    pairs = []
    for row in rows:
        at = bisect_left(costs, _flops(row))
        nearest = min(candidates[max(0, at - 1) : at + 1] or candidates, key=lambda candidate: _apart(row, candidate))
        same_setting = min(
            by_setting.get(_rest(row, other_axes), ()), key=lambda candidate: _apart(row, candidate), default=nearest
        )
        nearest = same_setting if _apart(row, same_setting) <= math.log(EQUAL_COST) else nearest
        pairs.append((nearest, row) if is_swapped else (row, nearest))
    equal = [pair for pair in pairs if _apart(*pair) <= math.log(EQUAL_COST)]
    chosen = equal or sorted(pairs, key=lambda pair: (_apart(*pair), pair[0]["point"], pair[1]["point"]))[:1]
    return tuple(_pair(*pair, other_axes) for pair in chosen)


def _rest(row: Row, axes: Sequence[str]) -> tuple[Any, ...]:
    return tuple("" if is_blank(row[axis]) else row[axis] for axis in axes)


def _agree(first: Row, second: Row, axes: Sequence[str]) -> bool:
    """Whether two points have the same value of each axis that both have."""
    return all(is_blank(first[axis]) or is_blank(second[axis]) or first[axis] == second[axis] for axis in axes)


def _flops(row: Row) -> float:
    flops = float(row.get("flops", math.nan))
    return flops if flops > 0 else math.inf


def _apart(first: Row, second: Row) -> float:
    """The distance of two points in FLOPs: the absolute logarithm of their ratio; inf if not known."""
    ratio = _ratio(first, second, "flops")
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def _ratio(first: Row, second: Row, cost: str) -> float:
    numerator, denominator = float(first.get(cost, math.nan)), float(second.get(cost, math.nan))
    return numerator / denominator if numerator > 0 and denominator > 0 else math.nan


def _pair(first: Row, second: Row, other_axes: Sequence[str]) -> Pair:
    shared_values = {
        axis: first[axis] for axis in other_axes if not is_blank(first[axis]) and first[axis] == second[axis]
    }
    return Pair(
        first["point"], second["point"], shared_values, _ratio(first, second, "flops"), _ratio(first, second, "params")
    )
