"""Draws error distribution functions, plain and at equal cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sweep.analysis.population import Array, Group, Population
from sweep.report import words
from sweep.report.figures.layout import panels
from sweep.report.figures.style import COLOURS, DASHES, FAMILIES, INK, TWO_COLUMNS, drawable, look

#: Lines that are drawn at most: more could not be told apart.
MOST = 8


def draw_population(distributions: Population, width: float = TWO_COLUMNS) -> Figure:
    """Draw a step for each group: the share of its points with at most so much error.

    Args:
        distributions: the groups.
        width: in inches; panels stand beside one another in two columns of a paper, and one above the other in one.
    """
    beside = width >= TWO_COLUMNS
    groups = distributions.groups[:MOST]
    weighted = len(groups) > 1 and all(np.isfinite(group.weights).all() for group in groups)
    with look():
        keys = [
            Line2D([], [], **_ink(distributions, group, j), label=drawable(_name(distributions, group.name), 30))
            for j, group in enumerate(groups)
        ]
        count = 1 + weighted
        figure, axes = panels(
            count, width if weighted or not beside else 0.6 * width, keys, 1.5, count if beside else 1, 0.2
        )
        errors = np.concatenate([group.errors[np.isfinite(group.errors)] for group in groups])
        pad = 0.05 * float(np.ptp(errors)) or 0.5
        for i, ax in enumerate(axes):
            ax.grid(axis="y")
            for j, group in enumerate(groups):
                _step(
                    ax,
                    distributions,
                    group,
                    j,
                    group.weights if i else np.full(len(group.errors), 1 / len(group.errors)),
                )
            ax.set_xlim(errors.min() - pad, errors.max() + pad)
            ax.set_ylim(0, 1.02)
            if beside or ax is axes[-1]:
                ax.set_xlabel(words.metric().label)
            if weighted:
                title = "at equal FLOPs" if distributions.cost == "flops" else f"at equal {distributions.cost}"
                ax.set_title(title if i else "each point counts alike", fontsize=7.2, pad=4, color=INK)
            if ax is axes[0] or not beside:
                ax.set_ylabel("share of points")
            else:
                ax.tick_params(labelleft=False, left=False)
        return figure


def _step(ax: Axes, distributions: Population, group: Group, number: int, weights: Array) -> None:
    finite = np.isfinite(group.errors)
    errors, shares = group.errors[finite], np.cumsum(weights)[finite]
    if errors.size:
        x = np.concatenate([[errors[0]], errors, [1e9]])
        ax.step(x, np.concatenate([[0.0], shares, shares[-1:]]), where="post", **_ink(distributions, group, number))


def _ink(distributions: Population, group: Group, number: int) -> dict[str, Any]:
    colour = FAMILIES.get(str(group.name), ("",))[0] if distributions.axis == "family" else ""
    return {"color": colour or COLOURS[number % len(COLOURS)], "ls": DASHES[number % len(DASHES)], "lw": 1.4}


def _name(distributions: Population, value: object) -> str:
    return str(value) if distributions.axis in ("", "family") else words.equal(words.name(distributions.axis), value)
