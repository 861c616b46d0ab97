"""Draws contrasts against the learning rate that all points share, or against the length of training."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.estimates import Estimate
from sweep.report import words
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.style import COLOURS, MARKERS, ONE_COLUMN, PAPER, SOFT, distinct, drawable, look

#: Contrasts that are drawn at most: more could not be told apart.
MOST = 4
#: How far the last value stands from the others, where it is apart.
_APART = 0.3


def draw_contrasts(
    contrasts: Sequence[tuple[str, Mapping[str, Estimate]]], label: str, last: bool, width: float = ONE_COLUMN
) -> Figure:
    """Draw a line for each contrast, with intervals.

    Args:
        contrasts: by name, for each tick the contrast there; ticks in the order of the first contrast. The first four
            are drawn.
        label: of the axis of ticks.
        last: whether the last tick is of another kind than the others, and is drawn apart and filled.
        width: in inches.
    """
    with look():
        names, estimates = [name for name, _ in contrasts[:MOST]], [values for _, values in contrasts[:MOST]]
        keys = [
            Line2D([], [], color=COLOURS[i], marker=MARKERS[i], lw=1.2, label=name)
            for i, name in enumerate(distinct(names, 40))
        ]
        below = bottom(keys, width)
        height = below + 2.0
        figure = Figure(figsize=(width, height), dpi=72)
        ax = figure.add_axes((0.5 / width, below / height, 1 - 0.6 / width, 1 - (below + 0.08) / height))
        ax.axhline(0, color=SOFT, lw=0.8)
        ax.grid(axis="y")
        ticks = list(dict.fromkeys(tick for values in estimates for tick in values))
        places = {tick: float(i) + _APART * (last and i == len(ticks) - 1) for i, tick in enumerate(ticks)}
        for i, values in enumerate(estimates):
            aside = 0.12 * (i - (len(estimates) - 1) / 2)
            joined = [tick for tick in values if not (last and tick == ticks[-1])]
            ax.plot([places[t] + aside for t in joined], [values[t].mean for t in joined], color=COLOURS[i], lw=1.0)
            for tick, estimate in values.items():
                _mark(ax, places[tick] + aside, estimate, i, filled=not last or tick == ticks[-1])
        if last:
            ax.axvline(len(ticks) - 1.35, color=SOFT, lw=0.6, ls=":")
        ax.set_xticks(list(places.values()), [drawable(tick, 20) for tick in ticks])
        ax.set_xlim(-0.5, max(places.values()) + 0.5)
        ax.set_xlabel(drawable(label, 60))
        ax.set_ylabel(f"difference, {words.metric().difference}")
        legend(figure, keys)
        return figure


def _mark(ax: Axes, x: float, estimate: Estimate, i: int, filled: bool) -> None:
    if not estimate.n:
        return
    if math.isfinite(estimate.low):
        ax.plot([x, x], [estimate.low, estimate.high], color=COLOURS[i], lw=1.0)
    face = COLOURS[i] if filled else PAPER
    ax.plot([x], [estimate.mean], MARKERS[i], mfc=face, mec=COLOURS[i], mew=1.0, ms=4.6, zorder=3)
