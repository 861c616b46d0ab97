"""The style of figures, and saving them so that equal data gives equal bytes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unicodedata import category, east_asian_width

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.textpath import TextPath

from sweep.report.figures import fonts, hover

#: Widths in inches of one and two columns of a paper.
ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0

INK, SOFT, FAINT, PAPER, TINT = "#1d2129", "#5b6270", "#d9dce2", "#ffffff", "#eef4fa"

#: Okabe and Ito's colours but yellow, dark ones first: colour-blind eyes tell them apart; markers do so in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a9447c", "#56b4e9", "#c48a00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (3, 1)),
    (0, (8, 2)),
)

#: A family looks the same in every figure.
FAMILIES = {
    "static": ("#3d4452", "X"),
    "se": ("#c48a00", "v"),
    "sk": ("#009e73", "^"),
    "condconv": ("#d55e00", "s"),
    "weightnet": ("#0072b2", "o"),
}

#: Colours that the page may change in dark mode: a colour of figures, and the page's name for it.
THEMED = {
    INK: "ink",
    SOFT: "soft",
    FAINT: "faint",
    PAPER: "paper",
    TINT: "tint",
    "#3d4452": "slate",
    "#0072b2": "blue",
    "#d55e00": "vermilion",
    "#009e73": "green",
    "#a9447c": "purple",
    "#56b4e9": "sky",
    "#c48a00": "ochre",
}

RC: dict[Any, Any] = {
    "font.size": 7.0,
    "text.color": INK,
    "text.parse_math": False,  # names may hold dollars
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.grid": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 6.8,
    "ytick.labelsize": 6.8,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.6,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",  # looks the same on every machine
    "svg.hashsalt": "wn-sweep",  # ids follow from content, not from chance
    "pdf.fonttype": 42,  # TrueType, whole and searchable, as publishers ask
}


#: Metadata that is left out of files: the date, and the version of the software.
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "png": {"Software": None},
}


def families(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give each family its colour and marker; families without fixed ones get the unused ones, in order."""
    spare = [(colour, marker) for marker in MARKERS[4:] for colour in COLOURS[3:]]
    unknown = sorted(set(names) - set(FAMILIES))
    return {**FAMILIES, **{name: spare[i % len(spare)] for i, name in enumerate(unknown)}}


@contextmanager
def look() -> Iterator[None]:
    """Draw in this style regardless of the user's matplotlibrc, and restore matplotlib's settings afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC | {"font.family": [fonts.family(), *fonts.borrowed()]})
        yield


def drawable(text: str, length: int = 40) -> str:
    """Prepare any text for a figure: short, on one line, in characters that this machine has a font for.

    A character without a font is written by its number, as \\u4e2d. Wide ones count as two.
    """
    parts = [part for char in " ".join(text.split()) if (part := _drawable(char))]
    widths = [len(part) + sum(east_asian_width(char) in "WF" for char in part) for part in parts]
    if sum(widths) <= length:
        return "".join(parts)
    while sum(widths) > length - 1:
        widths.pop()
    return f"{''.join(parts[: len(widths)]).rstrip()}…"


def borrow_for(texts: Iterable[str]) -> None:
    """Find fonts for all characters of some texts, before figures with these texts are laid out."""
    for char in sorted(set().union(*texts)):
        _drawable(char)


def _drawable(char: str) -> str:
    """A character as a figure can show it; '' for one that only changes its neighbours."""
    if category(char) in ("Cf", "Cs"):
        return ""
    if fonts.has(char):
        return char
    if category(char) in ("Mn", "Me"):
        return ""
    if not fonts.borrow(char):
        return char.encode("unicode_escape").decode("ascii")
    if fonts.family() in mpl.rcParams["font.family"]:
        # texts written from here on may use that font
        mpl.rcParams["font.family"] = [fonts.family(), *fonts.borrowed()]
    return char


def distinct(texts: Sequence[str], length: int) -> list[str]:
    """Prepare texts for a figure as `drawable` does; texts that would look alike are cut in their middle."""
    shortened = [drawable(text, length) for text in texts]
    full_texts = [drawable(text, sum(map(len, texts)) + length) for text in texts]
    counts = Counter(shortened)
    tail = length // 2
    return [
        f"{full[: length - tail - 1]}…{full[-tail:]}" if counts[short] > 1 and len(full) > length else short
        for short, full in zip(shortened, full_texts, strict=True)
    ]


def text_width(text: str, size: float | None = None) -> float:
    """The width of a line of text in inches; `size` is the font size in points, that of ticks if not given."""
    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, prop=font_manager.FontProperties(size=size or mpl.rcParams["xtick.labelsize"]))
    # glyphs end at corners of their outlines, so that curves need not be evaluated
    across = path.vertices[path.codes != TextPath.CLOSEPOLY, 0]
    return float(np.ptp(across)) / 72 if len(across) else 0.0


def save(figure: Figure, stem: Path, png: bool = True) -> str:
    """Write `stem`.svg, .pdf and .png, without dates or random ids.

    Args:
        figure: drawn under `look()`.
        stem: path without a suffix, in a folder that exists.
        png: whether there is to be a .png.

    Returns:
        The text of the SVG, in which points have their names.
    """
    named = hover.begin(figure)
    with look():
        if fonts.borrowed():
            # an axis makes its text objects before their content is known, and so before fonts are borrowed for it
            for text in figure.findobj(Text):
                text.set_fontfamily(mpl.rcParams["font.family"])
        for suffix, metadata in _METADATA.items():
            if suffix == "png" and not png:
                continue
            figure.savefig(f"{stem}.{suffix}", format=suffix, dpi=220, metadata=metadata)
    drawn = Path(f"{stem}.svg")
    svg = hover.write_titles(drawn.read_text(encoding="utf-8"), named)
    drawn.write_text(svg, encoding="utf-8")
    return svg
