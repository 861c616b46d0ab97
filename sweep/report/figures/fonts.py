"""The figures' font: a subset of DejaVu Sans, with which a PDF is faster to write.

Every PDF embeds the characters that it uses, and picking them out of all that DejaVu Sans has takes 0.15 s a face, most
of it for tables of ligatures and mathematics that no figure needs. Out of European letters and signs it takes 0.015 s.

What that font lacks (Chinese, Japanese, Korean, emoji, ...) is borrowed from a font of the machine that has it.
"""

import os
import warnings
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

BASE = "DejaVu Sans"
_LEAN = f"{BASE} for figures"
#: Latin, Greek, Cyrillic, punctuation, arrows, signs of mathematics, shapes.
_CHARACTERS = (range(0x20, 0x530), range(0x1E00, 0x1F00), range(0x2000, 0x2300), range(0x25A0, 0x2600))
_WEIGHTS = ("normal", "bold")
#: Records of a font's name table that hold the name of its family.
_FAMILY = (1, 16)
#: Names of fonts that characters were borrowed from.
_borrowed: set[str] = set()


@cache
def family() -> str:
    """The name of the font to draw with: the subset, or DejaVu Sans itself if the subset cannot be stored."""
    with suppress(OSError):
        for weight in _WEIGHTS:
            font_manager.fontManager.addfont(_lean(weight))
        return _LEAN
    return BASE


def has(char: str) -> bool:
    """Whether the font to draw with has a character."""
    return ord(char) in _characters()


def borrow(char: str) -> bool:
    """Find a font on this machine for a character that the drawing font lacks, and note it for `borrowed`."""
    name = _lender(char)
    if name is not None:
        _borrowed.add(name)
    return name is not None


def borrowed() -> list[str]:
    """The fonts that characters were borrowed from, in an order that does not depend on what was drawn."""
    return [name for name in _others() if name in _borrowed]


@cache
def _characters() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(family())).get_charmap())


@cache
def _lender(char: str) -> str | None:
    """The first font that has a character and can draw it."""
    for name in _others():
        with suppress(Exception):  # fonts of this machine may be broken
            path = font_manager.findfont(_named(name), fallback_to_default=False, rebuild_if_missing=False)
            if font_manager.get_font(path).get_char_index(ord(char)) and _draws(name, char):
                return name
    return None


def _named(name: str) -> font_manager.FontProperties:
    return font_manager.FontProperties(family=[name])


@cache
def _others() -> tuple[str, ...]:
    """The names of all other fonts of upright letters: DejaVu Sans, then those without serifs, then the rest."""
    faces = font_manager.fontManager.ttflist
    plain = {face.name for face in faces if face.style == "normal" and face.weight in (400, "normal", "regular")}
    # one that has a box for every character there is
    plain = {name for name in plain if "lastresort" not in name.replace(" ", "").lower()}
    return tuple(sorted(plain - {_LEAN}, key=lambda name: (name != BASE, "sans" not in name.lower(), name)))


@cache
def _draws(name: str, char: str) -> bool:
    """Whether a character comes out as lines in SVG and in PDF: a font of coloured pictures has none."""
    figure = Figure(figsize=(1, 1))
    with mpl.rc_context({"svg.fonttype": "path", "pdf.fonttype": 42}), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.text(0.5, 0.5, char, family=[name])
        for kind in ("svg", "pdf"):
            figure.savefig(BytesIO(), format=kind)
    return len(TextPath((0, 0), char, prop=_named(name)).vertices) > 0


def _lean(weight: str) -> Path:
    """The file of a face of the subset, stored in matplotlib's cache."""
    source = font_manager.findfont(font_manager.FontProperties(family=[BASE], weight=weight))
    kept = Path(mpl.get_cachedir()) / f"wn-sweep-{Path(source).stem}-{Path(source).stat().st_size}.ttf"
    if not kept.exists():
        # takes a quarter of a second to import, and is needed once on a machine
        from fontTools.subset import Options, Subsetter
        from fontTools.ttLib import TTFont

        with TTFont(source, lazy=True, recalcTimestamp=False) as font:
            options = Options(layout_features=[], name_IDs=["*"], notdef_outline=True, glyph_names=True)
            options.drop_tables += ["GSUB", "GPOS", "GDEF", "MATH", "FFTM"]
            pick = Subsetter(options)
            pick.populate(unicodes=[code for block in _CHARACTERS for code in block])
            pick.subset(font)
            for record in font["name"].names:
                if record.nameID in _FAMILY:
                    record.string = _LEAN
            part = kept.with_suffix(f".{os.getpid()}.part")
            font.save(part)
        part.replace(kept)
    return kept
