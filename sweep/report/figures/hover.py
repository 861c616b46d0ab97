"""Names of a figure's points, written into its SVG as titles: browsers show them as tooltips."""

import html
import re
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

_NAMES: WeakKeyDictionary[Artist, tuple[str, ...]] = WeakKeyDictionary()

#: The prefix of the id of a group of named points.
PREFIX = "named-"


def name_points(line: Line2D, names: Sequence[str]) -> None:
    """Name the points of a line of markers, in the order of its data, all of which lie inside its axes.

    Raises:
        ValueError: if there are not as many names as points.
    """
    points = np.size(line.get_xdata())
    if len(names) != points:
        raise ValueError(f"{len(names)} names for {points} points")
    _NAMES[line] = tuple(names)


def begin(figure: Figure) -> list[tuple[str, ...]]:
    """Give the groups of named points their ids, in the order of the drawing, and return their names."""
    groups: list[tuple[str, ...]] = []
    # not `findobj`, which creates every tick of every axis
    for line in [line for axes in figure.axes for line in axes.lines if line in _NAMES]:
        line.set_gid(f"{PREFIX}{len(groups)}")
        groups.append(_NAMES[line])
    return groups


def write_titles(svg: str, groups: Sequence[Sequence[str]]) -> str:
    """Write the names into the SVG of a figure for which `begin` answered `groups`.

    Raises:
        ValueError: if a group has not as many markers as names, so that a point would get another's name.
    """
    for number, names in enumerate(groups):
        start = svg.index(f'<g id="{PREFIX}{number}">')
        # markers are used inside one group of their own
        end = svg.index("</g>", start)
        uses = list(re.finditer(r"<use ([^>]*)/>", svg[start:end]))
        if len(uses) != len(names):
            raise ValueError(f"{len(uses)} markers for {len(names)} names")
        parts, at = [svg[:start]], start
        for use, name in zip(uses, names, strict=True):
            title = html.escape(_printable(name))
            parts += [svg[at : start + use.start()], f"<use {use[1]}><title>{title}</title></use>"]
            at = start + use.end()
        svg = "".join([*parts, svg[at:]])
    return svg


def _printable(text: str) -> str:
    """Remove characters that XML does not allow, and put the text on one line."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable() and not 0xD800 <= ord(char) < 0xE000)
