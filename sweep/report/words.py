"""How numbers and names are written in sentences, tables and figures."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sweep.analysis.estimates import Estimate
from sweep.analysis.fidelity import Ranking
from sweep.analysis.metric import WRITTEN, Metric
from sweep.analysis.nuisance import Setting
from sweep.analysis.order import is_blank, is_number
from sweep.space.columns import axis_name

#: The metric of the page that is being made.
_METRIC: ContextVar[Metric] = ContextVar("metric", default=WRITTEN["error"])

_NAMES = {"optimizer.lr": "learning rate", "lambda": "λ"}
_MINUS = "\N{MINUS SIGN}"
_THIN = "\N{NARROW NO-BREAK SPACE}"

#: A note for tables of differences to a baseline with extra seeds, whose weight differs by row.
NO_SUBTRACTION = (
    "The baseline has more seeds: a shared difference, a tuned one, and what tuning took are each estimated with the "
    "weight of these seeds that suits it best. The columns need not subtract to one another."
)


@contextmanager
def judged_by(metric: str) -> Iterator[None]:
    """Write numbers in the format of a metric, 'error' or 'loss', while a page is made."""
    token = _METRIC.set(WRITTEN[metric])
    try:
        yield
    finally:
        _METRIC.reset(token)


def metric() -> Metric:
    """The metric of the page that is being made."""
    return _METRIC.get()


def name(axis: str) -> str:
    """The common name of an axis or a nuisance, if it has one."""
    return axis_name(axis) if axis_name(axis) != axis else _NAMES.get(axis, axis)


def value(cell: Any) -> str:
    """Write the value of an axis: 8, 0.25, 1/48, or text unchanged; blank where the axis does not apply."""
    if is_blank(cell):
        return ""
    if not is_number(cell):
        return str(cell)
    number = float(cell)
    short = f"{number:.6g}"
    if 0 < abs(number) < 1 and len(short) > 6 and "e" not in short:
        fraction = Fraction(number).limit_denominator(9999)
        if fraction.numerator < 100 and abs(float(fraction) / number - 1) < 1e-9:
            return str(fraction)
    return short.replace("-", _MINUS) if number < 0 else short


def equal(name: str, cell: Any) -> str:
    """Write that an axis has a value, on one line: 'λ = 8'."""
    return f"{name}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{value(cell) or '(none)'}"


def number(x: float, digits: int | None = None) -> str:
    """Write a measured number to so many decimals, those of the page's metric if not given; '–' if there is none."""
    if not math.isfinite(x):
        return "–"
    digits = metric().digits if digits is None else digits
    text = f"{x:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", _MINUS)


def signed(x: float, digits: int | None = None) -> str:
    """Write a difference with its sign."""
    digits = metric().digits if digits is None else digits
    text = number(x, digits)
    return f"+{text}" if math.isfinite(x) and float(f"{x:.{digits}f}") > 0 else text


def count(n: float) -> str:
    """Write a whole number in groups of three: 1 367 024."""
    return f"{int(n):,}".replace(",", _THIN) if math.isfinite(n) else "–"


def plural(n: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def several(words: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def interval(estimate: Estimate, digits: int | None = None) -> str:
    """Write an interval after the mean that it is about, on one line: ' [0.12, 0.90]', or why there is none."""
    if not math.isfinite(estimate.low):
        return f" (no interval: {'equal at every seed' if estimate.equal else 'one seed'})"
    return f" [{number(estimate.low, digits)},\N{NO-BREAK SPACE}{number(estimate.high, digits)}]"


def error_interval(estimate: Estimate) -> str:
    """Write the interval of a mean error, which lies between 0 and 100: ' [5.10, 7.90]', or the reason for none.

    An end outside the possible range is never written as a number. Two seeds give no useful interval.
    """
    if estimate.n == 2 and math.isfinite(estimate.low):
        return " (two seeds give no useful interval)"
    if not math.isfinite(estimate.low):
        return interval(estimate)
    return f" [{possible(estimate.low)}, {possible(estimate.high)}]"


def possible(error: float) -> str:
    """Write a mean error or an end of its interval; outside the possible range as '< 0' or '> 100'."""
    if error < 0:
        return "< 0"
    return "> 100" if error > 100 and metric().noun == "error" else number(error)


def verdict(first: str, second: str, estimate: Estimate) -> str:
    """Describe how the errors of two things differ; it says which is lower only if the interval excludes zero.

    Args:
        first: a name.
        second: a name.
        estimate: error of the first less that of the second, in points, over at least one seed.
    """
    size = number(abs(estimate.mean))
    if estimate.n == 1:
        return f"{first} and {second} differ by {size} {metric().points} at one seed, which gives no interval"
    if not math.isfinite(estimate.low):
        if float(f"{estimate.mean:.9f}") == 0:
            return f"{first} and {second} have the same {metric().noun} at every seed"
        return f"{first} and {second} differ by {size} {metric().points}, equal at every seed, which gives no interval"
    if not estimate.clear:
        return f"{first} vs {second}: {outcome(estimate)}"
    less, gap = ("less", turned(estimate)) if estimate.mean < 0 else ("more", estimate)
    return f"{first} has {less} {metric().noun} than {second} by {points_of_error(gap)}"


def outcome(estimate: Estimate, small: bool = False) -> str:
    """Write a difference with its meaning: '−0.42 points [−2.33, 1.48], inconclusive'.

    Args:
        estimate: error of a first thing less that of a second, in points, over at least one seed.
        small: whether it was shown to be smaller than what matters.
    """
    difference = points_of_error(estimate, sign=True)
    if not math.isfinite(estimate.low):
        return difference
    if small:
        return f"{difference}, too small to matter"
    if not estimate.clear:
        return f"{difference}, inconclusive"
    return f"{difference}, {'less' if estimate.mean < 0 else 'more'} {metric().noun}"


def points_of_error(estimate: Estimate, sign: bool = False) -> str:
    """Write a difference of errors: '1.30 points [0.20, 2.40]', if wished with its sign.

    One whose interval excludes zero is never written as 0.00: it gets as many decimals as that needs.
    """
    least = min(abs(estimate.low), abs(estimate.high), abs(estimate.mean)) if estimate.clear else math.nan
    usual = metric().digits
    digits = max(usual, math.ceil(-math.log10(least))) if 0 < least < math.inf else usual
    text = signed(estimate.mean, digits) if sign else number(estimate.mean, digits)
    return f"{text} {metric().points}{interval(estimate, digits)}"


def turned(estimate: Estimate) -> Estimate:
    """Reverse a difference: b less a, for a less b."""
    return replace(estimate, mean=-estimate.mean, low=-estimate.high, high=-estimate.low)


def seeds(estimate: Estimate) -> str:
    """Write the seeds of a difference: '3 seeds, paired, and 6 more of the baseline'."""
    more = f", and {estimate.extra} more of the baseline" if estimate.extra else ""
    return f"{plural(estimate.n, 'seed')}{', paired' if estimate.n > 1 else ''}{more}"


def sentence(text: str) -> str:
    """Make a sentence of words."""
    return f"{text[0].upper()}{text[1:]}."


def setting(names: Sequence[str], values: Setting) -> str:
    """Write a nuisance setting: 'learning rate 0.01, optimizer.weight_decay 0.05'."""
    return ", ".join(f"{name(key)} {value(cell)}" for key, cell in zip(names, values, strict=True))


def which(names: Sequence[str], values: Setting) -> str:
    """Write a nuisance setting briefly: '0.01', or the whole setting in parentheses."""
    return value(values[0]) if len(names) == 1 else f"({setting(names, values)})"


def nuisance(names: Sequence[str]) -> str:
    """Name what is tuned: 'learning rate', or 'setting' if it is more than one thing."""
    return name(names[0]) if len(names) == 1 else "setting"


def fixed(values: Mapping[str, Any]) -> str:
    """Write the fixed values of a card: 'width = 0.5, kernel = 3'; '' for none."""
    return ", ".join(equal(name(axis), cell) for axis, cell in values.items())


def shorten(text: str, length: int) -> str:
    """Cut text to a length, with a mark where it was cut."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def ranking(agreement: Ranking) -> str:
    """Write a rank agreement with its interval, if there is one: '0.24 [-0.56, 1.00]'."""
    if not math.isfinite(agreement.low):
        return number(agreement.value, 2)
    low, high = number(agreement.low, 2), number(agreement.high, 2)
    return f"{number(agreement.value, 2)} [{low},\N{NO-BREAK SPACE}{high}]"
