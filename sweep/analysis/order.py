"""The points of a sweep in one fixed order, independent of the order of rows in the ledger."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import pandas as pd

from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame, once

#: What a network costs, the same for each of a point's runs.
COSTS = ("params", "flops", "activations", "training_flops")


#: What `sort_key` gives first for text.
_TEXT = 2


def is_blank(value: Any) -> bool:
    """Whether a cell is empty, because its axis does not apply: NaN, None or ''."""
    if value is None or value is pd.NA:
        return True
    return value == "" if isinstance(value, str) else isinstance(value, float) and math.isnan(value)


def is_number(value: Any) -> bool:
    """Whether a cell holds a number; True and False are not numbers here."""
    return isinstance(value, Real) and not isinstance(value, bool) and not is_blank(value)


def sort_key(value: Any) -> tuple[int, float, str]:
    """A key that sorts mixed cells: blanks, then numbers by size, then text."""
    if is_blank(value):
        return (0, 0.0, "")
    return (1, float(value), "") if is_number(value) else (_TEXT, 0.0, str(value))


def shown_key(frame: SweepFrame, column: str) -> Callable[[Any], tuple[int, float, str]]:
    """A key that sorts the cells of an axis or a nuisance as they are shown: text as the space lists it.

    Files keep the order of `sort_key`.
    """
    listed = frame.order.get(column, frame.nuisance.get(column, ()))
    ranks = {value: float(rank) for rank, value in enumerate(listed)}

    def key(value: Any) -> tuple[int, float, str]:
        kind, number, text = sort_key(value)
        return (kind, ranks.get(value, float(len(ranks))) if kind == _TEXT else number, text)

    return key


@once
def points(frame: SweepFrame) -> pd.DataFrame:
    """List the points, one row each: baselines first, then by axes in the space's order, then by label.

    Args:
        frame: the sweep.

    Returns:
        Columns `point`, the axes, those of `COSTS` that the frame has, `baseline`; a cost that no run of the point
        knows is NaN.
    """
    costs = [cost for cost in COSTS if cost in frame.runs]
    columns = ["point", *frame.axes, *costs, "baseline"]
    by_label: dict[str, dict[str, Any]] = {}
    for run in records(frame.runs[columns]):
        row = by_label.setdefault(run["point"], {str(name): value for name, value in run.items()})
        for cost in costs:
            if is_blank(row[cost]):
                row[cost] = run[cost]
    baselines = {row["baseline"] for row in by_label.values()}
    ordered = sorted(
        by_label.values(),
        key=lambda row: (
            row["point"] not in baselines,
            [sort_key(row[axis]) for axis in frame.axes],
            row["point"],
        ),
    )
    return pd.DataFrame(ordered, columns=columns)


@once
def numeric_axes(frame: SweepFrame) -> tuple[str, ...]:
    """Name the axes that hold numbers only and take at least two values, in the space's order."""
    numeric = []
    for axis in frame.axes:
        values = {value for value in frame.runs[axis].tolist() if not is_blank(value)}
        if len(values) > 1 and all(is_number(value) for value in values):
            numeric.append(axis)
    return tuple(numeric)
