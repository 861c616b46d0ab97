"""Errors of a point by seed, and weighted sums of them that keep track of pooled noise and of chosen settings."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from statistics import fmean

import numpy as np
import numpy.typing as npt

from sweep.analysis.pooled import Parts, Pool, shift

Array = npt.NDArray[np.float64]


class Sample:
    """A number at each seed, and the numbers at the other seeds with settings chosen without one seed."""

    def __init__(self, values: Mapping[int, float], without: Mapping[int, Mapping[int, float]] | None = None) -> None:
        """Collect finite numbers by seed.

        Args:
            values: by seed.
            without: by the seed left out, then by seed, of those in `values`; empty where leaving a seed out changes
                no other's value.
        """
        #: what it is a weighted sum of, where its points' noise is pooled
        self.parts: Parts = {}
        self.seeds = tuple(sorted(values))
        self.numbers: Array = np.array([values[seed] for seed in self.seeds], dtype=float)
        self.others: Array | None = None
        if without:
            rows = [without.get(seed_out, {}) for seed_out in self.seeds]
            table = [[row.get(seed, math.nan) for seed in self.seeds] for row in rows]
            self.others = np.array(table, dtype=float).reshape(len(rows), len(rows))

    @classmethod
    def of(
        cls, seeds: tuple[int, ...], numbers: Array, others: Array | None = None, parts: Parts | None = None
    ) -> "Sample":
        """Make a sample of arrays, which must not change afterwards.

        Args:
            seeds: increasing.
            numbers: of shape (seeds,), finite.
            others: of shape (seeds left out, seeds), NaN where there is no value, as on the diagonal; None where
                leaving a seed out changes no other's value.
            parts: what it is a weighted sum of; None if its noise is not pooled.
        """
        sample = cls.__new__(cls)
        sample.seeds, sample.numbers, sample.others, sample.parts = seeds, numbers, others, parts or {}
        return sample

    @cached_property
    def values(self) -> Mapping[int, float]:
        """The numbers by seed."""
        return dict(zip(self.seeds, self.numbers.tolist(), strict=True))

    @cached_property
    def mean(self) -> float:
        """The mean over seeds, including extra seeds of baselines; NaN without a seed."""
        return fmean(self.numbers.tolist()) + shift(self.parts, len(self.seeds)) if self.seeds else math.nan

    def left_out(self, seed: int) -> Mapping[int, float]:
        """The values at the other seeds, with settings chosen without this one."""
        row = self.rest()[self.seeds.index(seed)].tolist()
        return {other: value for other, value in zip(self.seeds, row, strict=True) if not math.isnan(value)}

    def rest(self) -> Array:
        """The values at the other seeds without each in turn, of shape (seeds left out, seeds), NaN for none."""
        if self.others is not None:
            return self.others
        values = np.tile(self.numbers, (len(self.numbers), 1))
        np.fill_diagonal(values, math.nan)
        return values

    def at(self, seeds: tuple[int, ...]) -> "Sample":
        """The same at some of its seeds only."""
        if seeds == self.seeds:
            return self
        at = np.searchsorted(self.seeds, seeds)
        others = None if self.others is None else self.others[np.ix_(at, at)]
        return Sample.of(seeds, self.numbers[at], others, self.parts)

    def __sub__(self, other: "Sample") -> "Sample":
        """Subtract another sample, over the seeds that both have."""
        return combine([(1.0, self), (-1.0, other)])

    def __eq__(self, other: object) -> bool:
        """Whether all numbers are equal."""
        if not isinstance(other, Sample) or (self.others is None) != (other.others is None):
            return False
        same_rest = self.others is None or np.array_equal(self.rest(), other.rest(), equal_nan=True)
        return same_rest and self.values == other.values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        without = {} if self.others is None else {seed: self.left_out(seed) for seed in self.seeds}
        return f"Sample({self.values}, {without})"


def combine(parts: Sequence[tuple[float, Sample]]) -> Sample:
    """Add weighted samples, seed by seed, over the seeds that all have."""
    if not parts:
        return Sample({})
    seeds = parts[0][1].seeds
    if any(sample.seeds != seeds for _, sample in parts):
        seeds = tuple(sorted(set.intersection(*(set(sample.seeds) for _, sample in parts))))
    common = [(weight, sample.at(seeds)) for weight, sample in parts]
    numbers = exact_sum([weight * sample.numbers for weight, sample in common])
    pooled = _add(parts)
    if all(sample.others is None for _, sample in parts):
        return Sample.of(seeds, numbers, parts=pooled)
    return Sample.of(seeds, numbers, exact_sum([weight * sample.rest() for weight, sample in common]), pooled)


def _add(samples: Sequence[tuple[float, Sample]]) -> Parts:
    """Add up the parts of weighted samples; empty if one of them has no pooled noise."""
    if not all(sample.parts for _, sample in samples):
        return {}
    parts: dict[Pool, dict[str, float]] = {}
    for weight, sample in samples:
        for pool, weights in sample.parts.items():
            totals = parts.setdefault(pool, {})
            for point, share in weights.items():
                totals[point] = totals.get(point, 0.0) + weight * share
    return parts


def pooled(samples: Mapping[str, Sample], extra: Mapping[str, Mapping[int, float]] | None = None) -> dict[str, Sample]:
    """Pool the noise of the samples of many points that were judged in one way.

    Args:
        samples: by point, over the seeds that all points have.
        extra: by point its numbers at seeds that only baselines have, by seed.

    Returns:
        The same samples; contrasts of them have intervals from the noise of all.
    """
    seeds = tuple(sorted({seed for sample in samples.values() for seed in sample.seeds}))
    # by their values, so that neither names nor their order decide how sums are rounded
    names = sorted(samples, key=lambda point: (samples[point].numbers.tolist(), samples[point].seeds, point))
    values, left_out = np.full((2, len(samples), len(seeds)), math.nan)
    for i, sample in enumerate(samples[point] for point in names):
        if not sample.seeds:
            continue
        at = np.searchsorted(seeds, sample.seeds)
        values[i, at], left_out[i, at] = sample.numbers, means_without(sample)
    pool = Pool(names, seeds, values, left_out, extra)
    return {
        point: Sample.of(sample.seeds, sample.numbers, sample.others, {pool: {point: 1.0}})
        for point, sample in samples.items()
    }


def _extra(sample: Sample) -> Array:
    """The numbers of a sample of one point at seeds that other points do not have."""
    parts = [(pool, point) for pool, weights in sample.parts.items() for point in weights]
    if len(parts) != 1:
        return np.empty(0)
    ((pool, point),) = parts
    row = pool.extra[pool.position[point]]
    return np.asarray(row[np.isfinite(row)])


def share_of_extra(sample: Sample) -> float:
    """The weight of a baseline's extra seeds in its mean: 0 without any, m / (n + m) if each seed counts the same."""
    ((pool, weights),) = sample.parts.items()
    (point,) = weights
    at = pool.position[point]
    return float(pool.noise.saved[at]) * int(np.isfinite(pool.values[at]).sum())


def with_extra(sample: Sample) -> Array:
    """The numbers of a sample at all of its seeds, including those that other points do not have."""
    return np.concatenate([sample.numbers, _extra(sample)])


def average(samples: Sequence[Sample]) -> Sample:
    """Average samples, seed by seed, over the seeds that all have."""
    return combine([(1 / len(samples), sample) for sample in samples])


def exact_sum(terms: Sequence[Array] | Array) -> Array:
    """Add arrays of one shape in about twice the precision, so that the order of terms does not change the sum.

    By halves, with the rounding error of each addition kept (Ogita, Rump, Oishi 2005, Accurate sum and dot product).
    """
    total = np.asarray(terms)
    if len(total) == 2:
        return np.asarray(total[0] + total[1])
    lost: Array | float = 0.0
    while len(total) > 1:
        half = len(total) // 2
        a, b = total[:half], total[half : 2 * half]
        added = a + b
        share = added - a
        lost = lost + ((a - (added - share)) + (b - share)).sum(0)
        total = np.concatenate([added, total[2 * half :]])
    return np.asarray(total[0] + lost)


def means_without(sample: Sample) -> Array:
    """The mean over the other seeds without each in turn, of shape (seeds left out,); NaN where there is none."""
    values = sample.rest()
    is_known = ~np.isnan(values)
    count = is_known.sum(1)
    total = exact_sum(np.where(is_known, values, 0.0).T)
    return np.where(count > 0, total / np.maximum(count, 1), math.nan)
