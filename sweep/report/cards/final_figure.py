"""Draws error on the test split against error on the validation split."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sweep.report import words
from sweep.report.figures.hover import name_points
from sweep.report.figures.layout import panels
from sweep.report.figures.style import INK, PAPER, TWO_COLUMNS, drawable, families, look


def draw_final(rows: pd.DataFrame, width: float = TWO_COLUMNS) -> Figure:
    """Draw a mark for each point, with its standard deviations, and the line on which both errors are equal.

    Args:
        rows: of `final.final_table`, with a test error each.
        width: in inches.
    """
    with look():
        names = rows["family"].tolist() if "family" in rows else [""] * len(rows)
        looks = families(names)
        keys = [
            Line2D([], [], color=looks[name][0], marker=looks[name][1], ls="", label=drawable(name, 24))
            for name in dict.fromkeys(names)
            if name
        ]
        keys.append(Line2D([], [], color=INK, lw=0.8, ls=(0, (5, 1.6)), label="test = validation"))
        figure, (ax,) = panels(1, min(width, 0.6 * TWO_COLUMNS), keys, height=2.6)
        ax.grid()
        x, y = (rows[f"{name}_mean"].to_numpy(dtype=float) for name in ("validation", "test"))
        x_sd, y_sd = (np.nan_to_num(rows[f"{name}_sd"].to_numpy(dtype=float)) for name in ("validation", "test"))
        finite = np.isfinite(x) & np.isfinite(y)
        ends = np.concatenate([[x - x_sd, x + x_sd], [y - y_sd, y + y_sd]])[:, finite]
        low, high = (float(ends.min()), float(ends.max())) if finite.any() else (0.0, 100.0)
        pad = 0.06 * (high - low) or 0.5
        ax.plot([low - pad, high + pad], [low - pad, high + pad], color=INK, lw=0.8, ls=(0, (5, 1.6)), zorder=1)
        for name in dict.fromkeys(names):
            at = np.flatnonzero(finite & (np.array(names) == name))
            colour, marker = looks.get(name, (INK, "o"))
            ax.vlines(x[at], (y - y_sd)[at], (y + y_sd)[at], color=colour, lw=0.8, alpha=0.55)
            ax.hlines(y[at], (x - x_sd)[at], (x + x_sd)[at], color=colour, lw=0.8, alpha=0.55)
            (marks,) = ax.plot(x[at], y[at], marker=marker, ls="", color=colour, mec=PAPER, mew=0.6, zorder=3)
            if at.size:
                name_points(marks, [_tooltip(rows["point"].iloc[i], x[i], y[i]) for i in at])
        ax.set_xlim(low - pad, high + pad)
        ax.set_ylim(low - pad, high + pad)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10)))
        ax.set_xlabel("top-1 error on validation, %")
        ax.set_ylabel("top-1 error on test, %", labelpad=1.5)
        return figure


def _tooltip(point: str, validation: float, test: float) -> str:
    return f"{words.shorten(point, 90)}: {words.number(validation)} % on validation, {words.number(test)} % on test"
