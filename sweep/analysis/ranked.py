"""Which points may be compared and ranked, in one place for verdicts, fronts, best points, rankings and tables.

Two points may be compared where all settings of both are in, and one of them errs less often than guessing. A point is
judged when all its settings are in, no seed failed, and it errs less often than guessing. Points that are no better
than guessing have learned nothing, so an order among them is an order of noise.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from sweep.analysis.nuisance import Setting, Tuned
from sweep.analysis.samples import Sample
from sweep.analysis.sweep_frame import SweepFrame
from sweep.statistics.guessing import guessing_limit


def chance_limit(frame: SweepFrame) -> float:
    """The least error, in per cent, that the validation images cannot tell from guessing; inf if not known."""
    return guessing_limit(frame.classes, frame.judged_on)


def at_chance(frame: SweepFrame, tuned: Tuned) -> frozenset[str]:
    """The points whose mean error over seeds is no better than guessing, whatever points are judged by."""
    return _guessing(frame, tuned.samples, tuned.rows)


def at_chance_with(frame: SweepFrame, setting: Setting, samples: Mapping[str, Sample]) -> frozenset[str]:
    """The same at one shared setting, `samples` being the points' errors (or losses) there."""
    runs = frame.runs
    if frame.metric == "loss":
        for name, value in zip(frame.nuisance, setting, strict=True):
            runs = runs[runs[name] == value]
    return _guessing(frame, samples, runs)


def _guessing(frame: SweepFrame, samples: Mapping[str, Sample], rows: pd.DataFrame) -> frozenset[str]:
    """The points of `samples` that err as often as guessing; `rows` are their runs, one for each point and seed.

    A loss cannot show it: a network that errs seldom, but is sure of its errors, may have a higher loss than guessing.
    So the errors of the same runs are looked at.
    """
    limit = chance_limit(frame)
    if frame.metric != "loss":
        return frozenset(point for point, sample in samples.items() if sample.seeds and sample.mean >= limit)
    names = ["point", "seed", *frame.nuisance]
    top1 = dict(zip(frame.runs[names].itertuples(index=False, name=None), frame.runs["top1"], strict=True))
    errors: dict[str, list[float]] = {}
    for run in rows.loc[rows["status"] == "done", names].itertuples(index=False, name=None):
        errors.setdefault(run[0], []).append(top1[run])
    return frozenset(point for point, values in errors.items() if math.fsum(values) / len(values) >= limit)


@dataclass(frozen=True)
class Comparable:
    """Which points may be compared with one another."""

    #: points of which all settings are in
    settled: frozenset[str]
    #: points that err as often as guessing
    guessing: frozenset[str]

    @classmethod
    def of(cls, frame: SweepFrame, tuned: Tuned) -> "Comparable":
        """Collect both sets for the tuned points of a sweep."""
        return cls(settled(tuned), at_chance(frame, tuned))

    def __call__(self, point: str, other: str) -> bool:
        """Whether two points may be compared: both settled, and not both guessing."""
        pair = (point, other)
        return fair([label in self.settled for label in pair], [label in self.guessing for label in pair])


def fair(settled: Iterable[bool], guessing: Iterable[bool]) -> bool:
    """Whether points may be compared: all are settled, and not all of them guess."""
    return all(settled) and not all(guessing)


def settled(tuned: Tuned) -> frozenset[str]:
    """The points of which all settings are in."""
    return frozenset(tuned.points.loc[tuned.points["settled"].astype(bool), "point"])


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `Study.table` that may be ranked, in their order."""
    fit = (table["n"] > 0) & table["settled"].astype(bool) & (table["n_failed"] == 0)
    return table[fit & ~table["at_chance"].astype(bool)] if "at_chance" in table else table[fit]


def ranked(table: pd.DataFrame, samples: Mapping[str, Sample] | None = None) -> pd.DataFrame:
    """Of `judged`, the rows with most seeds: those that are compared with one another.

    With `samples` (`Tuned.samples`), only the rows with the most common set of seeds: where not all runs are in, points
    may have equally many but different seeds.
    """
    rows = judged(table)
    rows = rows[rows["n"] == rows["n"].max()] if len(rows) else rows
    if samples is None or not len(rows):
        return rows
    seeds = [samples[point].seeds for point in rows["point"]]
    usual = Counter(seeds).most_common(1)[0][0]
    return rows[[point_seeds == usual for point_seeds in seeds]]
