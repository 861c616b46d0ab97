"""Two claims of the WeightNet paper about its kernels, and whether a sweep supports them."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

from sweep.analysis.estimates import Estimate, combine, estimate
from sweep.analysis.kernel_families import similarities
from sweep.analysis.nuisance import Tuned
from sweep.analysis.order import is_number, points
from sweep.analysis.ranked import Comparable
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
        """The answer: borne out if the interval lies below zero, not borne out if it lies above."""
        if not self.difference.clear:
            return "not decided"
        return "borne out" if self.difference.mean < 0 else "not borne out"


def larger_g(frame: SweepFrame, tuned: Tuned) -> Claim | None:
    """Compare the largest G with the smallest at the same lambda, tuned: error of the one less that of the other.

    Returns:
        None without two points of one lambda that differ in G, or while they cannot be compared.
    """
    if "G" not in frame.axes or "lambda" not in frame.axes:
        return None
    comparable = Comparable.of(frame, tuned)
    other_axes = [axis for axis in frame.axes if axis not in {"M", "G"}]
    by_lambda: dict[tuple[Any, ...], dict[float, str]] = {}
    for row in records(points(frame)):
        if is_number(row["G"]) and is_number(row["lambda"]):
            by_lambda.setdefault(tuple(str(row[axis]) for axis in other_axes), {})[float(row["G"])] = row["point"]
    values = sorted({g for by_g in by_lambda.values() for g in by_g})
    for small, large in sorted(combinations(values, 2), key=lambda ends: values.index(ends[0]) - values.index(ends[1])):
        pairs = [(by_g[large], by_g[small]) for by_g in by_lambda.values() if {small, large} <= by_g.keys()]
        comparable_pairs = [pair for pair in pairs if comparable(*pair)]
        if comparable_pairs:
            signs = [(point, sign) for pair in comparable_pairs for point, sign in zip(pair, (1.0, -1.0), strict=True)]
            samples = [(sign / len(comparable_pairs), tuned.samples[point]) for point, sign in signs]
            at_edge = {row["point"] for row in records(tuned.points) if row["edge"]}
            return Claim(
                estimate(combine(samples)), len(comparable_pairs), not at_edge.isdisjoint(point for point, _ in signs)
            )
    return None


def less_alike(frame: SweepFrame) -> Claim | None:
    """Compare how alike the kernels of different output filters are: WeightNet's cosine similarity less CondConv's.

    Returns:
        None without kept networks of both.
    """
    alike = None if frame.kernels is None else similarities(frame.kernels)
    apart = alike.apart.get("between_filters") if alike else None
    if apart is None or not apart.n:
        return None
    return Claim(replace(apart, mean=-apart.mean, low=-apart.high, high=-apart.low))
