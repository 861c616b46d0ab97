"""The card of how surely points differ from the baseline: p-values, corrected for their number, and seeds needed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from sweep.analysis.estimates import read
from sweep.analysis.records import records
from sweep.analysis.significance import least_p, seeds_to_resolve
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table

#: The difference in points of error for which the seeds needed are told.
STATED = 1.0
#: What p-values are judged at.
LEVEL = 0.05
#: A table of more points than these would hide the rest of the page; points.csv has all.
MOST = 100


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "How surely points differ from the baseline"
    rows = [row for row in records(study.table) if row["diff_n"] > 1]
    if not rows:
        return [Card(title, waits="This waits for a baseline and a point that share two seeds.")]
    said = [_reach_sentence(rows), _p_sentence(rows), _seeds_sentence(rows)]
    ordered = sorted(rows, key=lambda row: (row["diff_p"], row["diff_mean"], row["point"]))[:MOST]
    heads = (
        Column("point", numeric=False),
        Column("difference, points", hint="paired by seed, 95 % interval"),
        Column("p", hint="two-sided sign-flip test"),
        Column("p, Holm", hint="corrected for the number of points"),
        Column(
            f"seeds for a difference of {STATED:g}",
            hint="at which 4 of 5 sweeps would tell a difference of that size from zero",
        ),
        Column("seeds for its size", hint="the same for a difference of the size seen"),
    )
    cells = []
    for row in ordered:
        difference = read(row, "diff_")
        needed = [seeds_to_resolve(difference, STATED), row["diff_seeds"]]
        cells.append(
            (
                Cell(words.shorten(row["point"], 90)),
                Cell(
                    f"{words.signed(difference.mean)}{words.interval(difference)}",
                    difference.mean,
                    "clear" if difference.clear else "",
                ),
                Cell(p_value(row["diff_p"]), row["diff_p"]),
                Cell(p_value(row["diff_p_holm"]), row["diff_p_holm"], "clear" if row["diff_p_holm"] <= LEVEL else ""),
                *(Cell(_count(n), n if math.isfinite(n) else None) for n in needed),
            )
        )
    notes = [
        "p is the share of all ways to flip the signs of the seeds’ differences that give as large a mean; where "
        "settings were tuned on the same seeds the mean is first made smaller by as much as its interval was widened. "
        "Holm’s correction bounds the chance of one false finding among all points.",
        "Seeds needed take the spread seen so far as true, and few seeds know it badly.",
    ]
    if len(rows) > MOST:
        notes.append(f"The {MOST} of {len(rows)} points with the smallest p are listed; points.csv has all.")
    table = Table("Paired differences to the baseline", heads, tuple(cells), sortable=True)
    return [Card(title, tuple(filter(None, said)), tables=(table,), notes=tuple(notes))]


def p_value(p: float) -> str:
    """Write a p-value: '0.031', or '< 0.001'."""
    return words.number(p, 3) if not p < 0.001 else "< 0.001"


def _reach_sentence(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Say what the smallest possible p-value is, and with how many seeds a small one could be reached at all."""
    n = max(row["diff_n"] for row in rows)
    least, alone, all_of_them = least_p(n), _seeds_for(1), _seeds_for(len(rows))
    text = f"With {words.plural(n, 'seed')} no p-value can be below {p_value(least)}"
    if least > LEVEL:
        text += f": {LEVEL:g} takes {alone} seeds"
        return text + (
            f", and {all_of_them} if it is to hold for {len(rows)} points at once." if len(rows) > 1 else "."
        )
    if least * len(rows) > LEVEL:
        return f"{text}; for {len(rows)} points at once {LEVEL:g} takes {all_of_them} seeds."
    return f"{text}."


def _p_sentence(rows: Sequence[Mapping[Any, Any]]) -> str | None:
    ps = [row["diff_p_holm"] for row in rows]
    if min(least_p(row["diff_n"]) for row in rows) * len(rows) > LEVEL:
        return None
    small = sum(p <= LEVEL for p in ps)
    has = "have" if small > 1 else "has"
    return (
        f"Corrected for their number (Holm), {small or 'none'} of {words.plural(len(ps), 'point')} {has} p ≤ {LEVEL:g}."
    )


def _seeds_sentence(rows: Sequence[Mapping[Any, Any]]) -> str | None:
    resolves = [x for row in rows if math.isfinite(x := row["diff_resolves"])]
    needed = [x for row in rows if not math.isnan(x := seeds_to_resolve(read(row, "diff_"), STATED))]
    if not resolves or not needed:
        return None
    n = max(row["diff_n"] for row in rows)
    return (
        f"{words.plural(n, 'seed')} would tell a difference of {words.number(median(resolves))} points from zero "
        f"in 4 of 5 sweeps (median over points); one of {STATED:g} takes {_count(median(needed))} seeds."
    )


def _seeds_for(comparisons: int) -> int:
    """Count the seeds with which so many p-values can all be small at once."""
    return next(n for n in range(1, 1000) if least_p(n) * comparisons <= LEVEL or n > 40)


def _count(n: float) -> str:
    return words.count(math.ceil(n)) if math.isfinite(n) else "–" if math.isnan(n) else "over 100 000"
