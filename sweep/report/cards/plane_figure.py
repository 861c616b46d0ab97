"""Draws a map of error over two axes, each cell with its number."""

import math
from statistics import stdev

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from sweep.analysis.plane import Plane
from sweep.report import words
from sweep.report.figures.style import INK, ONE_COLUMN, PAPER, TWO_COLUMNS, drawable, look

#: From little error to much; it also gets darker in grey.
_COLOURS = LinearSegmentedColormap.from_list("error", ["#0b3c5d", "#4f8fb8", "#dbe8f1"])
#: More columns or rows than these are drawn without numbers.
_NUMBERS = 10
#: Columns of fewer inches hold no numbers.
_NARROWEST = 0.5


def draw_plane(error_map: Plane, width: float = TWO_COLUMNS) -> Figure:
    """Draw a cell for each pair of values, x from left to right; one that the sweep does not ask for stays white.

    It is as wide as its columns need, up to `width` inches.
    """
    means = np.full((len(error_map.bys), len(error_map.xs)), np.nan)
    texts: dict[tuple[int, int], str] = {}
    for (x, by), spot in error_map.cells.items():
        at = (error_map.bys.index(by), error_map.xs.index(x))
        means[at] = spot.mean
        sd = f"\n± {words.number(stdev(spot.errors.values()))}" if len(spot.errors) > 1 else ""
        hollow = "" if spot.whole else "*"
        texts[at] = f"{words.number(spot.mean)}{hollow}{sd}" if spot.errors else "waits"
    with look():
        width = min(width, max(ONE_COLUMN, 0.9 + 0.72 * len(error_map.xs)))
        height = min(6.0, 0.85 + 0.42 * len(error_map.bys))
        figure = Figure(figsize=(width, height), dpi=72)
        ax = figure.add_axes((0.62 / width, 0.42 / height, 1 - 0.75 / width, 1 - 0.52 / height))
        low, high = (np.nanmin(means), np.nanmax(means)) if np.isfinite(means).any() else (0.0, 1.0)
        ax.imshow(means, cmap=_COLOURS, vmin=low, vmax=max(high, low + 1e-9), aspect="auto")
        if max(means.shape) <= _NUMBERS and width / len(error_map.xs) > _NARROWEST:
            for (row, column), text in texts.items():
                share = (means[row, column] - low) / max(high - low, 1e-9)
                colour = PAPER if math.isfinite(share) and share < 0.6 else INK
                ax.text(column, row, text, ha="center", va="center", fontsize=6.6, color=colour)
        _ticks(ax.set_xticks, [words.value(x) for x in error_map.xs])
        _ticks(ax.set_yticks, [words.value(by) for by in error_map.bys])
        ax.set_xlabel(drawable(words.name(error_map.x), 40))
        ax.set_ylabel(drawable(words.name(error_map.by), 40))
        ax.tick_params(length=0)
        for spine in ax.spines.values():
            spine.set_visible(False)
        return figure


def _ticks(put: object, names: list[str]) -> None:
    every = max(1, math.ceil(len(names) / 12))
    put(range(0, len(names), every), [drawable(name, 12) for name in names[::every]])  # type: ignore[operator]
