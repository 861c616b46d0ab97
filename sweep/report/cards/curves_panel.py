"""Draws one panel of error against an axis: every seed, the means, the line that joins them, the baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sweep.analysis.curves import Curves, Line, Panel, Spot
from sweep.report import words
from sweep.report.figures.hover import name_points
from sweep.report.figures.scales import zero_and_log
from sweep.report.figures.style import COLOURS, DASHES, MARKERS, PAPER, SOFT, drawable

#: The dashes of the baseline's level.
LEVEL = (0, (4, 2))
#: Lines that are drawn at most, evenly chosen.
LINES = 12


@dataclass(frozen=True)
class Ink:
    """The look of a line: colour, marker and dashes, so that it is also distinct in grey."""

    colour: str
    marker: str
    dash: Any


def drawn(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Choose the lines to draw: all, or a dozen of them from the first to the last."""
    if len(lines) <= LINES:
        return tuple(lines)
    return tuple(lines[round(i * (len(lines) - 1) / (LINES - 1))] for i in range(LINES))


def inks_of(lines: Sequence[Line]) -> dict[tuple[str, Any], Ink]:
    """Give each line its colour, marker and dashes."""
    return {
        (line.family, line.by): Ink(
            COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[(i + i // 6) % len(DASHES)]
        )
        for i, line in enumerate(lines)
    }


def draw_panel(ax: Axes, curves: Curves, panel: Panel) -> None:
    """Draw a panel; marks at the same x are moved apart a little."""
    ax.grid(axis="y")
    lines = drawn(panel.lines)
    inks = inks_of(drawn(curves.tuned.lines))
    step = min(0.15, 0.4 / max(1, len(lines) - 1)) * _scale_x(ax, curves)
    if panel.level and panel.level.errors:
        ax.axhline(panel.level.mean, color=SOFT, lw=1.1, ls=LEVEL, zorder=1.5)
        low, high = min(panel.level.errors.values()), max(panel.level.errors.values())
        ax.axhspan(low, high, color=SOFT, alpha=0.11, lw=0, zorder=1)
    for i, line in enumerate(lines):
        ink = inks[line.family, line.by]
        spots = [spot for spot in line.spots if spot.errors]
        aside = step * (i - (len(lines) - 1) / 2)
        xs = [_beside(ax, spot.x, aside) for spot in spots]
        dots = [(x, error) for x, spot in zip(xs, spots, strict=True) for error in spot.errors.values()]
        ax.plot(
            [x for x, _ in dots],
            [error for _, error in dots],
            ls="",
            marker=ink.marker,
            ms=2.6,
            mew=0,
            color=ink.colour,
            alpha=0.4,
            zorder=2,
        )
        ax.plot(xs, [spot.mean for spot in spots], color=ink.colour, ls=ink.dash, zorder=3)
        _mark(ax, [(x, spot) for x, spot in zip(xs, spots, strict=True) if spot.whole], ink, is_complete=True)
        _mark(ax, [(x, spot) for x, spot in zip(xs, spots, strict=True) if not spot.whole], ink, is_complete=False)


def _beside(ax: Axes, x: float, aside: float) -> float:
    """Shift an x by a distance on the drawn axis, in log units on a log axis."""
    if ax.get_xscale() == "linear":
        return x + aside
    if ax.get_xscale() == "log":
        return x * math.exp(aside)
    scale = ax.xaxis.get_transform()
    return float(scale.inverted().transform(scale.transform(np.array([x])) + aside)[0])


def _mark(ax: Axes, spots: Sequence[tuple[float, Spot]], ink: Ink, is_complete: bool) -> None:
    """Mark means, and name them; hollow where seeds or settings failed or are not in yet."""
    if not spots:
        return
    (marks,) = ax.plot(
        [x for x, _ in spots],
        [spot.mean for _, spot in spots],
        marker=ink.marker,
        color=ink.colour,
        mfc=ink.colour if is_complete else PAPER,
        mec=PAPER if is_complete else ink.colour,
        mew=0.6 if is_complete else 1.0,
        ls="",
        zorder=4,
    )
    name_points(marks, [_tooltip(spot) for _, spot in spots])


def _tooltip(spot: Spot) -> str:
    """Tell a mean: 'weightnet M=8 G=1: 5.23 % (5.10, 5.31 and 5.28)'."""
    errors = [words.number(error) for _, error in sorted(spot.errors.items())]
    seeds = f" ({words.several(errors)})" if 1 < len(errors) <= 6 else ""
    lacks = "" if spot.whole else f", {len(spot.errors)} of {words.plural(spot.seeds, 'seed')}"
    return f"{words.shorten(spot.point, 90)}: {words.number(spot.mean)}{words.metric().sign}{seeds}{lacks}"


def _scale_x(ax: Axes, curves: Curves) -> float:
    """Scale x for its values and label each; return the distance of neighbours, in log units on a log axis."""
    values = sorted({spot.x for panel in curves.panels for line in panel.lines for spot in line.spots})
    ax.set_xlabel(drawable(words.name(curves.x)))
    low, high = values[0], values[-1]
    if zero_and_log(ax, values):
        places = ax.xaxis.get_transform().transform(np.array(values))
        gaps: list[float] = np.diff(places).tolist()
        pad = max(0.35 * min(gaps), 0.04 * float(places[-1] - places[0]))
        ends = ax.xaxis.get_transform().inverted().transform(np.array([places[0] - pad, places[-1] + pad]))
        ax.set_xlim(*ends.tolist())
    elif low > 0 and high / low >= 4:
        ax.set_xscale("log", base=2)
        gaps = [math.log(b / a) for a, b in pairwise(values)]
        pad = math.exp(max(0.35 * min(gaps), 0.04 * math.log(high / low)))
        ax.set_xlim(low / pad, high * pad)
    else:
        gaps = [b - a for a, b in pairwise(values)] or [1.0]
        pad = max(0.35 * min(gaps), 0.04 * (high - low))
        ax.set_xlim(low - pad, high + pad)
    # a value gets a label only if there is room beside the previous label
    start, end = ax.transData.transform([(ax.get_xlim()[0], 0.5), (ax.get_xlim()[1], 0.5)])[:, 0]
    room = 0.09 * (end - start)
    labelled: list[float] = []
    at = math.nan
    for value, place in zip(values, ax.transData.transform([(value, 0.5) for value in values])[:, 0], strict=True):
        if not place - at < room:
            labelled.append(value)
            at = place
    ax.xaxis.set_major_locator(FixedLocator(labelled))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.value(float(f"{x:.12g}"))))
    if ax.get_xscale() == "function":
        return float(min(gaps))
    return min(*gaps, math.log(high / low) / 4 if ax.get_xscale() == "log" else (high - low or 4) / 4)
