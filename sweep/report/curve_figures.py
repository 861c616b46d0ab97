"""Draws error against an axis as analysis computed it; computes nothing but where the ink goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sweep.analysis.curves import Curves, Line, Panel, Spot
from sweep.report import words
from sweep.report.hover import name_points
from sweep.report.scales import limit_errors
from sweep.report.style import COLOURS, DASHES, INK, MARKERS, ONE_COLUMN, PAPER, SOFT, TWO_COLUMNS, drawable, look

#: The dashes of the baseline's level.
_LEVEL = (0, (4, 2))
#: No more panels of shared settings than these beside the tuned one.
SHARED_PANELS = 3


@dataclass(frozen=True)
class _Ink:
    colour: str
    marker: str
    dash: Any


def shown(found: Curves) -> tuple[Panel, ...]:
    """Choose the panels to draw: at most three shared settings (first, middle, last), then the tuned one."""
    naive = found.panels[:-1]
    if len(naive) > SHARED_PANELS:
        naive = (naive[0], naive[(len(naive) - 1) // 2], naive[-1])
    return (*naive, found.tuned)


def draw_curves(found: Curves, nuisance: Sequence[str]) -> Figure:
    """Draw error against `found.x`: a panel for each shared setting shown, then one tuned for each point."""
    panels = shown(found)
    with look():
        if len(panels) == 1:
            return _one_panel(found, panels[0], TWO_COLUMNS * 0.62)
        keys = _keys(found, panels[-1])
        bottom = _bottom(keys, TWO_COLUMNS)
        height = 2.12 + bottom
        figure = Figure(figsize=(TWO_COLUMNS, height), dpi=72)
        # The wider gap stands between what was shared and what was tuned.
        grid = figure.add_gridspec(
            1,
            len(panels) + 1,
            width_ratios=[*[1.0] * (len(panels) - 1), 0.06, 1.0],
            left=0.066,
            right=0.985,
            top=1 - 0.53 / height,
            bottom=bottom / height,
            wspace=0.1,
        )
        slots = [*range(len(panels) - 1), len(panels)]
        axes: list[Axes] = []
        for panel, slot in zip(panels, slots, strict=True):
            ax = figure.add_subplot(grid[0, slot], sharey=axes[0] if axes else None)
            axes.append(ax)
            _draw_panel(ax, found, panel)
            if panel.setting is None:
                ax.set_facecolor("#eef4fa")
                title = f"each at its own {words.nuisance(nuisance)}"
            else:
                title = drawable(words.setting(nuisance, panel.setting), 30)
            ax.set_title(title, fontsize=7.2, pad=4, color=INK)
            if ax is not axes[0]:
                ax.tick_params(labelleft=False, left=False)
        _scale_y(axes, panels)
        what = words.nuisance(nuisance)
        _header(figure, axes[:-1], f"one {what} for all points")
        _header(figure, axes[-1:], "tuned for each point")
        _legend(figure, keys)
        return figure


def draw_tuned(found: Curves) -> Figure:
    """Draw error against `found.x` with each point tuned, in one column."""
    with look():
        return _one_panel(found, found.tuned, ONE_COLUMN * 1.15)


def _one_panel(found: Curves, panel: Panel, width: float) -> Figure:
    keys = _keys(found, panel)
    bottom = _bottom(keys, width)
    height = 1.95 + bottom
    figure = Figure(figsize=(width, height), dpi=72)
    ax = figure.add_axes((0.46 / width, bottom / height, 1 - 0.52 / width, 1 - (bottom + 0.08) / height))
    _draw_panel(ax, found, panel)
    _scale_y([ax], [panel])
    _legend(figure, keys)
    return figure


def _inks(lines: Sequence[Line]) -> dict[tuple[str, Any], _Ink]:
    return {
        (line.family, line.by): _Ink(
            COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[(i + i // 6) % len(DASHES)]
        )
        for i, line in enumerate(lines)
    }


def _draw_panel(ax: Axes, found: Curves, panel: Panel) -> None:
    ax.grid(axis="y")
    inks = _inks(found.tuned.lines)
    step = min(0.15, 0.4 / max(1, len(panel.lines) - 1)) * _scale_x(ax, found)
    if panel.level and panel.level.errors:
        ax.axhline(panel.level.mean, color=SOFT, lw=1.1, ls=_LEVEL, zorder=1.5)
        low, high = min(panel.level.errors.values()), max(panel.level.errors.values())
        ax.axhspan(low, high, color=SOFT, alpha=0.11, lw=0, zorder=1)
    for i, line in enumerate(panel.lines):
        ink = inks[line.family, line.by]
        spots = [spot for spot in line.spots if spot.errors]
        aside = step * (i - (len(panel.lines) - 1) / 2)
        xs = [spot.x * math.exp(aside) if ax.get_xscale() == "log" else spot.x + aside for spot in spots]
        dots = [(x, error) for x, spot in zip(xs, spots, strict=True) for error in spot.errors.values()]
        ax.plot(
            [x for x, _ in dots],
            [error for _, error in dots],
            ls="",
            marker=ink.marker,
            ms=2.6,
            mew=0,
            color=ink.colour,
            alpha=0.4,
            zorder=2,
        )
        ax.plot(xs, [spot.mean for spot in spots], color=ink.colour, ls=ink.dash, zorder=3)
        _mark(ax, [(x, spot) for x, spot in zip(xs, spots, strict=True) if spot.whole], ink, whole=True)
        _mark(ax, [(x, spot) for x, spot in zip(xs, spots, strict=True) if not spot.whole], ink, whole=False)


def _mark(ax: Axes, spots: Sequence[tuple[float, Spot]], ink: _Ink, whole: bool) -> None:
    """Mark means, and name them; hollow where seeds or settings failed or are not in yet."""
    if not spots:
        return
    (marks,) = ax.plot(
        [x for x, _ in spots],
        [spot.mean for _, spot in spots],
        marker=ink.marker,
        color=ink.colour,
        mfc=ink.colour if whole else PAPER,
        mec=PAPER if whole else ink.colour,
        mew=0.6 if whole else 1.0,
        ls="",
        zorder=4,
    )
    name_points(marks, [_told(spot) for _, spot in spots])


def _told(spot: Spot) -> str:
    """Tell a mean: 'weightnet M=8 G=1: 5.23 % (5.10, 5.31 and 5.28)'."""
    errors = [words.number(error) for _, error in sorted(spot.errors.items())]
    seeds = f" ({words.several(errors)})" if 1 < len(errors) <= 6 else ""
    lacks = "" if spot.whole else f", {len(spot.errors)} of {words.plural(spot.seeds, 'seed')}"
    return f"{words.shorten(spot.point, 90)}: {words.number(spot.mean)} %{seeds}{lacks}"


def _scale_x(ax: Axes, found: Curves) -> float:
    """Scale x for its values and label each; answers how far apart neighbours are, in log units on a log axis."""
    values = sorted({spot.x for panel in found.panels for line in panel.lines for spot in line.spots})
    ax.set_xlabel(drawable(words.name(found.x)))
    low, high = values[0], values[-1]
    if low > 0 and high / low >= 4:
        ax.set_xscale("log", base=2)
        gaps = [math.log(b / a) for a, b in pairwise(values)]
        pad = math.exp(max(0.35 * min(gaps), 0.04 * math.log(high / low)))
        ax.set_xlim(low / pad, high * pad)
    else:
        gaps = [b - a for a, b in pairwise(values)] or [1.0]
        pad = max(0.35 * min(gaps), 0.04 * (high - low))
        ax.set_xlim(low - pad, high + pad)
    # A label at a value only where there is room for it beside the one before.
    left, right = ax.transData.transform([(ax.get_xlim()[0], 0.5), (ax.get_xlim()[1], 0.5)])[:, 0]
    room = 0.09 * (right - left)
    labelled: list[float] = []
    at = math.nan
    for value, place in zip(values, ax.transData.transform([(value, 0.5) for value in values])[:, 0], strict=True):
        if not place - at < room:
            labelled.append(value)
            at = place
    ax.xaxis.set_major_locator(FixedLocator(labelled))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.value(float(f"{x:.12g}"))))
    return min(*gaps, math.log(high / low) / 4 if ax.get_xscale() == "log" else (high - low or 4) / 4)


def _scale_y(axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    spots = [spot for panel in panels for line in panel.lines for spot in line.spots]
    spots += [panel.level for panel in panels if panel.level]
    limit_errors(axes, [error for spot in spots for error in spot.errors.values()])


def _header(figure: Figure, axes: Sequence[Axes], text: str) -> None:
    """Write a heading over some panels, with a rule as wide as they are."""
    left, right = axes[0].get_position().x0, axes[-1].get_position().x1
    height = figure.get_figheight()
    rule = 1 - 0.285 / height
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


def _keys(found: Curves, panel: Panel) -> list[Line2D]:
    """List the keys of a legend: every line, then the baseline."""
    inks = _inks(found.tuned.lines)
    several = len({line.family for line in panel.lines}) > 1
    keys = []
    for line in panel.lines:
        ink = inks[line.family, line.by]
        label = words.equal(words.name(found.by), line.by) if found.by else line.family
        if several and found.by:
            label = f"{line.family}, {label}"
        look = {"color": ink.colour, "ls": ink.dash, "marker": ink.marker, "mec": PAPER, "mew": 0.6}
        keys.append(Line2D([], [], label=drawable(label or "all points"), **look))
    keys.append(Line2D([], [], color=SOFT, ls="", marker="o", ms=2.6, mew=0, alpha=0.6, label="one seed"))
    if panel.level:
        name = drawable(panel.level.point, 24)
        keys.append(Line2D([], [], color=SOFT, lw=1.1, ls=_LEVEL, label=f"baseline: {name}"))
    return keys


def _columns(keys: Sequence[Line2D], width: float) -> int:
    """Find how many keys fit beside one another in a figure so many inches wide."""
    inches = [0.62 + 0.058 * len(str(key.get_label())) for key in keys]
    for columns in range(len(keys), 1, -1):
        rows = math.ceil(len(keys) / columns)
        # Keys run down each column, and a column is as wide as its widest.
        if sum(max(inches[i : i + rows]) for i in range(0, len(keys), rows)) <= width:
            return math.ceil(len(keys) / rows)  # rows of equal length
    return 1


def _bottom(keys: Sequence[Line2D], width: float) -> float:
    """Tell how many inches a legend takes with the labels of an axis above it."""
    return 0.44 + 0.155 * math.ceil(len(keys) / _columns(keys, width))


def _legend(figure: Figure, keys: Sequence[Line2D]) -> None:
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
