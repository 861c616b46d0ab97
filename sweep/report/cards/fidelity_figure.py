"""Draws errors in a sweep against those of a reference."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from sweep.analysis.fidelity import Agreement, ReferenceValue
from sweep.analysis.records import records
from sweep.report import words
from sweep.report.figures.labels import place
from sweep.report.figures.style import INK, ONE_COLUMN, PAPER, drawable, families, look


def draw_agreement(
    points: pd.DataFrame,
    ranks: Agreement,
    reference: Mapping[str, ReferenceValue],
    name: str,
    width: float = ONE_COLUMN * 1.25,
) -> Figure:
    """Draw a mark for each point in both, with its standard deviation in the sweep and its tolerance in the reference.

    Args:
        points: `Study.table`.
        ranks: which points to draw.
        reference: the reference's errors by point.
        name: the reference's.
        width: in inches.
    """
    rows = records(points[points["point"].isin(ranks.points)])
    looks = families(str(row.get("family", "")) for row in rows)
    with look():
        height = 0.8 * width
        figure = Figure(figsize=(width, height), dpi=72)
        ax = figure.add_axes((0.51 / width, 0.44 / height, 1 - 0.64 / width, 1 - 0.54 / height))
        ax.grid(axis="both")
        avoid, anchors, names = [], [], []
        for row in rows:
            x, value = row["mean"], reference[row["point"]]
            sd = row["sd"] if row["n"] > 1 else 0.0
            family = str(row.get("family", ""))
            colour, marker = looks.get(family, (INK, "o"))
            ax.plot([x - sd, x + sd], [value.error] * 2, color=colour, lw=0.8, alpha=0.5)
            ax.plot(
                [x] * 2,
                [value.error - value.tolerance, value.error + value.tolerance],
                color=colour,
                lw=0.8,
                alpha=0.5,
            )
            ax.plot([x], [value.error], marker=marker, color=colour, mec=PAPER, mew=0.6, ms=5.4, ls="", zorder=4)
            anchors.append((x, value.error))
            short = row["point"].removeprefix(f"{family} ")
            names.append(drawable(short, 24))
        ax.margins(0.12)
        ax.set_xlabel(f"{words.metric().noun} in this sweep, {words.metric().unit}")
        ax.set_ylabel(f"error on {drawable(name, 40)}, %")
        ax.autoscale_view()
        for (x, y), row in zip(anchors, rows, strict=True):
            at_x, at_y = ax.transData.transform((x, y))
            half = ax.transData.transform((x + (row["sd"] if row["n"] > 1 else 0.0), y))[0] - at_x
            avoid.append(Bbox.from_extents(at_x - 4, at_y - 4, at_x + 4, at_y + 4))
            avoid.append(Bbox.from_extents(at_x - half, at_y - 1, at_x + half, at_y + 1))
        place(ax, anchors, names, avoid)
        return figure
