"""Draws the similarity of generated kernels by layer: points as thin lines, the mean of each family as a thick one."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sweep.analysis.kernel_families import MEASURES, Line, Similarities
from sweep.report import words
from sweep.report.figures.hover import name_points
from sweep.report.figures.layout import panels
from sweep.report.figures.style import DASHES, INK, TWO_COLUMNS, drawable, families, look

_TITLES = {"between_samples": "between samples", "between_filters": "between output filters"}


def draw_kernels(alike: Similarities, width: float = TWO_COLUMNS) -> Figure:
    """Draw mean cosine similarities against depth, between samples and between filters, on one scale.

    Args:
        alike: the similarities.
        width: in inches; panels stand beside one another in two columns of a paper, and one above the other in one.
    """
    beside = width >= TWO_COLUMNS
    with look():
        looks = families([line.family for line in alike.families])
        dashes = {line.family: DASHES[i] for i, line in enumerate(reversed(alike.families))}
        keys = []
        for line in reversed(alike.families):
            points = sum(of_point.family == line.family for of_point in alike.points)
            colour, marker = looks[line.family]
            label = drawable(line.name, 24) + (f", mean of {words.plural(points, 'point')}" if points > 1 else "")
            keys.append(Line2D([], [], color=colour, marker=marker, ls=dashes[line.family], lw=1.4, label=label))
        figure, axes = panels(len(MEASURES), width, keys, head=0.2)
        low, high = _limits(alike)
        for ax, measure in zip(axes, MEASURES, strict=True):
            ax.grid(axis="y")
            for line in alike.points:
                _draw(ax, alike, line, measure, color=looks[line.family][0], lw=0.6, alpha=0.4)
            for line in alike.families:
                colour, marker = looks[line.family]
                _draw(ax, alike, line, measure, color=colour, lw=1.4, ls=dashes[line.family], marker=marker, ms=3.4)
            ax.set_ylim(low, high)
            ax.set_xlim(0.4, len(alike.layers) + 0.6)
            ax.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
            ax.set_title(_TITLES[measure], fontsize=7.2, pad=4, color=INK)
            if ax is axes[0] or not beside:
                ax.set_ylabel("cosine similarity")
            else:
                ax.tick_params(labelleft=False, left=False)
            if beside or ax is axes[-1]:
                ax.set_xlabel("generated convolution, by depth")
        return figure


def _draw(ax: Axes, alike: Similarities, line: Line, measure: str, **ink: object) -> None:
    values = line.values[measure]
    at = [(depth, layer) for depth, layer in enumerate(alike.layers, 1) if layer in values]
    (drawn,) = ax.plot([x for x, _ in at], [values[layer] for _, layer in at], **ink)  # type: ignore[arg-type]
    if "marker" in ink and at:
        names = [f"{line.name}, {layer}: {words.number(values[layer], 3)}" for _, layer in at]
        name_points(drawn, names)


def _limits(alike: Similarities) -> tuple[float, float]:
    """Give both panels one scale that holds every value."""
    every = [x for line in alike.points for measure in MEASURES for x in line.values[measure].values()]
    low, high = min(every, default=0.0), max(every, default=1.0)
    pad = 0.05 * (high - low) or 0.05
    return math.floor((low - pad) * 100) / 100, math.ceil((high + pad) * 100) / 100
