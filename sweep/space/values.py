"""Values of axes that are neither plain numbers nor words: fractions, and the stages of a network."""

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from sweep.space.source import did_you_mean

#: The most of M, G, lambda and experts, and the finest fraction of them: no layer has as many channels.
MOST, FINEST = 4096, 1_000_000

_RATIO = re.compile(r"[-+]?[\d.]{1,40}(e[-+]?\d\d?)?(/\d{1,40})?", re.IGNORECASE)


def ratio(value: object) -> Fraction:
    """A positive number or a fraction such as '1/24', exactly as it was written; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError("needs a number or a fraction such as 1/24")
    # 0.1 is a tenth, as written, not the float next to it; an exponent of a thousand digits would never end
    text = str(value).strip()
    try:
        number = Fraction(text) if _RATIO.fullmatch(text) else None
    except (ValueError, ZeroDivisionError):
        number = None
    if number is None:
        raise ValueError(f"{value!r} is not a number or a fraction such as 1/24")
    if not 0 < number <= MOST:
        raise ValueError(f"must be over 0 and at most {MOST}, found {value}")
    if number.denominator > FINEST:
        raise ValueError(f"{value} is too fine a fraction: no layer has as many channels")
    return number


def stages(value: object) -> str | tuple[int, ...]:
    """Which stages a family applies to: all, first, last, a stage's number (from 1) or a list; raises ValueError."""
    if value in ("all", "first", "last"):
        return str(value)
    numbers = value if isinstance(value, list | tuple) else (value,)
    if numbers and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= 6 for n in numbers):
        return tuple(sorted(set(numbers)))
    hint = did_you_mean(value, ("all", "first", "last")) if isinstance(value, str) else ""
    raise ValueError(f"needs all, first, last, the number of a stage from 1 on, or a list of them{hint}")


#: A positive number or a fraction in quotes; that it is at most MOST a schema cannot say of text.
_RATIO_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": MOST},
        {"type": "string", "pattern": r"^\s*\+?[\d.]{1,40}([eE][-+]?\d\d?)?(/\d{1,40})?\s*$"},
    ]
}
_STAGE = {"type": "integer", "minimum": 1, "maximum": 6}
_STAGES_SCHEMA = {
    "anyOf": [{"enum": ["all", "first", "last"]}, _STAGE, {"type": "array", "items": _STAGE, "minItems": 1}]
}

Ratio = Annotated[Fraction, BeforeValidator(ratio), WithJsonSchema(_RATIO_SCHEMA)]
Stages = Annotated[str | tuple[int, ...], BeforeValidator(stages), WithJsonSchema(_STAGES_SCHEMA)]
