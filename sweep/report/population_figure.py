"""Draws error distribution functions, plain and at equal cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.population import Array, Group, Population
from sweep.report import words
from sweep.report.style import COLOURS, DASHES, FAMILIES, INK, TWO_COLUMNS, drawable, look

#: More lines than these could not be told apart.
MOST = 8


def draw_population(found: Population) -> Figure:
    """Draw a step for each group: the share of its points with at most so much error."""
    groups = found.groups[:MOST]
    weighted = len(groups) > 1 and all(np.isfinite(group.weights).all() for group in groups)
    with look():
        figure = Figure(figsize=(TWO_COLUMNS if weighted else TWO_COLUMNS * 0.6, 2.5), dpi=72)
        grid = figure.add_gridspec(1, 1 + weighted, left=0.08, right=0.985, top=0.9, bottom=0.31, wspace=0.08)
        errors = np.concatenate([group.errors[np.isfinite(group.errors)] for group in groups])
        pad = 0.05 * float(np.ptp(errors)) or 0.5
        axes: list[Axes] = []
        for i in range(1 + weighted):
            ax = figure.add_subplot(grid[0, i], sharey=axes[0] if axes else None)
            axes.append(ax)
            ax.grid(axis="y")
            for j, group in enumerate(groups):
                _step(ax, found, group, j, group.weights if i else np.full(len(group.errors), 1 / len(group.errors)))
            ax.set_xlim(errors.min() - pad, errors.max() + pad)
            ax.set_ylim(0, 1.02)
            ax.set_xlabel("top-1 error, %")
            if weighted:
                title = "at equal FLOPs" if found.cost == "flops" else f"at equal {found.cost}"
                ax.set_title(title if i else "each point counts alike", fontsize=7.2, pad=4, color=INK)
            ax.tick_params(labelleft=i == 0, left=i == 0)
        axes[0].set_ylabel("share of points")
        keys = [
            Line2D([], [], **_ink(found, group, j), label=drawable(_name(found, group.name), 30))
            for j, group in enumerate(groups)
        ]
        figure.legend(handles=keys, loc="lower center", ncols=min(len(keys), 4), bbox_to_anchor=(0.53, 0.0))
        return figure


def _step(ax: Axes, found: Population, group: Group, number: int, weights: Array) -> None:
    finite = np.isfinite(group.errors)
    errors, shares = group.errors[finite], np.cumsum(weights)[finite]
    if errors.size:
        x = np.concatenate([[errors[0]], errors, [1e9]])
        ax.step(x, np.concatenate([[0.0], shares, shares[-1:]]), where="post", **_ink(found, group, number))


def _ink(found: Population, group: Group, number: int) -> dict[str, Any]:
    colour = FAMILIES.get(str(group.name), ("",))[0] if found.axis == "family" else ""
    return {"color": colour or COLOURS[number % len(COLOURS)], "ls": DASHES[number % len(DASHES)], "lw": 1.4}


def _name(found: Population, value: object) -> str:
    return str(value) if found.axis in ("", "family") else words.equal(words.name(found.axis), value)
