"""Draws each difference to the baseline at one shared setting beside the difference with points tuned."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.estimates import estimate
from sweep.analysis.naive import Naive
from sweep.report import words
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.style import COLOURS, FAINT, ONE_COLUMN, PAPER, SOFT, drawable, look


def draw_naive(shared: Naive, points: Sequence[str], names: Sequence[str], width: float = ONE_COLUMN * 1.35) -> Figure:
    """Draw a row for each point: its naive difference hollow, the tuned one filled with its interval.

    Args:
        shared: the differences at one shared setting.
        points: which to draw, from top to bottom.
        names: the nuisance axes.
        width: in inches.
    """
    with look():
        label = drawable(f"{words.setting(names, shared.setting)} for all", 40)
        keys = [
            Line2D([], [], marker="o", ls="", mfc=PAPER, mec=COLOURS[1], mew=1.0, label=label),
            Line2D([], [], marker="o", color=COLOURS[0], lw=1.0, label="tuned, 95 % interval"),
        ]
        below = bottom(keys, width)
        height = below + 0.36 + 0.17 * max(2, len(points))
        figure = Figure(figsize=(width, height), dpi=72)
        left = 1.42 / width
        ax = figure.add_axes((left, below / height, 0.97 - left, 1 - (below + 0.1) / height))
        ax.axvline(0, color=SOFT, lw=0.8)
        ax.grid(axis="x")
        for row, point in enumerate(points):
            effect = shared.effects[point]
            naive, tuned = estimate(effect.naive), estimate(effect.tuned)
            ax.plot([naive.mean, tuned.mean], [row, row], color=FAINT, lw=2.2, zorder=1, solid_capstyle="butt")
            if math.isfinite(tuned.low):
                ax.plot([tuned.low, tuned.high], [row, row], color=COLOURS[0], lw=1.0, zorder=2)
            ax.plot([naive.mean], [row], "o", mfc=PAPER, mec=COLOURS[1], mew=1.0, ms=4.6, zorder=3)
            ax.plot([tuned.mean], [row], "o", color=COLOURS[0], ms=4.6, zorder=4)
        ax.set_ylim(len(points) - 0.4, -0.6)
        ax.set_yticks(range(len(points)), [drawable(point, 26) for point in points])
        ax.tick_params(axis="y", left=False)
        ax.spines["left"].set_visible(False)
        # below the middle of the figure, not of the panel, which may be narrower than it
        axis_label = f"difference to the baseline, {words.metric().difference}"
        ax.set_xlabel(axis_label, x=(0.5 - left) / (0.97 - left))
        legend(figure, keys)
        return figure
