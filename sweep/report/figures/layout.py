"""Lays out figures of one and of two columns: a legend below, panels above it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.report.figures.style import TWO_COLUMNS, distinct, text_width

#: Limits of names: characters of level ones, characters of turned ones, and how many level ones fit.
LEVEL, TURNED, MOST_LEVEL = 12, 22, 6
#: Room to the left of the first panel, in inches.
MARGIN = 0.5


def panels(
    count: int,
    width: float,
    keys: Sequence[Line2D],
    height: float = 2.1,
    columns: int | None = None,
    head: float = 0.0,
    foot: float = 0.0,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels with a legend below them.

    Args:
        count: how many panels.
        width: of the figure, in inches.
        keys: of the legend.
        height: of a panel, in inches.
        columns: panels in a row; if not given, all of them in a wide figure and one in a narrow one.
        head: room above each row, in inches.
        foot: room below each row, beyond what level labels of an axis take, in inches.
    """
    columns = columns or (count if width >= TWO_COLUMNS else 1)
    rows = -(-count // columns)
    below = bottom(keys, width) + foot
    gap = 0.42 + head + foot
    total = below + height * rows + gap * (rows - 1) + head + 0.08
    figure = Figure(figsize=(width, total), dpi=72)
    grid = figure.add_gridspec(
        rows,
        columns,
        left=MARGIN / width,
        right=1 - 0.1 / width,
        top=1 - (0.08 + head) / total,
        bottom=below / total,
        wspace=0.07,
        hspace=gap / height,
    )
    axes = [figure.add_subplot(grid[i // columns, i % columns]) for i in range(count)]
    legend(figure, keys)
    return figure, axes


@dataclass(frozen=True)
class Names:
    """The names of values at the ticks of an axis: their texts, rotation and the room that they take."""

    #: positions and texts, in order
    ticks: tuple[tuple[int, str], ...]
    #: in degrees
    turned: int
    #: beyond what level names take, in inches
    foot: float

    def write(self, ax: Axes) -> None:
        """Write them at the ticks of x."""
        ax.set_xticks([at for at, _ in self.ticks], [text for _, text in self.ticks])
        if self.turned:
            for label in ax.get_xticklabels():
                label.set(rotation=self.turned, ha="center" if self.turned == 90 else "right", rotation_mode="anchor")
                if self.turned == 90:
                    label.set(va="center", ha="right")


def fit_names(names: Sequence[str], room: float) -> Names:
    """Find how names fit side by side below an axis: level, slanted, or upright, and not all of them if need be.

    Call it under `look()`.

    Args:
        names: of values that stand evenly apart.
        room: the width of the axis, in inches.
    """
    size = float(mpl.rcParams["xtick.labelsize"]) / 72
    cut = distinct(names, LEVEL)
    if len(names) <= MOST_LEVEL and max(map(text_width, cut), default=0.0) + size / 2 <= room / max(1, len(names)):
        return Names(tuple(enumerate(cut)), 0, 0.0)
    longer = distinct(names, TURNED)
    widest = max(map(text_width, longer), default=0.0)
    for degrees in (40, 90):
        angle = math.radians(degrees)
        # slanted names extend to the left, the first one to the figure's edge
        inside = widest * math.cos(angle) <= MARGIN + 0.4 * room / len(names)
        if 1.15 * size / math.sin(angle) <= room / len(names) and inside:
            break
    fit = max(1, int(room / (1.15 * size / math.sin(angle))))
    every = math.ceil(len(names) / fit)
    foot = max(0.0, widest * math.sin(angle) + size * math.cos(angle) - size)
    return Names(tuple(list(enumerate(longer))[::every]), degrees, foot)


def _columns(keys: Sequence[Line2D], width: float) -> int:
    """Find how many keys fit beside one another in a figure so many inches wide."""
    inches = [0.62 + 0.058 * len(str(key.get_label())) for key in keys]
    for columns in range(len(keys), 1, -1):
        rows = math.ceil(len(keys) / columns)
        # keys fill each column from the top, and a column is as wide as its widest key
        if sum(max(inches[i : i + rows]) for i in range(0, len(keys), rows)) <= width:
            return math.ceil(len(keys) / rows)  # rows of equal length
    return 1


def bottom(keys: Sequence[Line2D], width: float) -> float:
    """The height in inches of a legend and of the axis labels above it."""
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
