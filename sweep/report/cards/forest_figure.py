"""Draws differences of one value of an axis to another, a row each, on one scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.question import Pair
from sweep.analysis.verdict import Compared
from sweep.report import words
from sweep.report.figures.hover import name_points
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.style import COLOURS, PAPER, SOFT, TINT, drawable, look, text_width

#: More rows than these would hide the rest of the page.
MOST = 24


@dataclass(frozen=True)
class Dot:
    """The difference of one pair of points, in points of error."""

    pair: Pair
    mean: float


@dataclass(frozen=True)
class Row:
    """A comparison with its pairs."""

    name: str
    compared: Compared
    dots: tuple[Dot, ...]


def draw_forest(rows: Sequence[Row], smallest: float, width: float) -> Figure:
    """Draw a row for each comparison: its mean difference and interval, and the differences of its pairs.

    Args:
        rows: from top to bottom.
        smallest: the smallest difference that matters, in points; NaN if not given.
        width: in inches.
    """
    with look():
        keys = [Line2D([], [], marker="o", color=COLOURS[0], lw=1.2, label="mean, 95 % interval")]
        if any(len(row.dots) > 1 for row in rows):
            pair_key = Line2D([], [], marker="o", ls="", ms=2.6, mew=0, color=SOFT, label="a pair of points")
            pair_key.set_alpha(0.6)
            keys.append(pair_key)
        below = bottom(keys, width)
        height = below + 0.2 + 0.27 * max(2, len(rows))
        figure = Figure(figsize=(width, height), dpi=72)
        names = [drawable(row.name, 28) for row in rows]
        left = min(0.5, (0.16 + max(map(text_width, names))) / width)
        ax = figure.add_axes((left, below / height, 0.97 - left, 1 - (below + 0.08) / height))
        if math.isfinite(smallest):
            ax.axvspan(-smallest, smallest, color=TINT, lw=0, zorder=0)
        ax.axvline(0, color=SOFT, lw=0.8, zorder=1)
        ax.grid(axis="x")
        for place, row in enumerate(rows):
            difference = row.compared.difference
            if len(row.dots) > 1:
                _dots(ax, place, row.dots)
            if math.isfinite(difference.low):
                ax.plot([difference.low, difference.high], [place, place], color=COLOURS[0], lw=1.2, zorder=3)
            decided = row.compared.answer != "not yet"
            face = COLOURS[0] if decided else PAPER
            (mark,) = ax.plot([difference.mean], [place], "o", mfc=face, mec=COLOURS[0], mew=1.0, ms=5.0, zorder=4)
            name_points(mark, [f"{row.name}: {words.outcome(difference, row.compared.answer == 'no')}"])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_yticks(range(len(rows)), names)
        ax.tick_params(axis="y", left=False)
        ax.spines["left"].set_visible(False)
        # below the middle of the figure, not of the panel, which may be narrower than it
        ax.set_xlabel(f"difference of {words.metric().noun}, {words.metric().points}", x=(0.5 - left) / (0.97 - left))
        legend(figure, keys)
        return figure


def _dots(ax: Axes, place: int, dots: Sequence[Dot]) -> None:
    """Draw the pairs of a row a little below its mean."""
    finite = [dot for dot in dots if math.isfinite(dot.mean)]
    (marks,) = ax.plot(
        [dot.mean for dot in finite],
        [place + 0.24] * len(finite),
        ls="",
        marker="o",
        ms=2.6,
        mew=0,
        color=SOFT,
        alpha=0.6,
        zorder=2,
    )
    tooltips = [
        f"{words.shorten(dot.pair.point, 60)} vs {words.shorten(dot.pair.other, 60)}: {words.signed(dot.mean)} points"
        for dot in finite
    ]
    name_points(marks, tooltips)
