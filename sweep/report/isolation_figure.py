"""Draws error against each axis alone: the mean over the others with its interval, and the best."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETDOWN

from sweep.analysis.isolation import Isolation, Value
from sweep.report import words
from sweep.report.scales import limit_errors
from sweep.report.style import COLOURS, DASHES, TWO_COLUMNS, drawable, look

#: Panels in a row.
_ACROSS = 4


def draw_isolation(found: Sequence[Isolation]) -> Figure:
    """Draw a panel for each axis, its values evenly apart."""
    with look():
        across = min(_ACROSS, len(found))
        down = math.ceil(len(found) / across)
        height = 0.45 + 1.95 * down
        figure = Figure(figsize=(TWO_COLUMNS * max(0.5, across / _ACROSS), height), dpi=72)
        grid = figure.add_gridspec(
            down, across, left=0.09, right=0.985, top=1 - 0.1 / height, bottom=0.75 / height, wspace=0.1, hspace=0.35
        )
        axes: list[Axes] = []
        for i, one in enumerate(found):
            ax = figure.add_subplot(grid[i // across, i % across], sharey=axes[0] if axes else None)
            axes.append(ax)
            _draw(ax, one)
            ax.tick_params(labelleft=i % across == 0, left=i % across == 0)
        told = [value for one in found for value in one.values]
        ends = [end for value in told for end in (bottom(value), value.mean.high)]
        limit_errors(axes, [*ends, *(error for value in told for error in (value.mean.mean, value.best_mean))])
        keys = [
            Line2D([], [], color=COLOURS[0], marker="o", lw=1.4, label="mean over the other axes, 95 % interval"),
            Line2D([], [], color=COLOURS[1], marker="s", lw=1.2, ls=DASHES[1], label="best point"),
        ]
        figure.legend(handles=keys, loc="lower center", ncols=2, bbox_to_anchor=(0.53, 0.0))
        return figure


def bottom(value: Value) -> float:
    """Where an interval's line ends below: at zero if it goes on, since no error is less."""
    low = value.mean.low
    return max(low, 0.0) if math.isfinite(low) else low


def _draw(ax: Axes, one: Isolation) -> None:
    ax.grid(axis="y")
    xs = list(range(len(one.values)))
    joined = "-" if one.balanced else ""
    for x, value in zip(xs, one.values, strict=True):
        if math.isfinite(value.mean.low):
            ax.plot([x, x], [bottom(value), value.mean.high], color=COLOURS[0], lw=1.0, alpha=0.7)
            if value.mean.low < 0:
                ax.plot([x], [0.0], color=COLOURS[0], marker=CARETDOWN, ms=4.5, mew=0, ls="")
    ax.plot(xs, [value.mean.mean for value in one.values], color=COLOURS[0], marker="o", lw=1.4, ls=joined)
    best = [value.best_mean for value in one.values]
    ax.plot(xs, best, color=COLOURS[1], marker="s", ms=3.8, lw=1.2, ls=DASHES[1] if one.balanced else "")
    every = max(1, math.ceil(len(xs) / 6))
    ax.set_xticks(xs[::every], [drawable(words.value(value.value) or "–", 12) for value in one.values[::every]])
    ax.set_xlim(-0.4, len(xs) - 0.6)
    ax.set_xlabel(drawable(words.name(one.axis), 30))
