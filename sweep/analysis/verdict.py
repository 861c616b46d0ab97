"""The answers to what a sweep is asked: yes, no or not yet, each with its difference and interval.

- **yes**: the 95 % interval of a difference excludes zero; of several comparisons their intervals hold together.
- **no**: the difference is smaller, either way, than the smallest that matters (`smallest` in the space): two one-sided
  tests at 5 % (Schuirmann 1987). Where both hold it is no: the difference is real, and does not matter.
- **not yet**: neither. Without `smallest` nothing is ever answered by no.

Of several comparisons of an axis one that is answered by yes makes the axis yes, and all answered by no make it no.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sweep.analysis.estimates import Estimate, Sample, average, estimate, precision_of, quantile
from sweep.analysis.pooled import common_precision, precisions_together
from sweep.analysis.question import Contrast, Pair, Question, questions
from sweep.analysis.ranked import Comparable
from sweep.analysis.sweep_frame import SweepFrame
from sweep.statistics.contrasts import stepped_up
from sweep.statistics.intervals import equivalence_p
from sweep.statistics.power import error_ahead, seeds_needed, shown

Answer = Literal["yes", "no", "not yet"]


@dataclass(frozen=True)
class Compared:
    """One comparison with what the runs say of it."""

    #: with those of its pairs that can be compared
    contrast: Contrast
    #: error of the first less that of the second, in points, over the seeds that all points have
    difference: Estimate
    answer: Answer
    #: how many seeds would decide it in 4 of 5 sweeps; NaN if it is decided or has no interval
    seeds: float = math.nan
    #: the difference that twice the seeds would tell from zero in 4 of 5 sweeps, in points; NaN likewise
    resolves: float = math.nan


@dataclass(frozen=True)
class Verdict:
    """The answer to what is asked about one axis."""

    question: Question
    answer: Answer
    #: those that can be made, in the order of the question
    compared: tuple[Compared, ...]
    #: whether the intervals hold together
    together: bool

    #: how many seeds would decide it in 4 of 5 sweeps; NaN if it is decided, or nothing is known of noise
    seeds: float = math.nan

    @property
    def telling(self) -> tuple[Compared, ...]:
        """The comparisons that make the answer first, then the others, each by how large their difference is."""
        return tuple(sorted(self.compared, key=lambda one: (one.answer != self.answer, -abs(one.difference.mean))))


def verdicts(frame: SweepFrame, samples: Mapping[str, Sample], comparable: Comparable) -> tuple[Verdict, ...]:
    """Answer what is asked about each main axis.

    Args:
        frame: the sweep.
        samples: errors by point, `Tuned.samples`.
        comparable: which points may be compared.
    """
    return tuple(_verdict(frame, question, samples, comparable) for question in questions(frame))


def _verdict(frame: SweepFrame, question: Question, samples: Mapping[str, Sample], comparable: Comparable) -> Verdict:
    made: list[tuple[Contrast, Sample]] = []
    for contrast in question.contrasts:
        found = _difference(contrast, samples, comparable)
        if found is not None:
            made.append(found)
    several = len(made) > 1
    told = _estimates([sample for _, sample in made], several)
    answers = _answers(told, frame.smallest)
    points = max((len(pool.points) for _, sample in made for pool in sample.parts), default=2)
    compared = tuple(
        Compared(contrast, one.difference, answer, *_ahead(one, answer, frame.smallest, points))
        for (contrast, _), one, answer in zip(made, told, answers, strict=True)
    )
    answer: Answer = "not yet"
    if "yes" in answers:
        answer = "yes"
    elif len(made) == len(question.contrasts) > 0 and set(answers) == {"no"}:
        answer = "no"
    seeds = [one.seeds for one in compared if one.seeds > 0]
    # one difference that is seen to be there is a yes; a no, or either, takes all
    decide = max if math.isfinite(frame.smallest) else min
    return Verdict(question, answer, compared, several, decide(seeds) if seeds and answer == "not yet" else math.nan)


def _difference(
    contrast: Contrast, samples: Mapping[str, Sample], comparable: Comparable
) -> tuple[Contrast, Sample] | None:
    """Average the differences of pairs that can be compared, of those with most seeds in common; None without any."""
    fit = [pair for pair in contrast.pairs if comparable(pair.point, pair.other)]
    known = [(pair, samples[pair.point] - samples[pair.other]) for pair in fit]
    by_seeds: dict[tuple[int, ...], list[tuple[Pair, Sample]]] = {}
    for pair, sample in known:
        by_seeds.setdefault(tuple(sample.seeds), []).append((pair, sample))
    seeds, kept = max(by_seeds.items(), key=lambda item: (len(item[0]), len(item[1])), default=((), []))
    if not seeds:
        return None
    return replace(contrast, pairs=tuple(pair for pair, _ in kept)), average([sample for _, sample in kept])


@dataclass(frozen=True)
class _Told:
    """A difference with its standard error, that one's degrees of freedom, and half its interval's width in errors."""

    difference: Estimate
    error: float
    freedom: float
    extent: float
    #: by how much larger the standard error would be without extra seeds of baselines
    without_extra: float = 1.0


def _estimates(samples: Sequence[Sample], several: bool) -> list[_Told]:
    """Estimate differences; of several, with intervals that hold together where the noise of all is pooled."""
    together = precisions_together(samples) if several else None
    told = []
    for place, sample in enumerate(samples):
        alone = estimate(sample)
        error, freedom = precision_of(sample)
        if together is not None and math.isfinite(alone.low):
            error, freedom, extent = (float(part[place]) for part in together)
        elif several and math.isfinite(alone.low):
            # nothing is known of how they depend on one another (Bonferroni)
            extent = float(quantile(freedom, 1 - 0.05 / len(samples)))
        else:
            extent = float(quantile(freedom)) if math.isfinite(alone.low) else math.nan
        half = extent * error
        known = replace(alone, low=alone.mean - half, high=alone.mean + half)
        without = common_precision(sample.parts, alone.n) / precision_of(sample)[0] if alone.extra else 1.0
        told.append(_Told(known, error, freedom, extent, without))
    return told


def _answers(told: Sequence[_Told], smallest: float) -> list[Answer]:
    ps = np.full(len(told), math.nan)
    if math.isfinite(smallest):
        ps = np.array([_equivalence(one, smallest) for one in told], dtype=float)
    small = stepped_up(ps).tolist() if len(told) else []
    answers: list[Answer] = ["yes" if one.difference.clear else "not yet" for one in told]
    return ["no" if is_small else answer for is_small, answer in zip(small, answers, strict=True)]


def _equivalence(one: _Told, smallest: float) -> float:
    if not one.error > 0:
        return math.nan
    return float(equivalence_p(one.difference.mean, one.error, one.freedom, smallest))


def _ahead(one: _Told, answer: Answer, smallest: float, points: int) -> tuple[float, float]:
    """Count seeds that decide a comparison: a difference of the smallest size that matters, or of the size seen.

    Returns:
        These, and the difference that twice the present seeds would tell; NaN for what is decided.
    """
    if answer != "not yet" or not one.error > 0 or one.difference.n < 2:
        return math.nan, math.nan
    size = smallest if math.isfinite(smallest) else abs(one.difference.mean)
    error = one.error * one.extent / float(quantile(one.freedom))
    n, extra, common = one.difference.n, one.difference.extra, error * one.without_extra
    needed = float(seeds_needed(size, error, one.freedom, n, max(2, points), common, extra))
    # that many would have decided it, and have not: a few more
    needed = max(needed, n + 1.0)
    return needed, float(shown(error_ahead(error, n, 2 * n, common, extra), 2 * one.freedom))


def more_runs(frame: SweepFrame, seeds: float) -> int:
    """Count the runs that a sweep of so many seeds has beyond those of the present ones."""
    more = max(0.0, seeds - len(frame.seeds))
    common = extra = 0
    for one in frame.lengths.values() or [frame]:
        at_extra = int(one.runs["seed"].isin(frame.extra_seeds).sum())
        common, extra = common + len(one.runs) - at_extra, extra + at_extra
    # seeds that baselines had alone become those of all
    had = extra / max(1, len(frame.extra_seeds)) * min(more, len(frame.extra_seeds))
    return round(common / max(1, len(frame.seeds)) * more - had)
