"""Lays out figures of error against an axis; the numbers come from analysis."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.curves import Curves, Panel
from sweep.report import words
from sweep.report.cards.curves_panel import LEVEL, draw_panel, drawn, inks_of
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.scales import limit_errors
from sweep.report.figures.style import INK, PAPER, SOFT, TINT, TWO_COLUMNS, drawable, look

#: Panels of shared settings that are drawn at most, beside the tuned one.
SHARED_PANELS = 3


def shown(curves: Curves) -> tuple[Panel, ...]:
    """Choose the panels to draw: at most three shared settings (first, middle, last), then the tuned one."""
    naive = curves.panels[:-1]
    if len(naive) > SHARED_PANELS:
        naive = (naive[0], naive[(len(naive) - 1) // 2], naive[-1])
    return (*naive, curves.tuned)


def draw_curves(curves: Curves, nuisance: Sequence[str], width: float = TWO_COLUMNS) -> Figure:
    """Draw error against `curves.x`: a panel for each shared setting shown, then one tuned for each point.

    Panels stand beside one another in two columns of a paper, and two by two in one (`width` in inches).
    """
    panels = shown(curves)
    with look():
        if len(panels) == 1:
            return _one_panel(curves, panels[0], width)
        return (_row if width >= TWO_COLUMNS else _block)(curves, panels, nuisance, width)


def draw_tuned(curves: Curves, width: float = TWO_COLUMNS) -> Figure:
    """Draw error against `curves.x` with each point tuned, so many inches wide."""
    with look():
        return _one_panel(curves, curves.tuned, width)


def _row(curves: Curves, panels: Sequence[Panel], nuisance: Sequence[str], width: float) -> Figure:
    """Lay panels beside one another, under headings."""
    keys = keys_of(curves, panels[-1])
    below = bottom(keys, width)
    height = 2.12 + below
    figure = Figure(figsize=(width, height), dpi=72)
    # the wider gap separates shared settings from the tuned panel
    grid = figure.add_gridspec(
        1,
        len(panels) + 1,
        width_ratios=[*[1.0] * (len(panels) - 1), 0.06, 1.0],
        left=0.066,
        right=0.985,
        top=1 - 0.53 / height,
        bottom=below / height,
        wspace=0.1,
    )
    slots = [*range(len(panels) - 1), len(panels)]
    axes: list[Axes] = []
    for panel, slot in zip(panels, slots, strict=True):
        ax = figure.add_subplot(grid[0, slot], sharey=axes[0] if axes else None)
        axes.append(ax)
        _titled(ax, curves, panel, nuisance, f"each at its own {words.nuisance(nuisance)}")
        if ax is not axes[0]:
            ax.tick_params(labelleft=False, left=False)
    scale_errors(axes, panels)
    header(figure, axes[:-1], f"one {words.nuisance(nuisance)} for all points")
    header(figure, axes[-1:], "tuned for each point")
    legend(figure, keys)
    return figure


def _block(curves: Curves, panels: Sequence[Panel], nuisance: Sequence[str], width: float) -> Figure:
    """Lay panels two by two; the last one, tuned, is twice as wide if it has a row to itself."""
    keys = keys_of(curves, panels[-1])
    below = bottom(keys, width)
    rows = math.ceil(len(panels) / 2)
    height = below + 1.55 * rows + 0.1
    figure = Figure(figsize=(width, height), dpi=72)
    grid = figure.add_gridspec(
        rows, 2, left=0.13, right=0.98, top=1 - 0.22 / height, bottom=below / height, wspace=0.08, hspace=0.42
    )
    axes: list[Axes] = []
    for i, panel in enumerate(panels):
        alone = i % 2 == 0 and i == len(panels) - 1
        slot = grid[i // 2, :] if alone else grid[i // 2, i % 2]
        ax = figure.add_subplot(slot, sharey=axes[0] if axes else None)
        axes.append(ax)
        _titled(ax, curves, panel, nuisance, "tuned for each point")
        if i % 2:
            ax.tick_params(labelleft=False, left=False)
        if i + 2 < len(panels):
            ax.set_xlabel("")
    scale_errors(axes, panels)
    for ax in axes[2::2]:
        ax.set_ylabel(axes[0].get_ylabel())
    legend(figure, keys)
    return figure


def _titled(ax: Axes, curves: Curves, panel: Panel, nuisance: Sequence[str], title: str) -> None:
    draw_panel(ax, curves, panel)
    if panel.setting is None:
        ax.set_facecolor(TINT)
    else:
        title = words.setting(nuisance, panel.setting)
    ax.set_title(drawable(title, 30), fontsize=7.2, pad=4, color=INK)


def _one_panel(curves: Curves, panel: Panel, width: float) -> Figure:
    keys = keys_of(curves, panel)
    below = bottom(keys, width)
    height = 1.95 + below
    figure = Figure(figsize=(width, height), dpi=72)
    ax = figure.add_axes((0.46 / width, below / height, 1 - 0.52 / width, 1 - (below + 0.08) / height))
    draw_panel(ax, curves, panel)
    scale_errors([ax], [panel])
    legend(figure, keys)
    return figure


def scale_errors(axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    """Give panels one scale that every seed's error fits in."""
    spots = [spot for panel in panels for line in panel.lines for spot in line.spots]
    spots += [panel.level for panel in panels if panel.level]
    limit_errors(axes, [error for spot in spots for error in spot.errors.values()])


def header(figure: Figure, axes: Sequence[Axes], text: str) -> None:
    """Write a heading over some panels, with a rule as wide as they are."""
    left, right = axes[0].get_position().x0, axes[-1].get_position().x1
    height = figure.get_figheight()
    rule = axes[0].get_position().y1 + 0.245 / height
    figure.add_artist(Line2D([left, right], [rule, rule], color=SOFT, lw=0.6))
    figure.text(
        (left + right) / 2,
        rule + 0.06 / height,
        text,
        ha="center",
        va="bottom",
        fontsize=8.2,
        fontweight="bold",
    )


def keys_of(curves: Curves, panel: Panel) -> list[Line2D]:
    """List the keys of a legend: every line, then the baseline."""
    inks = inks_of(drawn(curves.tuned.lines))
    several = len({line.family for line in panel.lines}) > 1
    keys = []
    for line in drawn(panel.lines):
        ink = inks[line.family, line.by]
        label = words.equal(words.name(curves.by), line.by) if curves.by else line.family
        if several and curves.by:
            label = f"{line.family}, {label}"
        look = {"color": ink.colour, "ls": ink.dash, "marker": ink.marker, "mec": PAPER, "mew": 0.6}
        keys.append(Line2D([], [], label=drawable(label or "all points"), **look))
    keys.append(Line2D([], [], color=SOFT, ls="", marker="o", ms=2.6, mew=0, alpha=0.6, label="one seed"))
    if panel.level:
        name = drawable(panel.level.point, 24)
        keys.append(Line2D([], [], color=SOFT, lw=1.1, ls=LEVEL, label=f"baseline: {name}"))
    return keys
