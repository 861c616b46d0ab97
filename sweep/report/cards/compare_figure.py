"""Draws several sweeps together: the same points in two of them, and the fronts of all."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.report import words
from sweep.report.cards.fronts_figure import NAMED
from sweep.report.figures.hover import name_points
from sweep.report.figures.layout import panels
from sweep.report.figures.scales import limit_costs, limit_errors, unit
from sweep.report.figures.style import (
    COLOURS,
    DASHES,
    MARKERS,
    PAPER,
    SOFT,
    TWO_COLUMNS,
    drawable,
    families,
    look,
)


def draw_common(
    tables: Mapping[str, pd.DataFrame], first: str, others: Sequence[str], equal: bool, width: float = TWO_COLUMNS
) -> Figure:
    """Draw the error of the same points in other sweeps against that in the first, a panel for each other one.

    Args:
        tables: by sweep, with the points as their index, the same in all: `family` (if it varies), `mean`, `sd`.
        first: the sweep whose error is the axis of x.
        others: those whose errors are those of y.
        equal: whether a line is drawn where the two errors are equal.
        width: in inches.
    """
    with look():
        base = tables[first]
        names = base["family"].tolist() if "family" in base else [""] * len(base)
        looks = families(names)
        keys = [
            Line2D([], [], color=looks[n][0], marker=looks[n][1], ls="", label=drawable(n or "points", 24))
            for n in dict.fromkeys(names)
        ]
        if equal:
            keys.append(Line2D([], [], color=SOFT, lw=1.0, ls=(0, (1.2, 1.6)), label="equal"))
        figure, axes = panels(len(others), width, keys, 2.4, head=0.06)
        for ax, other in zip(axes, others, strict=True):
            table = tables[other]
            ax.grid()
            limit_errors([ax], _ends(table))
            limit_costs(ax, _ends(base))
            if equal:
                low, high = max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])
                if low < high:
                    ax.plot([low, high], [low, high], color=SOFT, lw=1.0, ls=(0, (1.2, 1.6)), zorder=1)
            for name in dict.fromkeys(names):
                rows = [i for i, family in enumerate(names) if family == name]
                xs, ys = base["mean"].iloc[rows].to_numpy(), table["mean"].iloc[rows].to_numpy()
                if len(base) <= NAMED:
                    ax.vlines(xs, *_bar(ys, table["sd"].iloc[rows]), color=looks[name][0], lw=0.7, alpha=0.35, zorder=2)
                    ax.hlines(ys, *_bar(xs, base["sd"].iloc[rows]), color=looks[name][0], lw=0.7, alpha=0.35, zorder=2)
                (marks,) = ax.plot(
                    xs,
                    ys,
                    ls="",
                    marker=looks[name][1],
                    color=looks[name][0],
                    mec=PAPER,
                    mew=0.6,
                    rasterized=len(base) > NAMED,
                )
                if len(base) <= NAMED:
                    name_points(
                        marks,
                        [
                            _told(point, first, other, x, y)
                            for point, x, y in zip(base.index[rows], xs, ys, strict=True)
                        ],
                    )
            ax.set_xlabel(f"top-1 error in {drawable(first, 28)}, %")
            ax.set_ylabel(f"in {drawable(other, 28)}, %")
        return figure


def draw_sweeps(tables: Mapping[str, pd.DataFrame], width: float = TWO_COLUMNS) -> Figure:
    """Draw error against FLOPs and against parameters, each sweep with a look and a front of its own."""
    with look():
        inks = {
            name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
            for i, name in enumerate(tables)
        }
        keys = [
            Line2D([], [], color=colour, marker=marker, ls=dash, mec=PAPER, mew=0.6, label=drawable(name, 30))
            for name, (colour, marker, dash) in inks.items()
        ]
        figure, axes = panels(2, width, keys, 2.3)
        finite = {name: table[np.isfinite(table["mean"])] for name, table in tables.items()}
        limit_errors(axes, [error for table in finite.values() for error in table["mean"]])
        is_small = sum(map(len, finite.values())) <= NAMED
        for ax, cost in zip(axes, ("flops", "params"), strict=True):
            ax.grid(axis="y")
            size, unit_name = unit(max((table[cost].max() for table in finite.values()), default=1.0))
            limit_costs(ax, [x / size for table in finite.values() for x in table[cost] if math.isfinite(x)])
            label = "FLOPs (multiply-adds per sample)" if cost == "flops" else "parameters"
            ax.set_xlabel(f"{label}, {unit_name}" if unit_name else label)
            for name, table in finite.items():
                colour, marker, dash = inks[name]
                front = table[table[f"front_{cost}"]].sort_values([cost, "mean"])
                xs = [*(front[cost] / size), ax.get_xlim()[1]]
                if len(front):
                    ax.step(xs, [*front["mean"], front["mean"].iloc[-1]], where="post", color=colour, lw=1.1, ls=dash)
                for on in (True, False):
                    rows = table[table[f"front_{cost}"] == on]
                    if rows.empty:
                        continue
                    (marks,) = ax.plot(
                        rows[cost] / size,
                        rows["mean"],
                        ls="",
                        marker=marker,
                        color=colour,
                        ms=4.8 if on else 3.6 if is_small else 2.0,
                        mec=PAPER if is_small else colour,
                        mew=0.5,
                        alpha=1.0 if on else 0.45,
                        zorder=4 if on else 3,
                        rasterized=not (is_small or on),
                    )
                    if is_small or on:
                        names = zip(rows["point"], rows["mean"], rows[cost], strict=True)
                        unit_of = "FLOPs" if cost == "flops" else "parameters"
                        name_points(
                            marks,
                            [
                                f"{words.shorten(name, 40)}: {words.shorten(point, 90)}: {words.number(mean)} %, "
                                f"{words.count(x)} {unit_of}"
                                for point, mean, x in names
                            ],
                        )
        if width >= TWO_COLUMNS:
            axes[1].tick_params(labelleft=False, left=False)
        else:
            axes[1].set_ylabel(axes[0].get_ylabel())
        return figure


def _bar(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", sd: "pd.Series[float]"
) -> tuple[list[float], list[float]]:
    spread = np.nan_to_num(sd.to_numpy(dtype=float))
    return (values - spread).tolist(), (values + spread).tolist()


def _ends(table: pd.DataFrame) -> list[float]:
    """The ends of all bars."""
    sd = table["sd"].fillna(0.0)
    return [*(table["mean"] - sd), *(table["mean"] + sd)]


def _told(point: str, first: str, other: str, x: float, y: float) -> str:
    at = f"{words.number(x)} % in {words.shorten(first, 40)}, {words.number(y)} % in {words.shorten(other, 40)}"
    return f"{words.shorten(str(point), 90)}: {at}"
