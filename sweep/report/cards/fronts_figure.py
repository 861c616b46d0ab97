"""Draws error against cost: every point, and the Pareto front."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from sweep.analysis.records import records
from sweep.report import words
from sweep.report.figures.hover import name_points
from sweep.report.figures.labels import place
from sweep.report.figures.layout import panels
from sweep.report.figures.scales import limit_costs, limit_errors, unit
from sweep.report.figures.style import INK, PAPER, TWO_COLUMNS, drawable, families, look

#: Points of a front that are labelled at most, evenly chosen; tooltips name all of them.
PRINTED = 12
#: With more points than these, points off the front are small dots without bars and names.
NAMED = 1000


def draw_fronts(points: pd.DataFrame, costs: Sequence[str], seeds: int, width: float = TWO_COLUMNS) -> Figure:
    """Draw error against each cost, with the front of non-dominated points as a step and its points named.

    Args:
        points: `Study.table`, with `front_COST` for each of `costs`.
        costs: `flops`, `params`.
        seeds: how many seeds a point should have; one that has fewer, or is not settled, is drawn hollow.
        width: in inches; panels stand beside one another in two columns of a paper, and one above the other in one.
    """
    beside = width >= TWO_COLUMNS
    with look():
        drawn = points[np.isfinite(points["mean"].to_numpy(dtype=float))]
        names = drawn["family"].tolist() if "family" in drawn else [""] * len(drawn)
        looks = families(names)
        keys = [
            Line2D([], [], color=looks[name][0], marker=looks[name][1], ls="", label=drawable(name, 24))
            for name in dict.fromkeys(names)
            if name
        ]
        keys.append(Line2D([], [], color=INK, lw=1.0, label="front"))
        figure, axes = panels(len(costs), width, keys)
        sd = drawn["sd"].fillna(0.0)
        limit_errors(axes, [*(drawn["mean"] - sd), *(drawn["mean"] + sd)])
        for ax, cost in zip(axes, costs, strict=True):
            draw_front(ax, drawn.assign(family=names), cost, looks, seeds)
            if ax is not axes[0] and beside:
                ax.tick_params(labelleft=False, left=False)
            elif ax is not axes[0]:
                ax.set_ylabel(axes[0].get_ylabel())
        return figure


def draw_front(ax: Axes, points: pd.DataFrame, cost: str, looks: dict[str, tuple[str, str]], seeds: int) -> None:
    """Draw one panel, whose axis of error is already scaled; `points` has a `family` for each."""
    ax.grid(axis="y")
    rows = [row for row in records(points) if math.isfinite(row[cost])]
    size, name = unit(max((row[cost] for row in rows), default=1.0))
    label = "FLOPs (multiply-adds per sample)" if cost == "flops" else "parameters"
    ax.set_xlabel(f"{label}, {name}" if name else label)
    xs = [row[cost] / size for row in rows]
    limit_costs(ax, xs)
    avoid = _points(ax, rows, xs, cost, looks, seeds)
    front = sorted((x, row["mean"], row["point"]) for x, row in zip(xs, rows, strict=True) if row[f"front_{cost}"])
    if not front:
        return
    right = ax.get_xlim()[1]
    step_x = [x for x, _, _ in front] + [right]
    step_y = [y for _, y, _ in front] + [front[-1][1]]
    ax.step(step_x, step_y, where="post", color=INK, lw=1.0, zorder=2)
    corners = ax.transData.transform(list(zip(step_x, step_y, strict=True)))
    for (x0, y0), (x1, y1) in pairwise(corners):
        avoid += [Bbox.from_extents(x0, y0 - 1, x1, y0 + 1), Bbox.from_extents(x1 - 1, y1, x1 + 1, y0)]
    if len(front) > PRINTED:
        front = [front[round(i * (len(front) - 1) / (PRINTED - 1))] for i in range(PRINTED)]
    place(ax, [(x, y) for x, y, _ in front], [_short(point, looks) for _, _, point in front], avoid)


def _points(
    ax: Axes,
    rows: Sequence[Mapping[Any, Any]],
    xs: Sequence[float],
    cost: str,
    looks: dict[str, tuple[str, str]],
    seeds: int,
) -> list[Bbox]:
    """Draw every point with its bar and its name, and return the boxes that they cover."""
    groups: dict[tuple[str, bool, bool], list[tuple[float, Mapping[Any, Any]]]] = {}
    for x, row in zip(xs, rows, strict=True):
        is_complete = bool(row["n"] == seeds and row["settled"])
        groups.setdefault((row["family"], bool(row[f"front_{cost}"]), is_complete), []).append((x, row))
    is_small = len(rows) <= NAMED
    for (family, on, is_complete), members in groups.items():
        colour, marker = looks[family]
        alpha = 1.0 if on else 0.5 if is_small else 0.25
        at, ys = [x for x, _ in members], np.array([row["mean"] for _, row in members])
        sds = np.nan_to_num([row["sd"] for _, row in members])
        if is_small or on:
            ax.vlines(at, ys - sds, ys + sds, color=colour, lw=0.8, alpha=0.55 * alpha, zorder=1.5)
        (marks,) = ax.plot(
            at,
            ys,
            marker=marker,
            ms=5.2 if on else 4.2 if is_small else 2.2,
            color=colour,
            mfc=colour if is_complete else PAPER,
            mec=PAPER if is_complete and is_small else colour,
            mew=0.6 if is_complete else 1.0,
            alpha=alpha,
            ls="",
            zorder=4 if on else 3,
            # as one picture: ten thousand marks would be half of a page's five megabytes
            rasterized=not (is_small or on),
        )
        if is_small or on:
            name_points(marks, [_tooltip(row, cost) for _, row in members])
    # labels avoid all points, or at least the front if there are too many points
    labelled = [(x, row) for x, row in zip(xs, rows, strict=True) if is_small or row[f"front_{cost}"]]
    xs = [x for x, _ in labelled]
    means = np.array([row["mean"] for _, row in labelled])
    sds = np.nan_to_num([row["sd"] for _, row in labelled])
    corners = [ax.transData.transform(np.column_stack([xs, ys])) for ys in (means, means - sds, means + sds)]
    avoid = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in corners[0]]
    return avoid + [Bbox.from_extents(x - 1, y, x + 1, top) for (x, y), (_, top) in zip(*corners[1:], strict=True)]


def _tooltip(row: Mapping[Any, Any], cost: str) -> str:
    """The tooltip of a point: 'se: 6.82 ± 0.79 %, 294 400 FLOPs'."""
    spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
    unit = "FLOPs" if cost == "flops" else "parameters"
    return f"{words.shorten(row['point'], 90)}: {words.number(row['mean'])}{spread} %, {words.count(row[cost])} {unit}"


def _short(label: str, looks: dict[str, tuple[str, str]]) -> str:
    """Drop the family from a label, since the marker shows it."""
    family, _, without_family = label.partition(" ")
    return drawable(without_family if family in looks and without_family else label, 26)
