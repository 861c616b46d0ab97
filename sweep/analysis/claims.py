"""Two things that the WeightNet paper says of its kernels, and whether a sweep bears them out."""

from dataclasses import dataclass, replace
from typing import Literal

from sweep.analysis.estimates import Estimate, combine, estimate
from sweep.analysis.kernel_families import similarities
from sweep.analysis.nuisance import Tuned
from sweep.analysis.question import contrasts
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame

#: What an interval says of a claim.
Answer = Literal["borne out", "not borne out", "not decided"]


@dataclass(frozen=True)
class Claim:
    """A difference that a claim says is below zero."""

    difference: Estimate
    #: how many pairs of points it is a mean over
    pairs: int = 1
    #: whether a best setting of its points is at the edge of its list
    edge: bool = False

    @property
    def answer(self) -> Answer:
        """Borne out below zero, not borne out above it, by an interval that excludes it."""
        if not self.difference.clear:
            return "not decided"
        return "borne out" if self.difference.mean < 0 else "not borne out"


def larger_g(frame: SweepFrame, tuned: Tuned) -> Claim | None:
    """Compare the largest G with the smallest at the same lambda, tuned: error of the one less that of the other.

    Returns:
        None without two points of one lambda that differ in G, or while one of them is not settled.
    """
    if "G" not in frame.axes or "lambda" not in frame.axes:
        return None
    settled = {row["point"] for row in records(tuned.points) if row["settled"]}
    for contrast in contrasts(replace(frame, main=("G",))):
        held = [pair for pair in contrast.pairs if "lambda" in pair.rest and {pair.point, pair.other} <= settled]
        if held:
            samples = [
                (sign / len(held), tuned.samples[point])
                for pair in held
                for point, sign in ((pair.point, 1.0), (pair.other, -1.0))
            ]
            at_edge = {row["point"] for row in records(tuned.points) if row["edge"]}
            edge = not at_edge.isdisjoint(point for pair in held for point in (pair.point, pair.other))
            return Claim(estimate(combine(samples)), len(held), edge)
    return None


def less_alike(frame: SweepFrame) -> Claim | None:
    """Compare how alike the kernels of different output filters are: WeightNet's cosine similarity less CondConv's.

    Returns:
        None without kept networks of both.
    """
    found = None if frame.kernels is None else similarities(frame.kernels)
    apart = found.apart.get("between_filters") if found else None
    if apart is None or not apart.n:
        return None
    return Claim(replace(apart, mean=-apart.mean, low=-apart.high, high=-apart.low))
