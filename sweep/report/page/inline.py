"""Turns a figure's SVG file into an element of a page: smaller, with its own ids, in colours of the page."""

import re

from markupsafe import Markup

from sweep.report.figures.style import THEMED

_NOISE = (r"<!--.*?-->", r"<metadata>.*?</metadata>", r"<style.*?</style>")
_COLOURS = re.compile("|".join(THEMED), re.IGNORECASE)
#: Lengths that are drawn in points of a 72nd of an inch: a hundredth of one is finer than any screen.
_PLACES = re.compile(r'(?<= )(d|x|y)="([^"]*)"')
_LONG = re.compile(r"(\d\.\d\d)\d+")
_TITLES = re.compile(r"(<title>[^<]*</title>)")
#: Markers of one line, each with the style of all.
_USES = re.compile(r'(<g clip-path="[^"]*")>((?:\s*<use [^>]*style="([^"]*)"/?>(?:<title>[^<]*</title></use>)?)+)')


def inline(svg: str, prefix: str, alt: str, themed: bool = True, kind: str = "") -> Markup:
    """Turn a file of matplotlib's into an element of a page.

    Args:
        svg: the file's text.
        prefix: put before each id, since a page has several figures and ids are the page's.
        alt: the description for screen readers.
        themed: whether the colours of the style become the page's variables.
        kind: a class for the element.
    """
    body = svg[svg.index("<svg") :]
    for noise in _NOISE:
        body = re.sub(noise, "", body, flags=re.DOTALL)
    # names of points must stay unchanged
    parts = _TITLES.split(_USES.sub(_share_style, re.sub(r"\n\s*", "\n", body)))
    parts[::2] = [_adapt(part, prefix, themed) for part in parts[::2]]
    body = "".join(parts)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
    assert box, "matplotlib writes a viewBox"
    opening = (
        Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}" style="--points:{}" ')
        + Markup('xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">')
    ).format(f"{kind}{'' if themed else ' paper'}".strip(), box[1], box[2], alt, box[1])
    return opening + Markup(body[body.index(">") + 1 :])


def _adapt(drawing: str, prefix: str, themed: bool) -> str:
    """Shorten the numbers of a drawing, and make its ids and colours the page's."""
    drawing = _PLACES.sub(lambda match: f'{match[1]}="{_LONG.sub(lambda n: n[1], match[2])}"', drawing)
    drawing = re.sub(r'\bid="', f'id="{prefix}-', drawing)
    drawing = re.sub(r'(xlink:href="#|url\(#)', rf"\1{prefix}-", drawing)
    return _COLOURS.sub(lambda match: f"var(--{THEMED[match[0].lower()]})", drawing) if themed else drawing


def _share_style(match: "re.Match[str]") -> str:
    """Move the style that all markers of a group share to the group."""
    group, uses, style = match.groups()
    if len(set(re.findall(r'style="([^"]*)"', uses))) != 1:
        return match[0]
    return f'{group} style="{style}">' + uses.replace(f' style="{style}"', "")
