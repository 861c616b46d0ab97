"""The card of evidence that points differ from the baseline: joint intervals, p-values, seeds needed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from sweep.analysis.estimates import Estimate, read
from sweep.analysis.records import records
from sweep.analysis.replicates import together
from sweep.analysis.significance import seeds_to_resolve
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table

#: The difference for which the seeds needed are given, in points of error or in nats of loss.
STATED = {"error": 1.0, "loss": 0.05}
#: The significance level.
LEVEL = 0.05
#: A table of more points than these would hide the rest of the page; points.csv has all.
MOST = 100


def _heads() -> tuple[Column, ...]:
    metric = words.metric()
    return (
        Column("point", numeric=False),
        Column(f"difference, {metric.points}", hint="paired by seed, 95 % interval from the noise of all points"),
        Column("all together", hint="95 % intervals that hold for all points at once (Dunnett)"),
        Column(
            "shrunk",
            hint=f"the difference of {metric.plural} that are drawn toward those of the other points, 95 % interval",
        ),
        Column("p", hint="two-sided Student’s t"),
        Column("p, Holm", hint="corrected for the number of points"),
        Column(
            f"seeds for a difference of {STATED[metric.noun]:g}",
            hint="at which 4 of 5 sweeps would tell a difference of that size from zero",
        ),
        Column("seeds for its size", hint="the same for a difference of the size seen"),
    )


_NOTES = (
    "The noise of a difference is that of its two points, each moderated by that of a typical point. Intervals of all "
    "points together fail in 5 of 100 sweeps, where noise is equal; one point or a baseline of twice the noise makes "
    "that 6 to 11. p is of each difference alone; Holm’s correction bounds the chance of one false finding among all.",
    "Shrunk: errors are drawn toward those of the other points as far as noise explains how they differ. Over all "
    "points such intervals cover 92 to 99 %, and a lone point that differs from all others by 1 to 2.5 deviations of a "
    "run in 82 to 92 % of sweeps.",
    "Seeds needed take the noise seen so far as true.",
)

_EXTRA = (
    "Differences are paired over the seeds that all points have. Where the baseline has more, its mean is moved toward "
    "the mean over these, by the share that makes the variance of differences least: all seeds alike where the luck of "
    "a seed that points share is nothing, less where it is much. At an extra seed the setting is one that is chosen on "
    "common seeds, on as many as for any other point."
)


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "How surely points differ from the baseline"
    rows = [row for row in records(study.table) if row["diff_n"] > 1]
    if not rows:
        return [Card(title, waits="This waits for a baseline and a point that share two seeds.")]
    stated = dict(zip((row["point"] for row in rows), seeds_to_resolve(rows, STATED[words.metric().noun]), strict=True))
    compared = [(row["baseline"], together(row)) for row in rows]
    sentences = [*_count_sentences(compared), _seeds_sentence(rows, list(stated.values())), _extra_sentence(rows)]
    ordered = sorted(rows, key=lambda row: (row["diff_p"], row["diff_mean"], row["point"]))[:MOST]
    cells = tuple(_row(row, stated[row["point"]]) for row in ordered)
    notes = [*_NOTES, *([_EXTRA] if any(row["diff_extra"] for row in rows) else [])]
    if len(rows) > MOST:
        notes.append(f"The {MOST} of {len(rows)} points with the smallest p are listed; points.csv has all.")
    table = Table("Paired differences to the baseline", _heads(), cells, sortable=True)
    return [Card(title, tuple(filter(None, sentences)), tables=(table,), notes=tuple(notes))]


def p_value(p: float) -> str:
    """Write a p-value: '0.031', or '< 0.001'."""
    return words.number(p, 3) if not p < 0.001 else "< 0.001"


def _row(row: Mapping[Any, Any], stated: float) -> tuple[Cell, ...]:
    difference = read(row, "diff_")
    shrunk = Estimate(difference.n, row["diff_shrunk"], math.nan, row["diff_shrunk_low"], row["diff_shrunk_high"])
    all_together = together(row)
    shrunk_text = f"{words.signed(shrunk.mean)}{words.interval(shrunk)}" if math.isfinite(shrunk.mean) else "–"
    return (
        Cell(words.shorten(row["point"], 90)),
        Cell(
            f"{words.signed(difference.mean)}{words.interval(difference)}",
            difference.mean,
            "clear" if difference.clear else "",
        ),
        Cell(words.interval(all_together).strip(), all_together.high, "clear" if all_together.clear else ""),
        Cell(shrunk_text, shrunk.mean if math.isfinite(shrunk.mean) else None, "clear" if shrunk.clear else ""),
        Cell(p_value(row["diff_p"]), row["diff_p"]),
        Cell(p_value(row["diff_p_holm"]), row["diff_p_holm"], "clear" if row["diff_p_holm"] <= LEVEL else ""),
        *(Cell(_count(n), n if math.isfinite(n) else None) for n in (stated, row["diff_seeds"])),
    )


def _count_sentences(compared: Sequence[tuple[str, Estimate]]) -> list[str]:
    """Count the points that differ from the baseline by intervals that hold for all points together."""
    baselines = {baseline for baseline, _ in compared}
    name = words.shorten(next(iter(baselines)), 60) if len(baselines) == 1 else "its baseline"
    with_interval = [difference for _, difference in compared if not difference.equal]
    lower = sum(difference.high < 0 for difference in with_interval)
    higher = sum(difference.low > 0 for difference in with_interval)
    sentences = []
    if with_interval and lower + higher == 0:
        subject = (
            f"None of the {len(with_interval)} points differs"
            if len(with_interval) > 1
            else "The 1 point compared does not differ"
        )
        sentences.append(f"{subject} from {name} by an interval that excludes zero, all intervals together.")
    elif with_interval:
        unclear = len(with_interval) - lower - higher
        sentences.append(
            f"Of {words.plural(len(with_interval), 'point')} compared with {name} by seed, {lower or 'none'} "
            f"{_has(lower)} less error and {higher or 'none'} {_has(higher)} more by intervals that exclude zero "
            f"together{f'; for {unclear} the data do not show a difference' if unclear else ''}."
        )
    if equal := len(compared) - len(with_interval):
        points = words.plural(equal, "point")
        sentences.append(f"For {points} the difference to {name} is equal at every seed, which gives no interval.")
    return sentences


def _seeds_sentence(rows: Sequence[Mapping[Any, Any]], stated: Sequence[float]) -> str | None:
    resolves = [x for row in rows if math.isfinite(x := row["diff_resolves"])]
    needed = [x for x in stated if not math.isnan(x)]
    if not resolves or not needed:
        return None
    n, metric = max(row["diff_n"] for row in rows), words.metric()
    return (
        f"{words.plural(n, 'seed')} would tell a difference of {words.number(median(resolves))} {metric.points} from "
        f"zero in 4 of 5 sweeps (median over points); one of {STATED[metric.noun]:g} takes {_count(median(needed))} "
        "seeds."
    )


def _extra_sentence(rows: Sequence[Mapping[Any, Any]]) -> str | None:
    """Say how much smaller the baseline's extra seeds make standard errors."""
    narrower = [1 - row["diff_error"] / row["diff_common_error"] for row in rows if row["diff_extra"]]
    if not narrower:
        return None
    extra = max(row["diff_extra"] for row in rows)
    return (
        f"{words.plural(extra, 'more seed')} of the baseline {'make' if extra > 1 else 'makes'} the standard errors of "
        f"differences {100 * median(narrower):.0f} % smaller (median over points)."
    )


def _count(n: float) -> str:
    return words.count(math.ceil(n)) if math.isfinite(n) else "–" if math.isnan(n) else "over 100 000"


def _has(n: int) -> str:
    return "have" if n > 1 else "has"
