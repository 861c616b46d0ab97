"""Draws learning curves: a line a point, and the points that matter most with a band over their seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from sweep.report.figures.layout import panels
from sweep.report.figures.scales import LOG_FROM
from sweep.report.figures.style import COLOURS, INK, TWO_COLUMNS, drawable, families, look

#: Of more lines than these the page holds a picture, not each line.
LINES = 60


def draw_learning(
    data: pd.DataFrame, names: Mapping[str, str], out: Sequence[str], width: float = TWO_COLUMNS
) -> Figure:
    """Draw the training loss of each epoch.

    Args:
        data: `point`, `epoch`, `mean`, `low`, `high`: a row a point and epoch, those of a point together.
        names: the family of each point; empty if families do not vary.
        out: points that are brought out, with their band.
        width: in inches.
    """
    with look():
        looks = families(names.values())
        points = data["point"].tolist()
        starts = [i for i in range(len(points)) if i == 0 or points[i] != points[i - 1]]
        table = data[["epoch", "mean", "low", "high"]].to_numpy(dtype=float)
        curves = dict(zip([points[i] for i in starts], np.split(table, starts[1:]), strict=True))
        colours = {point: looks[names[point]][0] if point in names else COLOURS[0] for point in curves}
        keys = [
            Line2D([], [], color=looks[name][0], lw=1.2, label=drawable(name, 24))
            for name in dict.fromkeys(names.values())
        ]
        strong = dict(zip(out, (INK, COLOURS[3]), strict=False))
        keys += [Line2D([], [], color=ink, lw=2.0, label=drawable(point, 30)) for point, ink in strong.items()]
        figure, (ax,) = panels(1, width, keys, height=2.2)
        _limit(ax, data)
        lines = [rows[:, :2] for rows in curves.values()]
        faint = LineCollection(
            lines,
            colors=[colours[point] for point in curves],
            linewidths=0.8,
            alpha=0.45,
            rasterized=len(lines) > LINES,
        )
        ax.add_collection(faint)
        for point, ink in strong.items():
            epoch, mean, low, high = curves[point].T
            ax.fill_between(epoch, low, high, color=ink, alpha=0.16, lw=0)
            ax.plot(epoch, mean, color=ink, lw=1.8)
        return figure


def _limit(ax: Axes, data: pd.DataFrame) -> None:
    """Scale the axes: loss is logarithmic where it differs much."""
    ax.set_xlabel("epoch")
    ax.set_xlim(1, max(2, int(data["epoch"].max())))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    values = data["mean"].to_numpy(dtype=float)
    values = values[np.isfinite(values) & (values > 0)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.1, 1.0)
    log = high / low > LOG_FROM
    ax.set_ylabel(f"training loss{' (log scale)' if log else ''}")
    ax.grid(axis="y")
    if log:
        ax.set_yscale("log")
        ax.set_ylim(low / 1.15, high * 1.15)
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 1e3 else (1.0,)))
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        pad = 0.05 * (high - low) or 0.1
        ax.set_ylim(low - pad, high + pad)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
