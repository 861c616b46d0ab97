"""The headline: what the data show, what they do not show, and what is still to come."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Estimate
from sweep.analysis.ranked import chance, ranked
from sweep.analysis.records import records
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words
from sweep.report.cards.card import Card
from sweep.report.cards.curves_sentences import shared_sentence, taken_sentences, tuned_sentence
from sweep.report.cards.isolation import edge_sentence
from sweep.report.cards.nuisance import share_sentence

_INTERVALS = (
    "Brackets are 95 % intervals over seeds: initial draw, order and augmentation. All runs train on the "
    "same images and are judged on the same validation images; the luck of neither draw is covered. ± is one standard "
    "deviation over seeds. Where points are counted, intervals hold for all of them together; others are not corrected "
    "for their number."
)
_TUNED = (
    "Differences of points share their noise: each point’s own counts as one seed fewer than it has, that of a typical "
    "point as one. They are wider where settings were tuned, since the seeds that a point is judged on also chose its "
    "settings, by what a jackknife that tunes anew without each seed says. In simulated sweeps they cover 94 to 98 %, "
    "and 91 to 95 % where a point has twice the noise of the others."
)


def cards(study: Study) -> Iterable[Card]:
    """Make the headline."""
    frame, counts = study.frame, study.counts
    nuisance = list(frame.nuisance)
    if counts.done == 0:
        what = "No run has finished yet." if counts.lost == 0 else "No run has succeeded."
        return [Card("Headline", (what, *caveats(study)), lead=True)]
    says: list[str | None] = [chance_sentence(study)]
    if study.curves:
        curves = study.curves[0]
        says += [tuned_sentence(curves, nuisance, len(study.curves)), shared_sentence(curves, nuisance)]
        says += [*taken_sentences(curves, nuisance)[0], share_sentence(curves, nuisance)]
    points, doubts = point_sentences(study.table), caveats(study)
    # what is provisional and has no curve to tell of is told first that it is
    says += [*points, *doubts] if any(says) or not counts.missing else [*doubts[:1], *points, *doubts[1:]]
    tuned = (study.tuned.points["settings"] > 1).any()
    notes = (_INTERVALS, _TUNED) if tuned else (_INTERVALS,)
    return [Card("Headline", tuple(filter(None, says)), notes=notes, lead=True)]


def chance_sentence(study: Study) -> str | None:
    """Say how many points err as often as guessing; None if none does."""
    table = study.table
    known, guessing = int((table["n"] > 0).sum()), int(table["at_chance"].sum())
    if not guessing:
        return None
    are = "is" if guessing == 1 else "are"
    limit = words.number(chance(study.frame), 1).removesuffix(".0")
    return f"{guessing} of {words.plural(known, 'point')} {are} at chance ({limit} %) and not ranked: train longer."


def point_sentences(table: pd.DataFrame) -> list[str]:
    """Say which point has the lowest mean error, and how the points compare with the baseline."""
    says = []
    if fair := records(ranked(table)):
        best = min(fair, key=lambda row: (row["mean"], row["point"]))
        spread = f" ± {words.number(best['sd'])}" if math.isfinite(best["sd"]) else ""
        name = words.shorten(best["point"], 80)
        mean = f"{words.number(best['mean'])}{spread} % ({words.plural(best['n'], 'seed')})"
        if len(fair) == 1 and (table["n"] > 0).sum() > 1:
            return [f"So far one point can be judged: {name}, at {mean}.", *_against_baseline(_compared(table))]
        luck = f", the lowest of {len(fair)} means{_drawn(best)}" if len(fair) > 1 else ""
        says.append(f"Lowest mean error: {name} at {mean}{luck}.")
        if best["baseline"] and best["diff_n"]:
            against = together(best) if luck else difference(best)
            verdict = words.verdict(name, words.shorten(best["baseline"], 60), against)
            says.append(f"{verdict} ({words.seeds(against)}{'; all intervals together' if luck else ''}).")
    return [*says, *_against_baseline(_compared(table))]


def _compared(table: pd.DataFrame) -> list[tuple[str, Estimate]]:
    return [(row["baseline"], together(row)) for row in records(table) if row["diff_n"] > 1]


def _drawn(row: Mapping[Any, Any]) -> str:
    """Say what is left of a lowest mean once it is drawn toward the others."""
    if not math.isfinite(row["shrunk"]):
        return " and so flattered"
    low, high = (words.number(row[f"shrunk_{end}"]) for end in ("low", "high"))
    return f"; shrunk toward the others it is {words.number(row['shrunk'])} % [{low}, {high}]"


def difference(row: Mapping[Any, Any]) -> Estimate:
    """Read the paired difference to the baseline from a row of the table of points."""
    return Estimate(int(row["diff_n"]), row["diff_mean"], row["diff_sd"], row["diff_low"], row["diff_high"])


def together(row: Mapping[Any, Any]) -> Estimate:
    """Read the difference with the interval that holds for all points together."""
    return replace(difference(row), low=row["diff_all_low"], high=row["diff_all_high"])


def _against_baseline(compared: list[tuple[str, Estimate]]) -> list[str]:
    baselines = {baseline for baseline, _ in compared}
    name = words.shorten(next(iter(baselines)), 60) if len(baselines) == 1 else "its baseline"
    known = [difference for _, difference in compared if not difference.equal]
    less = sum(difference.high < 0 for difference in known)
    more = sum(difference.low > 0 for difference in known)
    says = []
    if known and less + more == 0:
        which = f"None of the {len(known)} points differs" if len(known) > 1 else "The 1 point compared does not differ"
        says.append(f"{which} from {name} by an interval that excludes zero, all intervals together.")
    elif known:
        unclear = len(known) - less - more
        says.append(
            f"Of {words.plural(len(known), 'point')} compared with {name} by seed, {less or 'none'} {_has(less)} "
            f"less error and {more or 'none'} {_has(more)} more by intervals that exclude zero together"
            f"{f'; for {unclear} the data do not show a difference' if unclear else ''}."
        )
    if equal := len(compared) - len(known):
        points = words.plural(equal, "point")
        says.append(f"For {points} the difference to {name} is equal at every seed, which gives no interval.")
    return says


def caveats(study: Study) -> list[str]:
    """Say what stands between the numbers and a conclusion."""
    counts, table = study.counts, study.table
    what = words.nuisance(list(study.frame.nuisance)) if study.frame.nuisance else "setting"
    says = []
    if counts.missing:
        says.append(
            f"{words.count(counts.missing)} of {words.plural(counts.total, 'run')} are not in yet"
            f"{': all numbers are provisional' if counts.done else ''}."
        )
    if counts.lost:
        runs = words.plural(counts.lost, "run")
        rule = ": a failure counts as worst where settings are chosen, and means are of the seeds that are left"
        diverged = f", {counts.diverged} of them by diverging" if counts.diverged else ""
        lost = f"{runs} diverged" if counts.diverged == counts.lost else f"{runs} failed{diverged}"
        says.append(f"{lost}{rule if counts.done else ''}.")
    if mixed := mixed_builds(study.frame):
        says.append(mixed)
    if waiting := int(((table["n"] > 0) & ~table["settled"].astype(bool)).sum()):
        says.append(
            f"{words.plural(waiting, 'point')} {'is' if waiting == 1 else 'are'} left out of comparisons: "
            "not all settings are in yet."
        )
    if edge := int((table["edge"].map(len) > 0).sum()):
        says.append(
            f"{edge} of {words.plural(len(table), 'point')} {_has(edge)} the best {what} at the edge of its list: "
            f"comparisons with {'it' if edge == 1 else 'them'} are not settled."
        )
    if (warning := edge_sentence(study)) and counts.done:
        says.append(warning)
    if flattered := int(table["single_seed"].sum()):
        says.append(
            f"For {words.plural(flattered, 'point')} there is one seed to choose the {what} on and to judge it by: "
            "that flatters."
        )
    return says


def mixed_builds(frame: SweepFrame) -> str | None:
    """Warn that runs were computed by different builds of torch, or on different machines; None if all are of one."""
    kinds = {"torch": "builds of torch", "machine": "kinds of machine", "card": "kinds of GPU"}
    mixed = {what: frame.versions[name] for name, what in kinds.items() if ", " in frame.versions.get(name, "")}
    if not mixed:
        return None
    which = words.several([f"{what} ({values})" for what, values in mixed.items()])
    return f"Runs were computed with different {which}: part of a difference between points may come from that."


def _has(n: int) -> str:
    return "have" if n > 1 else "has"
