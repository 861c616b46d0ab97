"""Lays out figures of one and of two columns: a legend below, panels above it."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.report.style import TWO_COLUMNS


def panels(
    count: int, width: float, keys: Sequence[Line2D], height: float = 2.1, columns: int | None = None, head: float = 0.0
) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels with a legend below them.

    Args:
        count: how many panels.
        width: of the figure, in inches.
        keys: of the legend.
        height: of a panel, in inches.
        columns: how many stand beside one another; all of them in two columns of a paper and one in one, if not given.
        head: room above each row, in inches.
    """
    columns = columns or (count if width >= TWO_COLUMNS else 1)
    rows = -(-count // columns)
    below = bottom(keys, width)
    gap = 0.42 + head
    total = below + height * rows + gap * (rows - 1) + head + 0.08
    figure = Figure(figsize=(width, total), dpi=72)
    grid = figure.add_gridspec(
        rows,
        columns,
        left=0.5 / width,
        right=1 - 0.1 / width,
        top=1 - (0.08 + head) / total,
        bottom=below / total,
        wspace=0.07,
        hspace=gap / height,
    )
    axes = [figure.add_subplot(grid[i // columns, i % columns]) for i in range(count)]
    legend(figure, keys)
    return figure, axes


def _columns(keys: Sequence[Line2D], width: float) -> int:
    """Find how many keys fit beside one another in a figure so many inches wide."""
    inches = [0.62 + 0.058 * len(str(key.get_label())) for key in keys]
    for columns in range(len(keys), 1, -1):
        rows = math.ceil(len(keys) / columns)
        # Keys run down each column, and a column is as wide as its widest.
        if sum(max(inches[i : i + rows]) for i in range(0, len(keys), rows)) <= width:
            return math.ceil(len(keys) / rows)  # rows of equal length
    return 1


def bottom(keys: Sequence[Line2D], width: float) -> float:
    """Tell how many inches a legend takes with the labels of an axis above it."""
    return 0.44 + 0.155 * math.ceil(len(keys) / _columns(keys, width))


def legend(figure: Figure, keys: Sequence[Line2D]) -> None:
    """Write a legend at the foot of a figure."""
    figure.legend(
        handles=keys,
        loc="lower center",
        ncols=_columns(keys, figure.get_figwidth()),
        bbox_to_anchor=(0.5, 0.0),
        borderaxespad=0.15,
        handlelength=2.6,
        columnspacing=1.6,
        labelspacing=0.35,
    )
