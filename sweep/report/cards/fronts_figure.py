"""Draws error against cost as analysis computed it: every point, and the front that no other point beats."""

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

#: Of a front with more points than these, so many are named in print, evenly chosen; a pointer finds all.
PRINTED = 12
#: Of more points than these, those off the front are small dots without bars and names.
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
    """Draw one panel, whose axis of error has its limits; `points` has a `family` for each."""
    ax.grid(axis="y")
    rows = [row for row in records(points) if math.isfinite(row[cost])]
    size, name = unit(max((row[cost] for row in rows), default=1.0))
    what = "FLOPs (multiply-adds per sample)" if cost == "flops" else "parameters"
    ax.set_xlabel(f"{what}, {name}" if name else what)
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
    place(ax, [(x, y) for x, y, _ in front], [_short(label, looks) for _, _, label in front], avoid)


def _points(
    ax: Axes,
    rows: Sequence[Mapping[Any, Any]],
    xs: Sequence[float],
    cost: str,
    looks: dict[str, tuple[str, str]],
    seeds: int,
) -> list[Bbox]:
    """Draw every point with its bar and name it, and answer the boxes that they cover."""
    groups: dict[tuple[str, bool, bool], list[tuple[float, Mapping[Any, Any]]]] = {}
    for x, row in zip(xs, rows, strict=True):
        whole = bool(row["n"] == seeds and row["settled"])
        groups.setdefault((row["family"], bool(row[f"front_{cost}"]), whole), []).append((x, row))
    few = len(rows) <= NAMED
    for (family, on, whole), members in groups.items():
        colour, marker = looks[family]
        alpha = 1.0 if on else 0.5 if few else 0.25
        at, ys = [x for x, _ in members], np.array([row["mean"] for _, row in members])
        sds = np.nan_to_num([row["sd"] for _, row in members])
        if few or on:
            ax.vlines(at, ys - sds, ys + sds, color=colour, lw=0.8, alpha=0.55 * alpha, zorder=1.5)
        (marks,) = ax.plot(
            at,
            ys,
            marker=marker,
            ms=5.2 if on else 4.2 if few else 2.2,
            color=colour,
            mfc=colour if whole else PAPER,
            mec=PAPER if whole and few else colour,
            mew=0.6 if whole else 1.0,
            alpha=alpha,
            ls="",
            zorder=4 if on else 3,
            # as one picture: ten thousand marks would be half of a page's five megabytes
            rasterized=not (few or on),
        )
        if few or on:
            name_points(marks, [_told(row, cost) for _, row in members])
    # names keep off everything, or at least off the front where there is no room beside so much
    seen = [(x, row) for x, row in zip(xs, rows, strict=True) if few or row[f"front_{cost}"]]
    xs = [x for x, _ in seen]
    means = np.array([row["mean"] for _, row in seen])
    sds = np.nan_to_num([row["sd"] for _, row in seen])
    corners = [ax.transData.transform(np.column_stack([xs, ys])) for ys in (means, means - sds, means + sds)]
    avoid = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in corners[0]]
    return avoid + [Bbox.from_extents(x - 1, y, x + 1, top) for (x, y), (_, top) in zip(*corners[1:], strict=True)]


def _told(row: Mapping[Any, Any], cost: str) -> str:
    """Tell a point: 'se: 6.82 ± 0.79 %, 294 400 FLOPs'."""
    spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
    unit = "FLOPs" if cost == "flops" else "parameters"
    return f"{words.shorten(row['point'], 90)}: {words.number(row['mean'])}{spread} %, {words.count(row[cost])} {unit}"


def _short(label: str, looks: dict[str, tuple[str, str]]) -> str:
    """Leave out of a label the family that the marker shows."""
    family, _, rest = label.partition(" ")
    return drawable(rest if family in looks and rest else label, 26)
