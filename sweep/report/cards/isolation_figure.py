"""Draws error against each axis alone: the mean over the others with its interval, and the best."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETDOWN

from sweep.analysis.isolation import Isolation, Value
from sweep.report import words
from sweep.report.figures.layout import fit_names, panels
from sweep.report.figures.scales import limit_errors
from sweep.report.figures.style import COLOURS, DASHES, TWO_COLUMNS, drawable, look

#: Panels in a row.
_ACROSS = 4


def draw_isolation(isolations: Sequence[Isolation], width: float = TWO_COLUMNS) -> Figure:
    """Draw a panel for each axis, its values evenly spaced; a wide figure is as wide as its panels need.

    Args:
        isolations: the axes.
        width: in inches.
    """
    wide = width >= TWO_COLUMNS
    with look():
        across = min(_ACROSS if wide else 2, len(isolations))
        keys = [
            Line2D([], [], color=COLOURS[0], marker="o", lw=1.4, label="mean over the other axes, 95 % interval"),
            Line2D([], [], color=COLOURS[1], marker="s", lw=1.2, ls=DASHES[1], label="best point"),
        ]
        figure_width = width * max(0.5, across / _ACROSS) if wide else width
        room = 0.9 * (figure_width - 0.6) / across
        names = [
            fit_names([words.value(value.value) or "–" for value in isolation.values], room) for isolation in isolations
        ]
        figure, axes = panels(
            len(isolations), figure_width, keys, 1.5, across, foot=max(isolation.foot for isolation in names)
        )
        for i, (ax, isolation) in enumerate(zip(axes, isolations, strict=True)):
            _draw(ax, isolation)
            names[i].write(ax)
            ax.tick_params(labelleft=i % across == 0, left=i % across == 0)
        values = [value for isolation in isolations for value in isolation.values]
        ends = [end for value in values if value.mean.n > 2 for end in (bottom(value), value.mean.high)]
        limit_errors(axes, [*ends, *(error for value in values for error in (value.mean.mean, value.best_mean))])
        return figure


def bottom(value: Value) -> float:
    """The lower end of an interval's line: at least zero, since no error is below it."""
    low = value.mean.low
    return max(low, 0.0) if math.isfinite(low) else low


def _draw(ax: Axes, isolation: Isolation) -> None:
    ax.grid(axis="y")
    xs = list(range(len(isolation.values)))
    joined = "-" if isolation.balanced else ""
    for x, value in zip(xs, isolation.values, strict=True):
        # two seeds give no interval that is worth a line
        if math.isfinite(value.mean.low) and value.mean.n > 2:
            ax.plot([x, x], [bottom(value), value.mean.high], color=COLOURS[0], lw=1.0, alpha=0.7)
            if value.mean.low < 0:
                ax.plot([x], [0.0], color=COLOURS[0], marker=CARETDOWN, ms=4.5, mew=0, ls="")
    ax.plot(xs, [value.mean.mean for value in isolation.values], color=COLOURS[0], marker="o", lw=1.4, ls=joined)
    best = [value.best_mean for value in isolation.values]
    ax.plot(xs, best, color=COLOURS[1], marker="s", ms=3.8, lw=1.2, ls=DASHES[1] if isolation.balanced else "")
    ax.set_xlim(-0.4, len(xs) - 0.6)
    ax.set_xlabel(drawable(words.name(isolation.axis), 30))
