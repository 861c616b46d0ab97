"""The figures' font, less what makes a PDF slow to write.

Every PDF embeds the characters that it uses, and picking them out of all that DejaVu Sans has takes 0.15 s a face, most
of it for tables of ligatures and mathematics that no figure needs. Out of European letters and signs it takes 0.015 s.
"""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager

BASE = "DejaVu Sans"
_LEAN = f"{BASE} for figures"
#: Latin, Greek, Cyrillic, punctuation, arrows, signs of mathematics, shapes.
_CHARACTERS = (range(0x20, 0x530), range(0x1E00, 0x1F00), range(0x2000, 0x2300), range(0x25A0, 0x2600))
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
        # takes a quarter of a second to import, and is needed once on a machine
        from fontTools.subset import Options, Subsetter
        from fontTools.ttLib import TTFont

        with TTFont(found, lazy=True, recalcTimestamp=False) as font:
            options = Options(layout_features=[], name_IDs=["*"], notdef_outline=True, glyph_names=True)
            options.drop_tables += ["GSUB", "GPOS", "GDEF", "MATH", "FFTM"]
            pick = Subsetter(options)
            pick.populate(unicodes=[code for some in _CHARACTERS for code in some])
            pick.subset(font)
            for record in font["name"].names:
                if record.nameID in _FAMILY:
                    record.string = _LEAN
            part = kept.with_suffix(f".{os.getpid()}.part")
            font.save(part)
        part.replace(kept)
    return kept
