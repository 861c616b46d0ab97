"""Sentences on a difference along an axis: with each point tuned, and at one shared setting."""

import math
from collections.abc import Sequence
from typing import Any

from sweep.analysis.curves import Curves, Spread
from sweep.report import words
from sweep.report.cards.curves_figure import shown


def overall(curves: Curves) -> dict[Any, Spread]:
    """Pick the spread to report, by setting: the mean over all lines, or one line's if that mean has no seed."""
    tuned = [spread for spread in curves.spreads if spread.setting is None]
    # The mean over all lines is the last one, where there is one; of lines, the first with most seeds.
    chosen = tuned[-1] if tuned and tuned[-1].spread.n else max(tuned, key=lambda spread: spread.spread.n, default=None)
    return {spread.setting: spread for spread in curves.spreads if chosen and spread.line == chosen.line}


def tuned_sentence(curves: Curves, nuisance: Sequence[str], of: int = 1) -> str | None:
    """Describe the effect of the axis with each point tuned; None if no seed has both ends.

    With `of` several curves, the sentence names the one that it is about.
    """
    tuned = overall(curves).get(None)
    if tuned is None or tuned.spread.n == 0:
        return None
    prefix = f"With the {words.nuisance(nuisance)} tuned for each point, " if len(curves.panels) > 1 else ""
    curve_name = f"{words.shorten(words.fixed(curves.fixed), 120)}, the first of {of} curves; " if of > 1 else ""
    details = f"({curve_name}{_of(curves, tuned)}{words.seeds(tuned.spread)})"
    high, low = (words.equal(words.name(curves.x), end) for end in (tuned.x_high, tuned.x_low))
    return f"{prefix}{words.verdict(high, low, words.turned(tuned.spread))} {details}."


def lines_sentence(curves: Curves) -> str | None:
    """Name the single lines that show a difference where their mean does not."""
    spreads = overall(curves)
    if None not in spreads or spreads[None].line is not None or spreads[None].spread.clear:
        return None
    lines = [spread for spread in curves.spreads if spread.setting is None and spread.line and spread.spread.clear]
    differences = [f"{_line(curves, spread)} ({_difference(curves, spread)})" for spread in lines]
    return (
        f"Of single lines, each by itself, these show a difference: {words.several(differences)}."
        if differences
        else None
    )


def shared_sentence(curves: Curves, nuisance: Sequence[str]) -> str | None:
    """Describe the same step at each shared setting that is drawn."""
    spreads = overall(curves)
    drawn_spreads = [spreads[panel.setting] for panel in shown(curves)[:-1] if panel.setting in spreads]
    readings = [
        f"{words.points_of_error(spread.spread, sign=True)} at {words.which(nuisance, spread.setting or ())}"
        for spread in drawn_spreads
        if math.isfinite(spread.spread.low)
    ]
    if not readings:
        return None
    how_many = (
        f" ({len(readings)} of {len(curves.panels) - 1} are told)" if len(readings) < len(curves.panels) - 1 else ""
    )
    low, high = (words.equal(words.name(curves.x), end) for end in (drawn_spreads[0].x_low, drawn_spreads[0].x_high))
    return (
        f"With one {words.nuisance(nuisance)} for all points, the gain of {high} over {low} reads "
        f"{words.several(readings)}{how_many}."
    )


def taken_sentences(curves: Curves, nuisance: Sequence[str]) -> tuple[list[str], str | None]:
    """Describe how much of the gain at each shared setting disappears when each point has its own setting.

    Returns:
        A sentence for each setting at which that is clear, and one on all at which it is not.
    """
    spreads = overall(curves)
    clear: list[str] = []
    unclear: list[str] = []
    for panel in shown(curves)[:-1]:
        if panel.setting is None or panel.setting not in spreads or spreads[panel.setting].taken.n < 2:
            continue
        taken, size = spreads[panel.setting].taken, words.signed(spreads[panel.setting].spread.mean)
        at = words.which(nuisance, panel.setting)
        amount = words.points_of_error(taken if taken.mean > 0 else words.turned(taken))
        if not taken.clear:
            unclear.append(f"{size} at {at}")
        elif taken.mean > 0:
            clear.append(f"Of the gain of {size} at {at}, tuning took away {amount}.")
        else:
            clear.append(f"To the gain of {size} at {at}, tuning added {amount}.")
    if not unclear:
        return clear, None
    high = words.equal(words.name(curves.x), spreads[None].x_high)
    shared_setting = f"one {words.nuisance(nuisance)} for all"
    return clear, (
        f"The data do not show that tuning changed the gain of {high} that {shared_setting} shows "
        f"({words.several(unclear)})."
    )


def _difference(curves: Curves, spread: Spread) -> str:
    """Write the difference of one line: 'λ = 8 vs 1: −0.47 points [−0.60, −0.15]'."""
    ends = f"{words.equal(words.name(curves.x), spread.x_high)} vs {words.value(spread.x_low)}"
    return f"{ends}: {words.points_of_error(words.turned(spread.spread), sign=True)}"


def _of(curves: Curves, spread: Spread) -> str:
    if spread.line is None:
        return f"{mean_over(curves)}; "
    name = _line(curves, spread)
    return f"{name}; " if name else ""


def mean_over(curves: Curves) -> str:
    """Name the lines that a mean is over: 'mean over G = 1 and 2', or how many there are."""
    lines = [line for line in curves.tuned.lines if len(line.spots) > 1]
    values = [words.value(line.by) for line in lines]
    if curves.by and len(set(values)) == len(values) <= 5:
        return f"mean over {words.several([words.equal(words.name(curves.by), lines[0].by), *values[1:]])}"
    return f"mean over {len(lines)} lines"


def _line(curves: Curves, spread: Spread) -> str:
    family, by = spread.line or ("", None)
    several = len({line.family for line in curves.tuned.lines}) > 1
    name = words.equal(words.name(curves.by), by) if curves.by else family
    return words.shorten(f"{family}, {name}" if curves.by and several else name, 60)
