"""Coordinates of points and settings, so that near ones share information."""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from sweep.search.posterior_scale import Array

#: A numeric axis is logarithmic where its largest value is this many times its smallest, or more.
LOG_RATIO = 4.0
#: Length of a numeric axis; two categories are sqrt(2) apart.
AXIS_LENGTH = 2.0


def point_features(points: Sequence[Mapping[str, Any]]) -> Array:
    """Coordinates of points, of shape (points, features), from axis name -> value of each point.

    A numeric axis is 2 long, logarithmic where it spans a ratio of 4. Another axis is a column for each of its values.
    A point without an axis lies in its middle, apart from those that have it. Equal columns count once.
    """
    columns: list[Array] = []
    for name in _names(points):
        values = [point.get(name) for point in points]
        present = [value for value in values if value is not None]
        if all(_is_number(value) for value in present):
            placed = _spread([float(value) for value in present], AXIS_LENGTH)
            middle = (min(placed) + max(placed)) / 2
            positions = iter(placed)
            columns.append(np.array([middle if value is None else next(positions) for value in values]))
            values = [value is None for value in values]
        columns += _one_column_each(values)
    return _distinct(columns, len(points))


def setting_features(settings: Sequence[Mapping[str, Any]]) -> Array:
    """Coordinates of settings, of shape (settings, features): neighbours in a list are 1 apart on average."""
    columns: list[Array] = []
    for name in _names(settings):
        values = [setting.get(name) for setting in settings]
        if all(_is_number(value) for value in values):
            numbers = [float(value) for value in values]  # type: ignore[arg-type]
            columns.append(np.array(_spread(numbers, len(set(numbers)) - 1)))
        else:
            columns += _one_column_each(values)
    return _distinct(columns, len(settings))


def _names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _spread(numbers: list[float], length: float) -> list[float]:
    """Numbers moved onto an interval of that length, on a log scale where they span a ratio."""
    smallest, largest = min(numbers), max(numbers)
    if smallest == largest:
        return [0.0] * len(numbers)
    if smallest > 0 and largest / smallest >= LOG_RATIO:
        numbers, smallest, largest = [math.log(each) for each in numbers], math.log(smallest), math.log(largest)
    return [length * (each - smallest) / (largest - smallest) for each in numbers]


def _one_column_each(values: list[Any]) -> list[Array]:
    """A column of zeros and ones for each distinct value; none where all are alike."""
    texts = [repr(value) for value in values]
    distinct = sorted(set(texts))
    return [np.array([float(text == each) for text in texts]) for each in distinct] if len(distinct) > 1 else []


def _distinct(columns: list[Array], rows: int) -> Array:
    distinct = {column.tobytes(): column for column in columns if np.ptp(column) > 0}
    return np.column_stack(list(distinct.values())) if distinct else np.zeros((rows, 0))
