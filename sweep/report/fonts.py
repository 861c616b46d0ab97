"""The figures' font, less the tables that make a PDF slow to write.

Every PDF embeds the characters that it uses, and picking them out of DejaVu Sans takes 0.15 s a face, two thirds of it
for tables of ligatures and mathematics that no figure of ours needs. Without them it is the same font, a third as slow.
"""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import matplotlib as mpl
from fontTools.ttLib import TTFont
from matplotlib import font_manager

BASE = "DejaVu Sans"
_LEAN = f"{BASE} for figures"
_TABLES = ("GSUB", "GPOS", "GDEF", "MATH")
_WEIGHTS = ("normal", "bold")
#: Records of a font's name table that hold the name of its family.
_FAMILY = (1, 16)


@cache
def family() -> str:
    """The name of the font to draw with: the lean one, or DejaVu Sans itself where it cannot be kept."""
    with suppress(OSError):
        for weight in _WEIGHTS:
            font_manager.fontManager.addfont(_lean(weight))
        return _LEAN
    return BASE


def _lean(weight: str) -> Path:
    """The file of a lean face, kept where matplotlib keeps what it knows of fonts."""
    found = font_manager.findfont(font_manager.FontProperties(family=[BASE], weight=weight))
    kept = Path(mpl.get_cachedir()) / f"wn-sweep-{Path(found).stem}-{Path(found).stat().st_size}.ttf"
    if not kept.exists():
        with TTFont(found, lazy=True, recalcTimestamp=False) as font:
            for table in _TABLES:
                if table in font:
                    del font[table]
            for record in font["name"].names:
                if record.nameID in _FAMILY:
                    record.string = _LEAN
            part = kept.with_suffix(f".{os.getpid()}.part")
            font.save(part)
        part.replace(kept)
    return kept
