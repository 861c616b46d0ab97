"""The headline: what the data show, what they do not show, and what is still to come."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from sweep.analysis.curves import Curves, Spread
from sweep.analysis.replicates import Estimate
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import Card
from sweep.report.curve_figures import shown


def cards(study: Study) -> Iterable[Card]:
    """Make the headline."""
    frame, counts = study.frame, study.counts
    if counts.done == 0:
        what = "No run has finished yet." if counts.failed == 0 else "No run has succeeded."
        return [Card("Headline", (what, *caveats(study)), lead=True)]
    says: list[str] = []
    if study.curves:
        says += axis_sentences(study.curves[0], list(frame.nuisance))
    says += point_sentences(study.table)
    says += caveats(study)
    note = (
        "Brackets are 95 % intervals over seeds (Student’s t), each by itself and not corrected for their number. "
        "All points are judged on one validation set, whose own luck they do not cover."
    )
    return [Card("Headline", tuple(says), notes=(note,), lead=True)]


def overall(found: Curves) -> dict[Any, Spread]:
    """Pick the spread to speak of, by setting: the mean over all lines, or that of a line if it has no seed at all."""
    tuned = [spread for spread in found.spreads if spread.setting is None]
    # The mean over all lines is the last one, where there is one; of lines, the first with most seeds.
    chosen = tuned[-1] if tuned and tuned[-1].spread.n else max(tuned, key=lambda one: one.spread.n, default=None)
    return {spread.setting: spread for spread in found.spreads if chosen and spread.line == chosen.line}


def axis_sentences(found: Curves, nuisance: list[str]) -> list[str]:
    """Say what the main axis does with each point tuned, and what it would have seemed to do."""
    spreads = overall(found)
    tuned = spreads.get(None)
    if tuned is None or tuned.spread.n == 0:
        return []
    axis = words.name(found.x)
    ends = f"from {words.equal(axis, tuned.x_low)} to\N{NO-BREAK SPACE}{words.value(tuned.x_high)}"
    of = _of(found, tuned)
    how = f"With the {words.nuisance(nuisance)} tuned for each point, " if len(found.panels) > 1 else ""
    says = [_sentence(f"{how}{_change(tuned.spread, ends)} ({of}{_seeds(tuned.spread)})")]
    falls: list[str] = []
    rises: list[str] = []
    unclear: list[str] = []
    for panel in shown(found)[:-1]:
        spread = spreads[panel.setting].spread
        if panel.setting is None or spread.n == 0:
            continue
        change = f"{words.points_of_error(_positive(spread))} at {words.which(nuisance, panel.setting)}"
        if spread.n > 1 and not spread.clear:
            unclear.append(change)
        else:
            (falls if spread.mean > 0 else rises).append(change)
    parts = [f"a fall of {words.several(falls)}"] if falls else []
    parts += [f"a rise of {words.several(rises)}"] if rises else []
    parts += [f"no difference that the data show: {words.several(unclear)}"] if unclear else []
    if parts:
        one = f"one {words.nuisance(nuisance)} for all points"
        says.append(f"At {one}, the same step would have read as {'; as '.join(parts)}.")
    return says


def taken_sentence(found: Curves, nuisance: list[str]) -> str:
    """Say how much of what each shared setting showed was gone once each point had its own."""
    spreads = overall(found)
    less: list[str] = []
    more: list[str] = []
    unclear: list[str] = []
    for panel in shown(found)[:-1]:
        if panel.setting is None or panel.setting not in spreads or spreads[panel.setting].taken.n < 2:
            continue
        taken = spreads[panel.setting].taken
        of = f"the {words.number(spreads[panel.setting].spread.mean)} at {words.which(nuisance, panel.setting)}"
        if not taken.clear:
            unclear.append(of)
        else:
            (less if taken.mean > 0 else more).append(f"{words.points_of_error(_positive(taken))} of {of}")
    parts = [f"tuning took away {words.several(less)}"] if less else []
    parts += [f"tuning added {words.several(more).replace(' of the ', ' to the ')}"] if more else []
    parts += [f"of {words.several(unclear)}, the data do not show that tuning changed it"] if unclear else []
    return _sentence("; ".join(parts)) if parts else ""


def point_sentences(table: pd.DataFrame) -> list[str]:
    """Say which point has the lowest mean error, and how the points compare with the baseline."""
    rows = [row for row in table.to_dict("records") if row["n"] > 0 and row["n_failed"] == 0]
    says = []
    if rows:
        most = max(row["n"] for row in rows)
        fair = [row for row in rows if row["n"] == most]
        best = min(fair, key=lambda row: (row["mean"], row["point"]))
        spread = f" ± {words.number(best['sd'])}" if math.isfinite(best["sd"]) else ""
        luck = f", the lowest of {len(fair)} means and so a little flattered" if len(fair) > 1 else ""
        against = ""
        if best["baseline"] and best["diff_n"]:
            difference = Estimate(
                best["diff_n"], best["diff_mean"], best["diff_sd"], best["diff_low"], best["diff_high"]
            )
            against = f"; {_against(difference, best['baseline'])}"
        name = words.shorten(best["point"], 80)
        mean = f"{words.number(best['mean'])}{spread} % ({words.plural(most, 'seed')})"
        says.append(f"Lowest mean error: {name} at {mean}{luck}{against}.")
    compared = [row for row in table.to_dict("records") if row["diff_n"] > 1]
    if compared:
        better = sum(row["diff_high"] < 0 for row in compared)
        worse = sum(row["diff_low"] > 0 for row in compared)
        rest = len(compared) - better - worse
        tail = f"; for {rest} the data do not show a difference" if rest else ""
        says.append(
            f"Of {words.plural(len(compared), 'point')} compared with a baseline by seed, "
            f"{better or 'none'} {_is(better)} better and {worse or 'none'} {_is(worse)} worse "
            f"by an interval that excludes zero{tail}."
        )
    return says


def caveats(study: Study) -> list[str]:
    """Say what stands between the numbers and a conclusion."""
    counts, table = study.counts, study.table
    says = []
    if counts.missing:
        says.append(
            f"{words.count(counts.missing)} of {words.plural(counts.total, 'run')} are not in yet"
            f"{': all numbers are provisional' if counts.done else ''}."
        )
    if counts.failed:
        diverged = f", {counts.diverged} of them by diverging" if counts.diverged else ""
        rule = ": a failure counts as worst where settings are chosen, and means are of the seeds that are left"
        says.append(f"{words.plural(counts.failed, 'run')} failed{diverged}{rule if counts.done else ''}.")
    if table["single_seed"].any():
        says.append(
            f"For {words.plural(int(table['single_seed'].sum()), 'point')} there is one seed to choose the "
            f"{words.nuisance(list(study.frame.nuisance))} on and to judge it by: that flatters."
        )
    return says


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _is(n: int) -> str:
    return "are" if n > 1 else "is"


def _seeds(found: Estimate) -> str:
    return f"{words.plural(found.n, 'seed')}{', paired' if found.n > 1 else ''}"


def _of(found: Curves, spread: Spread) -> str:
    if spread.line is None:
        lines = [line for line in found.tuned.lines if len(line.spots) > 1]
        values = [words.value(line.by) for line in lines]
        if found.by and len(set(values)) == len(values) <= 5:
            return f"mean over {words.equal(words.name(found.by), lines[0].by)}{_and(values[1:])}; "
        return f"mean over {len(lines)} lines; "
    family, by = spread.line
    name = words.equal(words.name(found.by), by) if found.by else family
    return f"{words.shorten(name, 60)}, " if name else ""


def _and(values: list[str]) -> str:
    return "".join(f"{' and' if i == len(values) else ','} {value}" for i, value in enumerate(values, 1))


def _positive(found: Estimate) -> Estimate:
    """Turn a fall below zero into a rise above it."""
    if found.mean >= 0:
        return found
    return Estimate(found.n, -found.mean, found.sd, -found.high, -found.low)


def _change(found: Estimate, ends: str) -> str:
    size = words.points_of_error(_positive(found))
    way = "falls" if found.mean >= 0 else "rises"
    if found.n > 1 and not found.clear:
        return f"the data do not show a difference {ends}: error {way} by {size}"
    return f"error {way} by {size} {ends}"


def _against(found: Estimate, baseline: str) -> str:
    name = words.shorten(baseline, 60)
    size = f"{words.signed(found.mean)} points{words.interval(found.low, found.high)}"
    seeds = f"{words.plural(found.n, 'seed')}{', paired' if found.n > 1 else ''}"
    if found.n > 1 and not found.clear:
        return f"against {name} the data do not show a difference ({size}; {seeds})"
    return f"against {name}, {size} ({seeds})"
