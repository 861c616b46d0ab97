"""Draws the paper's own figure, error against FLOPs and against parameters, and a sweep's points beside it."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.report import words
from sweep.report.cards.fronts_figure import draw_front
from sweep.report.figures.hover import name_points
from sweep.report.figures.layout import panels
from sweep.report.figures.scales import limit_costs, limit_errors
from sweep.report.figures.style import INK, PAPER, TWO_COLUMNS, drawable, families, look
from sweep.space.published import Row

_COSTS = {"flops": "FLOPs (multiply-adds per image), millions", "params": "parameters, millions"}


def draw_paper(rows: Sequence[Row], points: pd.DataFrame, seeds: int, data: str, width: float = TWO_COLUMNS) -> Figure:
    """Draw the published rows above, the points of a sweep below: against FLOPs and against parameters.

    Args:
        rows: published ones.
        points: `Study.table`.
        seeds: how many a point should have.
        data: the name of the sweep's images.
        width: in inches; four panels two by two in two columns of a paper, or one above the other in one.
    """
    beside = width >= TWO_COLUMNS
    with look():
        drawn = points[np.isfinite(points["mean"].to_numpy(dtype=float))]
        looks = families([*drawn["family"], *(family_of(row) for row in rows)])
        names = list(dict.fromkeys([*(family_of(row) for row in rows), *drawn["family"]]))
        keys = [
            Line2D([], [], color=looks[name][0], marker=looks[name][1], ls="", label=drawable(name, 24))
            for name in names
        ]
        keys.append(Line2D([], [], color=INK, marker="o", mfc=PAPER, ls="", label="read off the paper’s plot"))
        keys.append(Line2D([], [], color=INK, lw=1.0, label="front"))
        figure, axes = panels(4, width, keys, 1.85, 2 if beside else 1, head=0.24)
        sd = drawn["sd"].fillna(0.0)
        limit_errors(axes[:2], [row.error for row in rows])
        limit_errors(axes[2:], [*(drawn["mean"] - sd), *(drawn["mean"] + sd)])
        for ax, cost in zip(axes, (*_COSTS, *_COSTS), strict=True):
            if ax in axes[:2]:
                _draw_rows(ax, rows, cost, looks)
            else:
                draw_front(ax, drawn, cost, looks, seeds)
            if beside and ax in axes[1::2]:
                ax.tick_params(labelleft=False, left=False)
            else:
                ax.set_ylabel(axes[0 if ax in axes[:2] else 2].get_ylabel())
        for ax, title in ((axes[0], "the paper, ImageNet"), (axes[2], f"this sweep, {drawable(data, 30)}")):
            ax.set_title(title, loc="left", fontsize=8.2, fontweight="bold", pad=5)
        return figure


def family_of(row: Row) -> str:
    """The family of a published row."""
    return str(row.about.get("family", ""))


def series(row: Row) -> tuple[str, str] | None:
    """The line that a row belongs to across widths, as its family and its size; None if it stands alone.

    WeightNet's larger size is 8x at the smallest width and 4x at the others.
    """
    size = re.search(r"\((\d+x)\)$", row.label)
    if family_of(row) in ("static", "se", "sk"):
        return family_of(row), ""
    return (family_of(row), size[1].replace("8x", "4x")) if size else None


def _draw_rows(ax: Axes, rows: Sequence[Row], cost: str, looks: Mapping[str, tuple[str, str]]) -> None:
    ax.grid(axis="y")
    ax.set_xlabel(_COSTS[cost])
    printed = [(float(getattr(row, cost)), row) for row in rows if getattr(row, cost) and math.isfinite(row.error)]
    limit_costs(ax, [x for x, _ in printed])
    joined: dict[Any, list[tuple[float, float]]] = {}
    groups: dict[tuple[str, bool], list[tuple[float, Row]]] = {}
    for x, row in printed:
        if (line := series(row)) is not None:
            joined.setdefault(line, []).append((x, row.error))
        groups.setdefault((family_of(row), row.read_from == "figure"), []).append((x, row))
    for (family, size), places in joined.items():
        xs, ys = zip(*sorted(places), strict=True)
        ax.plot(xs, ys, color=looks[family][0], lw=0.9, ls="-" if size in ("", "1x", "2x") else (0, (4, 1.5)), zorder=2)
    for (family, read), members in groups.items():
        colour, marker = looks[family]
        at, errors = [x for x, _ in members], np.array([row.error for _, row in members])
        bars = np.array([row.tolerance for _, row in members])
        ax.vlines(at, errors - bars, errors + bars, color=colour, lw=0.8, alpha=0.6, zorder=1.5)
        (marks,) = ax.plot(
            at,
            errors,
            marker=marker,
            ms=4.2,
            color=colour,
            mfc=PAPER if read else colour,
            mec=colour if read else PAPER,
            mew=0.9 if read else 0.6,
            ls="",
            zorder=3,
        )
        name_points(marks, [_tooltip(row) for _, row in members])


def _tooltip(row: Row) -> str:
    """The tooltip of a row: '+ WeightNet (8x) at 0.5x: 34.0 % ± 0.05 as printed, 42 M FLOPs, 2.7 M parameters'."""
    width = "" if family_of(row) == "static" else f" at {words.value(row.about['width'])}x"
    how = "read off the plot" if row.read_from == "figure" else "as printed"
    costs = [f"{row.flops} M FLOPs"] * bool(row.flops) + [f"{row.params} M parameters"] * bool(row.params)
    return f"{row.label}{width}: {row.error:g} % ± {row.tolerance:g} {how}, {', '.join(costs)}"
