"""Draws contrasts against the learning rate that all points share, with the tuned one at the end."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.estimates import Estimate, estimate
from sweep.analysis.rate import RateEffect
from sweep.report import words
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.style import COLOURS, MARKERS, ONE_COLUMN, PAPER, SOFT, drawable, look

#: More contrasts than these cannot be told apart.
MOST = 4


def draw_rates(effects: Sequence[RateEffect], names: Sequence[str], width: float = ONE_COLUMN) -> Figure:
    """Draw a line for each contrast over the shared rates, and its tuned value apart from it.

    Args:
        effects: contrasts with a value at each shared setting of a single nuisance axis of numbers.
        names: that axis.
        width: in inches.
    """
    with look():
        drawn = effects[:MOST]
        keys = [
            Line2D([], [], color=COLOURS[i], marker=MARKERS[i], lw=1.2, label=_label(one))
            for i, one in enumerate(drawn)
        ]
        below = bottom(keys, width)
        height = below + 2.0
        figure = Figure(figsize=(width, height), dpi=72)
        ax = figure.add_axes((0.5 / width, below / height, 1 - 0.6 / width, 1 - (below + 0.08) / height))
        ax.axhline(0, color=SOFT, lw=0.8)
        ax.grid(axis="y")
        rates = sorted({float(setting[0]) for one in drawn for setting in one.effects})
        places = {rate: float(i) for i, rate in enumerate(rates)}
        end = len(rates) + 0.3
        for i, one in enumerate(drawn):
            aside = 0.12 * (i - (len(drawn) - 1) / 2)
            at = [(places[float(setting[0])] + aside, estimate(e.naive)) for setting, e in one.effects.items()]
            ax.plot([x for x, _ in at], [made.mean for _, made in at], color=COLOURS[i], lw=1.0)
            for x, made in at:
                _mark(ax, x, made, i, filled=False)
            _mark(ax, end + aside, estimate(next(iter(one.effects.values())).tuned), i, filled=True)
        ax.axvline(len(rates) - 0.35, color=SOFT, lw=0.6, ls=":")
        ax.set_xticks([*places.values(), end], [*(words.value(rate) for rate in rates), "tuned"])
        ax.set_xlim(-0.5, end + 0.5)
        ax.set_xlabel(drawable(f"{words.name(names[0])} for all points", 60))
        ax.set_ylabel(f"difference, {words.metric().difference}")
        legend(figure, keys)
        return figure


def _label(one: RateEffect) -> str:
    axis, _, rest = one.contrast.name.partition(" ")
    return drawable(f"{words.name(axis)} {rest}" if rest else axis, 40)


def _mark(ax: Axes, x: float, made: Estimate, i: int, filled: bool) -> None:
    if not made.n:
        return
    if math.isfinite(made.low):
        ax.plot([x, x], [made.low, made.high], color=COLOURS[i], lw=1.0)
    face = COLOURS[i] if filled else PAPER
    ax.plot([x], [made.mean], MARKERS[i], mfc=face, mec=COLOURS[i], mew=1.0, ms=4.6, zorder=3)
