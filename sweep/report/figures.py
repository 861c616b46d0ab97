"""Draws what analysis computed; computes nothing but where the ink goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox

from sweep.analysis.curves import Curves, Line, Panel, Spot
from sweep.report import words
from sweep.report.labels import place
from sweep.report.style import (
    COLOURS,
    DASHES,
    INK,
    MARKERS,
    ONE_COLUMN,
    PAPER,
    SOFT,
    TWO_COLUMNS,
    drawable,
    families,
    look,
)

#: An axis of error is logarithmic where its largest value is more than this many times its smallest.
LOG_FROM = 8.0
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
            right=0.995,
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
                title = drawable(words.setting(nuisance, panel.setting), 34)
            ax.set_title(title, fontsize=7.2, pad=4, color=INK)
            if ax is not axes[0]:
                ax.tick_params(labelleft=False, left=False)
        axes[0].set_ylabel("top-1 error, %")
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


def draw_fronts(points: pd.DataFrame, costs: Sequence[str], seeds: int) -> Figure:
    """Draw error against each cost, with the front of non-dominated points as a step and its points named.

    Args:
        points: `Study.table`, with `front_COST` for each of `costs`.
        costs: `flops`, `params`.
        seeds: how many seeds a point should have; one that has fewer is drawn hollow.
    """
    with look():
        figure = Figure(figsize=(TWO_COLUMNS, 2.9), dpi=72)
        grid = figure.add_gridspec(1, len(costs), left=0.066, right=0.99, top=0.97, bottom=0.25, wspace=0.07)
        axes: list[Axes] = []
        for i in range(len(costs)):
            axes.append(figure.add_subplot(grid[0, i], sharey=axes[0] if axes else None))
        drawn = points[np.isfinite(points["mean"].to_numpy(dtype=float))]
        names = drawn["family"].tolist() if "family" in drawn else [""] * len(drawn)
        looks = families(names)
        sd = drawn["sd"].fillna(0.0)
        _limits(axes, [*(drawn["mean"] - sd), *(drawn["mean"] + sd)])
        for ax, cost in zip(axes, costs, strict=True):
            _draw_front(ax, drawn.assign(family=names), cost, looks, seeds)
            if ax is not axes[0]:
                ax.tick_params(labelleft=False, left=False)
        axes[0].set_ylabel("top-1 error, %")
        keys = [
            Line2D([], [], color=looks[name][0], marker=looks[name][1], ls="", label=drawable(name))
            for name in dict.fromkeys(names)
            if name
        ]
        keys.append(Line2D([], [], color=INK, lw=1.0, label="front"))
        figure.legend(handles=keys, loc="lower center", ncols=len(keys), bbox_to_anchor=(0.53, 0.0))
        return figure


def _one_panel(found: Curves, panel: Panel, width: float) -> Figure:
    keys = _keys(found, panel)
    bottom = _bottom(keys, width)
    height = 1.95 + bottom
    figure = Figure(figsize=(width, height), dpi=72)
    ax = figure.add_axes((0.46 / width, bottom / height, 1 - 0.52 / width, 1 - (bottom + 0.08) / height))
    _draw_panel(ax, found, panel)
    _scale_y([ax], [panel])
    ax.set_ylabel("top-1 error, %")
    _legend(figure, keys)
    return figure


def _inks(lines: Sequence[Line]) -> dict[tuple[str, Any], _Ink]:
    return {
        (line.family, line.by): _Ink(
            COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)]
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
        ax.axhspan(low, high, color=SOFT, alpha=0.13, lw=0, zorder=1)
    for i, line in enumerate(panel.lines):
        ink = inks[line.family, line.by]
        spots = [spot for spot in line.spots if spot.errors]
        aside = step * (i - (len(panel.lines) - 1) / 2)
        for spot in spots:
            x = spot.x * math.exp(aside) if ax.get_xscale() == "log" else spot.x + aside
            ax.plot(
                [x] * len(spot.errors),
                list(spot.errors.values()),
                ls="",
                marker=ink.marker,
                ms=2.6,
                mew=0,
                color=ink.colour,
                alpha=0.4,
                zorder=2,
            )
        ax.plot([s.x for s in spots], [s.mean for s in spots], color=ink.colour, ls=ink.dash, zorder=3)
        for spot in spots:
            _mark(ax, spot.x, spot, ink)


def _mark(ax: Axes, x: float, spot: Spot, ink: _Ink) -> None:
    """Mark a mean; hollow where seeds failed or are not in yet."""
    whole = len(spot.errors) == spot.seeds
    ax.plot(
        [x],
        [spot.mean],
        marker=ink.marker,
        color=ink.colour,
        mfc=ink.colour if whole else PAPER,
        mec=PAPER if whole else ink.colour,
        mew=0.6 if whole else 1.0,
        ls="",
        zorder=4,
    )


def _scale_x(ax: Axes, found: Curves) -> float:
    """Scale x for its values and label each; answers how far apart neighbours are, in log units on a log axis."""
    values = sorted({spot.x for panel in found.panels for line in panel.lines for spot in line.spots})
    ax.set_xlabel(drawable(words.name(found.x)))
    low, high = values[0], values[-1]
    if low > 0 and high / low >= 4:
        ax.set_xscale("log", base=2)
        gaps = [math.log(b / a) for a, b in zip(values, values[1:], strict=False)]
        pad = math.exp(0.35 * min(gaps))
        ax.set_xlim(low / pad, high * pad)
    else:
        gaps = [b - a for a, b in zip(values, values[1:], strict=False)] or [1.0]
        ax.set_xlim(low - 0.35 * min(gaps), high + 0.35 * min(gaps))
    every = math.ceil(len(values) / 9)
    ax.xaxis.set_major_locator(FixedLocator(values[::every]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.value(float(f"{x:.12g}"))))
    return min(*gaps, math.log(high / low) / 4 if ax.get_xscale() == "log" else (high - low or 4) / 4)


def _scale_y(axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    spots = [spot for panel in panels for line in panel.lines for spot in line.spots]
    spots += [panel.level for panel in panels if panel.level]
    _limits(axes, [error for spot in spots for error in spot.errors.values()])


def _limits(axes: Sequence[Axes], errors: Sequence[float]) -> None:
    """Give panels one axis of error that all values fit in, logarithmic if they differ much."""
    finite = [error for error in errors if math.isfinite(error)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 100.0)
    for ax in axes:
        if low > 0 and high / low > LOG_FROM:
            ax.set_yscale("log")
            ax.set_ylim(low / 1.15, high * 1.15)
            ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            ax.yaxis.set_minor_locator(NullLocator())
        else:
            pad = 0.06 * (high - low) or 0.5
            # From zero, if that is near: the eye compares lengths.
            ax.set_ylim(0.0 if 0 <= low < 0.4 * high else low - pad, high + pad)
            ax.yaxis.set_major_locator(MaxNLocator(6))
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ax.get_yticks())
        even = decimals if ax.get_yscale() == "linear" else None
        ax.yaxis.set_major_formatter(FuncFormatter(partial(_tick, even)))


def _tick(decimals: int | None, y: float, _: int | None = None) -> str:
    return f"{y:g}" if decimals is None else f"{y:.{decimals}f}"


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
            return columns
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


def _draw_front(
    ax: Axes, points: pd.DataFrame, cost: str, looks: dict[str, tuple[str, str]], seeds: int
) -> None:
    ax.grid(axis="y")
    rows = [row for row in points.to_dict("records") if math.isfinite(row[cost])]
    unit, name = _unit(max((row[cost] for row in rows), default=1.0))
    what = "FLOPs (multiply-adds per sample)" if cost == "flops" else "parameters"
    ax.set_xlabel(f"{what}, {name}" if name else what)
    xs = [row[cost] / unit for row in rows]
    low, high = min(xs, default=0.0), max(xs, default=1.0)
    if low > 0 and high / low > 6:
        ax.set_xscale("log")
        ax.set_xlim(low / (high / low) ** 0.1, high * (high / low) ** 0.1)
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        pad = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
        ax.set_xlim(low - pad, high + pad)
        ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    avoid: list[Bbox] = []
    for x, row in zip(xs, rows, strict=True):
        colour, marker = looks[row["family"]]
        on, whole = row[f"front_{cost}"], row["n"] == seeds
        alpha = 1.0 if on else 0.5
        sd = row["sd"] if math.isfinite(row["sd"]) else 0.0
        y = row["mean"]
        ax.plot([x, x], [y - sd, y + sd], color=colour, lw=0.8, alpha=0.55 * alpha, zorder=1.5)
        ax.plot(
            [x],
            [y],
            marker=marker,
            ms=5.2 if on else 4.2,
            color=colour,
            mfc=colour if whole else PAPER,
            mec=PAPER if whole else colour,
            mew=0.6 if whole else 1.0,
            alpha=alpha,
            ls="",
            zorder=4 if on else 3,
        )
        at_x, at_y = ax.transData.transform((x, y))
        bottom, top = ax.transData.transform([(x, y - sd), (x, y + sd)])[:, 1]
        avoid += [Bbox.from_extents(at_x - 4, at_y - 4, at_x + 4, at_y + 4)]
        avoid += [Bbox.from_extents(at_x - 1, bottom, at_x + 1, top)]
    front = sorted(
        (x, row["mean"], row["point"]) for x, row in zip(xs, rows, strict=True) if row[f"front_{cost}"]
    )
    if not front:
        return
    right = ax.get_xlim()[1]
    step_x = [x for x, _, _ in front] + [right]
    step_y = [y for _, y, _ in front] + [front[-1][1]]
    ax.step(step_x, step_y, where="post", color=INK, lw=1.0, zorder=2)
    corners = ax.transData.transform(list(zip(step_x, step_y, strict=True)))
    for (x0, y0), (x1, y1) in zip(corners, corners[1:], strict=False):
        avoid += [Bbox.from_extents(x0, y0 - 1, x1, y0 + 1), Bbox.from_extents(x1 - 1, y1, x1 + 1, y0)]
    place(ax, [(x, y) for x, y, _ in front], [_short(label, looks) for _, _, label in front], avoid)


def _short(label: str, looks: dict[str, tuple[str, str]]) -> str:
    """Leave out of a label the family that the marker shows."""
    family, _, rest = label.partition(" ")
    return drawable(rest if family in looks and rest else label, 26)


def _unit(largest: float) -> tuple[float, str]:
    for unit, name in ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands")):
        if largest >= unit:
            return unit, name
    return 1.0, ""
