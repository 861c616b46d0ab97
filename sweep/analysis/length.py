"""Is it long enough? The same contrast after several lengths of training, each a whole schedule, tuned at each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sweep.analysis.estimates import Estimate, Sample, combine, estimate
from sweep.analysis.nuisance import tune
from sweep.analysis.question import Contrast
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame

#: The trend of an effect with longer training: it grows, shrinks, changes its sign, rises or falls where its sign at an
#: end is not known, or shows no trend; or it waits for two lengths with two shared seeds.
Trend = Literal["grows", "shrinks", "turns", "rises", "falls", "not decided", "waits"]


@dataclass(frozen=True)
class LengthEffect:
    """A contrast after each length of training."""

    contrast: Contrast
    #: by epochs, the shortest first; those at which all its points are settled
    effects: Mapping[int, Estimate]
    #: the change of the contrast with each doubling of the epochs, in points, by least squares over the lengths
    slope: Estimate
    trend: Trend
    #: points whose best setting is at the edge of its list at some length: they are not called tuned
    untuned: tuple[str, ...] = ()


def length_effects(frame: SweepFrame, contrasts: Sequence[Contrast]) -> tuple[LengthEffect, ...]:
    """Measure how each contrast changes with the length of training.

    The trend is paired by seed: seed s means the same initial draw at every length. Where the slope excludes zero, an
    effect grows if the slope has its sign, and shrinks if it has the other one. Where its signs after the shortest and
    the longest training differ it turns if both intervals exclude zero; else it rises or falls, and no more is known.
    Lengths at which fewer seeds are in than at others are left out of the trend.

    Args:
        frame: the sweep, with `lengths`.
        contrasts: what is compared.

    Returns:
        In the order of `contrasts`; empty with fewer than two lengths.
    """
    if len(frame.lengths) < 2:
        return ()
    samples: dict[int, tuple[Mapping[str, Sample], set[str]]] = {}
    at_edge: set[str] = set()
    for epochs, sweep in frame.lengths.items():
        tuned = tune(sweep)
        settled = {row["point"] for row in records(tuned.points) if row["settled"]}
        samples[epochs] = tuned.samples, settled
        at_edge |= {row["point"] for row in records(tuned.points) if row["edge"]}
    length_results = []
    for contrast in contrasts:
        by_epochs = {
            epochs: combine([(weight, errors[point]) for point, weight in contrast.weights.items()])
            for epochs, (errors, settled) in samples.items()
            if contrast.weights.keys() <= settled
        }
        by_epochs = {epochs: sample for epochs, sample in by_epochs.items() if sample.seeds}
        slope = estimate(_slope(by_epochs))
        effects = {epochs: estimate(sample) for epochs, sample in by_epochs.items()}
        untuned = tuple(point for point in contrast.weights if point in at_edge)
        length_results.append(LengthEffect(contrast, effects, slope, _trend(effects, slope), untuned))
    return tuple(length_results)


def _slope(by_epochs: Mapping[int, Sample]) -> Sample:
    """The change with each doubling, seed by seed, over the seeds of the lengths that have most."""
    most = max((len(sample.seeds) for sample in by_epochs.values()), default=0)
    by_epochs = {epochs: sample for epochs, sample in by_epochs.items() if len(sample.seeds) == most}
    if len(by_epochs) < 2:
        return Sample({})
    doublings = [math.log2(epochs) for epochs in by_epochs]
    middle = math.fsum(doublings) / len(doublings)
    scale = math.fsum((x - middle) ** 2 for x in doublings)
    return combine([((x - middle) / scale, sample) for x, sample in zip(doublings, by_epochs.values(), strict=True)])


def _trend(effects: Mapping[int, Estimate], slope: Estimate) -> Trend:
    if slope.n < 2:
        return "waits"
    if not slope.clear:
        return "not decided"
    shortest, longest = effects[min(effects)], effects[max(effects)]
    if shortest.mean * longest.mean < 0:
        if shortest.clear and longest.clear:
            return "turns"
        return "rises" if slope.mean > 0 else "falls"
    return "grows" if slope.mean * longest.mean > 0 else "shrinks"
