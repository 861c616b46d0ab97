"""Draws each point's chance to be on the front, a panel for each cost."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sweep.analysis.front_chances import Chances
from sweep.report.figures.style import COLOURS, FAINT, INK, TWO_COLUMNS, drawable, look


def draw_chances(by_cost: Mapping[str, Chances], points: Sequence[str], width: float = TWO_COLUMNS) -> Figure:
    """Draw a bar for each point, from no chance to certainty.

    Args:
        by_cost: by the name of the cost.
        points: which to draw, from top to bottom.
        width: in inches; panels stand beside one another in two columns of a paper, and in pairs in one.
    """
    with look():
        wide = width >= TWO_COLUMNS
        across = len(by_cost) if wide else min(2, len(by_cost))
        down = math.ceil(len(by_cost) / across)
        panel, gap = 0.12 + 0.17 * max(2, len(points)), 0.5
        height = 0.45 + panel * down + gap * (down - 1) + 0.28
        figure = Figure(figsize=(width, height), dpi=72)
        grid = figure.add_gridspec(
            down,
            across,
            left=1.4 / width,
            right=1 - 0.14 / width,
            top=1 - 0.28 / height,
            bottom=0.45 / height,
            wspace=0.18 if wide else 0.3,
            hspace=gap / panel,
        )
        axes: list[Axes] = []
        for i, (name, chances) in enumerate(by_cost.items()):
            ax = figure.add_subplot(grid[i // across, i % across], sharey=axes[0] if axes else None)
            axes.append(ax)
            ax.grid(axis="x")
            for row, point in enumerate(points):
                chance = chances.chance.get(point)
                if chance is None:
                    continue
                ax.barh(row, 1.0, height=0.62, color=FAINT, alpha=0.45, lw=0)
                ax.barh(row, chance, height=0.62, color=COLOURS[0], alpha=1.0 if chance >= 0.95 else 0.55, lw=0)
            ax.set_xlim(0, 1)
            ax.set_xticks([0, 0.5, 1], ["0", "50", "100"])
            ax.set_title(f"against {name}" if wide else name, fontsize=7.2, pad=4, color=INK)
            ax.tick_params(axis="y", left=False, labelleft=i % across == 0)
            ax.spines["left"].set_visible(False)
        axes[0].set_ylim(len(points) - 0.4, -0.6)
        axes[0].set_yticks(range(len(points)), [drawable(point, 26) for point in points])
        figure.supxlabel("chance to be on the front of expected error, %", fontsize=7.5, color=INK, y=0.09 / height)
        return figure
