"""Draws error against an axis after short training, after long training, and in the paper, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sweep.analysis.curves import Curves, Panel
from sweep.report.cards.curves_figure import header, keys_of, scale_errors
from sweep.report.cards.curves_panel import draw_panel
from sweep.report.figures.layout import bottom, legend
from sweep.report.figures.style import INK, TINT, TWO_COLUMNS, drawable, look


@dataclass(frozen=True)
class Titled:
    """A panel with its heading; `apart` if its errors are of other images and need their own scale."""

    head: str
    title: str
    panel: Panel
    apart: bool = False


def draw_short_and_long(curves: Curves, drawn: Sequence[Titled], width: float = TWO_COLUMNS) -> Figure:
    """Draw the panels of `drawn` with the lines and colours of `curves`.

    Args:
        curves: its panels are those drawn, so that all share their x.
        drawn: panels in their order, those apart last.
        width: in inches; side by side in two columns of a paper, one above the other in one.
    """
    beside = width >= TWO_COLUMNS
    with look():
        keys = keys_of(curves, curves.tuned)
        below = bottom(keys, width)
        rows = 1 if beside else len(drawn)
        height = below + (2.12 if beside else 1.95 * rows + 0.1)
        figure = Figure(figsize=(width, height), dpi=72)
        grid = figure.add_gridspec(
            rows,
            len(drawn) if beside else 1,
            left=0.066 if beside else 0.13,
            right=0.985,
            top=1 - 0.53 / height,
            bottom=below / height,
            wspace=0.2,
            hspace=0.62,
        )
        axes: list[Axes] = []
        for i, titled in enumerate(drawn):
            ax = figure.add_subplot(grid[0, i] if beside else grid[i, 0])
            axes.append(ax)
            draw_panel(ax, curves, titled.panel)
            ax.set_title(drawable(titled.title, 40), fontsize=7.2, pad=4, color=INK)
            if titled.panel is curves.tuned:
                ax.set_facecolor(TINT)
            if not beside and i + 1 < len(drawn):
                ax.set_xlabel("")
        for apart in (False, True):
            places = [i for i, titled in enumerate(drawn) if titled.apart == apart]
            if places:
                scale_errors([axes[i] for i in places], [drawn[i].panel for i in places])
        for ax in axes[1:]:
            ax.set_ylabel("" if beside else axes[0].get_ylabel())
        for ax, titled in zip(axes, drawn, strict=True):
            header(figure, [ax], drawable(titled.head, 40))
        legend(figure, keys)
        return figure
