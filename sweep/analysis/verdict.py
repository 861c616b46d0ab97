"""The answers to a sweep's questions: yes, no or not yet, each with its difference and interval.

- **yes**: the 95 % interval of a difference excludes zero; of several comparisons their intervals hold together.
- **no**: the difference is smaller, either way, than the smallest that matters (`smallest` in the space): two one-sided
  tests at 5 % (Schuirmann 1987). Where both hold it is no: the difference is real, and does not matter.
- **not yet**: neither. Without `smallest` nothing is ever answered by no.

With several comparisons on an axis the answer is yes if one of them is yes, and no if all of them are no.
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
    """One comparison with its measured difference."""

    #: limited to the pairs that can be compared
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
    """The answer to the question about one axis."""

    question: Question
    answer: Answer
    #: the comparisons that can be made, in the order of the question
    compared: tuple[Compared, ...]
    #: whether the intervals hold together
    together: bool

    #: how many seeds would decide it in 4 of 5 sweeps; NaN if it is decided, or if the noise is unknown
    seeds: float = math.nan

    @property
    def telling(self) -> tuple[Compared, ...]:
        """The comparisons that make the answer first, then the others, each by how large their difference is."""
        return tuple(
            sorted(
                self.compared,
                key=lambda comparison: (comparison.answer != self.answer, -abs(comparison.difference.mean)),
            )
        )


def verdicts(frame: SweepFrame, samples: Mapping[str, Sample], comparable: Comparable) -> tuple[Verdict, ...]:
    """Answer the question about each main axis.

    Args:
        frame: the sweep.
        samples: errors by point, `Tuned.samples`.
        comparable: which points may be compared.
    """
    return tuple(_verdict(frame, question, samples, comparable) for question in questions(frame))


def _verdict(frame: SweepFrame, question: Question, samples: Mapping[str, Sample], comparable: Comparable) -> Verdict:
    differences: list[tuple[Contrast, Sample]] = []
    for contrast in question.contrasts:
        difference = _difference(contrast, samples, comparable)
        if difference is not None:
            differences.append(difference)
    is_several = len(differences) > 1
    estimates = _estimates([sample for _, sample in differences], is_several)
    answers = _answers(estimates, frame.smallest)
    points = max((len(pool.points) for _, sample in differences for pool in sample.parts), default=2)
    compared = tuple(
        Compared(contrast, estimate.difference, answer, *_ahead(estimate, answer, frame.smallest, points))
        for (contrast, _), estimate, answer in zip(differences, estimates, answers, strict=True)
    )
    answer: Answer = "not yet"
    if "yes" in answers:
        answer = "yes"
    elif len(differences) == len(question.contrasts) > 0 and set(answers) == {"no"}:
        answer = "no"
    seeds = [comparison.seeds for comparison in compared if comparison.seeds > 0]
    # a yes needs one comparison to be decided; a no needs all of them
    decide = max if math.isfinite(frame.smallest) else min
    return Verdict(question, answer, compared, is_several, decide(seeds) if seeds and answer == "not yet" else math.nan)


def _difference(
    contrast: Contrast, samples: Mapping[str, Sample], comparable: Comparable
) -> tuple[Contrast, Sample] | None:
    """Average the differences of comparable pairs that have most seeds in common; None without any."""
    comparable_pairs = [pair for pair in contrast.pairs if comparable(pair.point, pair.other)]
    differences = [(pair, samples[pair.point] - samples[pair.other]) for pair in comparable_pairs]
    by_seeds: dict[tuple[int, ...], list[tuple[Pair, Sample]]] = {}
    for pair, sample in differences:
        by_seeds.setdefault(tuple(sample.seeds), []).append((pair, sample))
    seeds, chosen = max(by_seeds.items(), key=lambda item: (len(item[0]), len(item[1])), default=((), []))
    if not seeds:
        return None
    return replace(contrast, pairs=tuple(pair for pair, _ in chosen)), average([sample for _, sample in chosen])


@dataclass(frozen=True)
class _Interval:
    """A difference, its standard error, the degrees of freedom, and half the interval's width in standard errors."""

    difference: Estimate
    error: float
    freedom: float
    extent: float
    #: by how much larger the standard error would be without extra seeds of baselines
    without_extra: float = 1.0


def _estimates(samples: Sequence[Sample], several: bool) -> list[_Interval]:
    """Estimate differences; intervals of several hold together if their noise is pooled."""
    joint = precisions_together(samples) if several else None
    result = []
    for place, sample in enumerate(samples):
        alone = estimate(sample)
        error, freedom = precision_of(sample)
        if joint is not None and math.isfinite(alone.low):
            error, freedom, extent = (float(values[place]) for values in joint)
        elif several and math.isfinite(alone.low):
            # their correlation is unknown: Bonferroni
            extent = float(quantile(freedom, 1 - 0.05 / len(samples)))
        else:
            extent = float(quantile(freedom)) if math.isfinite(alone.low) else math.nan
        half = extent * error
        interval = replace(alone, low=alone.mean - half, high=alone.mean + half)
        without_extra = common_precision(sample.parts, alone.n) / precision_of(sample)[0] if alone.extra else 1.0
        result.append(_Interval(interval, error, freedom, extent, without_extra))
    return result


def _answers(estimates: Sequence[_Interval], smallest: float) -> list[Answer]:
    ps = np.full(len(estimates), math.nan)
    if math.isfinite(smallest):
        ps = np.array([_equivalence(estimate, smallest) for estimate in estimates], dtype=float)
    small = stepped_up(ps).tolist() if len(estimates) else []
    answers: list[Answer] = ["yes" if estimate.difference.clear else "not yet" for estimate in estimates]
    return ["no" if is_small else answer for is_small, answer in zip(small, answers, strict=True)]


def _equivalence(estimate: _Interval, smallest: float) -> float:
    if not estimate.error > 0:
        return math.nan
    return float(equivalence_p(estimate.difference.mean, estimate.error, estimate.freedom, smallest))


def _ahead(estimate: _Interval, answer: Answer, smallest: float, points: int) -> tuple[float, float]:
    """Count seeds that decide a comparison: a difference of the smallest size that matters, or of the size seen.

    Returns:
        These, and the difference that twice the present seeds would tell; NaN for what is decided.
    """
    if answer != "not yet" or not estimate.error > 0 or estimate.difference.n < 2:
        return math.nan, math.nan
    size = smallest if math.isfinite(smallest) else abs(estimate.difference.mean)
    error = estimate.error * estimate.extent / float(quantile(estimate.freedom))
    n, extra, common = estimate.difference.n, estimate.difference.extra, error * estimate.without_extra
    needed = float(seeds_needed(size, error, estimate.freedom, n, max(2, points), common, extra))
    # the present seeds did not decide it, so it takes more
    needed = max(needed, n + 1.0)
    return needed, float(shown(error_ahead(error, n, 2 * n, common, extra), 2 * estimate.freedom))


def more_runs(frame: SweepFrame, seeds: float) -> int:
    """Count the additional runs that a sweep with so many seeds needs."""
    added = max(0.0, seeds - len(frame.seeds))
    common = extra = 0
    for sweep in frame.lengths.values() or [frame]:
        at_extra = int(sweep.runs["seed"].isin(frame.extra_seeds).sum())
        common, extra = common + len(sweep.runs) - at_extra, extra + at_extra
    # the extra seeds of baselines become seeds of all points
    present = extra / max(1, len(frame.extra_seeds)) * min(added, len(frame.extra_seeds))
    return round(common / max(1, len(frame.seeds)) * added - present)
