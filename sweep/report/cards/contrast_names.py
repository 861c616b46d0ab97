"""Names of comparisons, in words."""

from sweep.analysis.question import Contrast
from sweep.report import words


def comparison(contrast: Contrast) -> str:
    """Name a comparison: 'λ = 8 vs 1', 'weightnet vs static', 'gate = soft vs none'."""
    value, other = (words.shorten(words.value(cell), 40) for cell in (contrast.value, contrast.other))
    name = words.shorten(words.name(contrast.axis), 40)
    return f"{value} vs {other}" if name == "family" else f"{words.equal(name, value)} vs {other}"
