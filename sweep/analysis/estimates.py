"""What independent seeds say of a number: its mean and an interval that knows that settings were chosen on them.

The target is what the procedure would give on average over new seeds: the expected error of a point at the setting that
its other seeds choose. Where one setting is clearly best that is its expected error, and where several tie, theirs.

A cross-fitted mean is not one of independent values: the error at seed s is that of a setting which the other seeds
chose. Student's t over them covers 80 to 95 %, least where settings tie and seeds are many. The jackknife, which leaves
out one seed at a time and chooses all settings anew, sees that dependence and overstates it (Efron and Stein 1981, The
jackknife estimate of variance): it covers 91 to 99.6 %. The geometric mean of the two variances, never less than the
first, covers 92.9 to 97.8 % at 2 to 10 seeds (tests/analysis/coverage.py prints that). Where nothing was chosen all
three are the same, and the interval is Student's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

#: Values apart by less than this share of their mean are equal but for rounding.
_ROUNDING = 1e-12

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval; what n is too small for is NaN.

    The interval is about seeds alone: all points share one validation set, whose own luck it does not cover. Where
    all n values are equal there is no interval: no spread seen is not the same as none.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float

    @property
    def equal(self) -> bool:
        """Whether there is no interval because all values are equal."""
        return self.n > 1 and not math.isfinite(self.low)

    @property
    def clear(self) -> bool:
        """Whether the interval exists and excludes zero."""
        return self.low > 0 or self.high < 0


class Sample:
    """A number at each seed, and what the others' would have been if one seed had never been run."""

    def __init__(self, values: Mapping[int, float], without: Mapping[int, Mapping[int, float]] | None = None) -> None:
        """Collect finite numbers by seed.

        Args:
            values: by seed.
            without: by the seed left out, then by seed, of those in `values`; empty where leaving a seed out changes
                no other's value.
        """
        self.seeds = tuple(sorted(values))
        self.numbers: Array = np.array([values[seed] for seed in self.seeds], dtype=float)
        self.others: Array | None = None
        if without:
            rows = [without.get(left, {}) for left in self.seeds]
            table = [[row.get(seed, math.nan) for seed in self.seeds] for row in rows]
            self.others = np.array(table, dtype=float).reshape(len(rows), len(rows))

    @classmethod
    def of(cls, seeds: tuple[int, ...], numbers: Array, others: Array | None = None) -> "Sample":
        """Make a sample of arrays, which nobody may change any more.

        Args:
            seeds: increasing.
            numbers: of shape (seeds,), finite.
            others: of shape (seeds left out, seeds), NaN where there is no value, as on the diagonal; None where
                leaving a seed out changes no other's value.
        """
        made = cls.__new__(cls)
        made.seeds, made.numbers, made.others = seeds, numbers, others
        return made

    @cached_property
    def values(self) -> Mapping[int, float]:
        """The numbers by seed."""
        return dict(zip(self.seeds, self.numbers.tolist(), strict=True))

    def left_out(self, seed: int) -> Mapping[int, float]:
        """The values at the other seeds, had this one never been run."""
        row = self.rest()[self.seeds.index(seed)].tolist()
        return {other: value for other, value in zip(self.seeds, row, strict=True) if not math.isnan(value)}

    def rest(self) -> Array:
        """The values at the other seeds without each in turn, of shape (seeds left out, seeds), NaN for none."""
        if self.others is not None:
            return self.others
        found = np.tile(self.numbers, (len(self.numbers), 1))
        np.fill_diagonal(found, math.nan)
        return found

    def at(self, seeds: tuple[int, ...]) -> "Sample":
        """The same at some of its seeds only."""
        if seeds == self.seeds:
            return self
        at = np.searchsorted(self.seeds, seeds)
        return Sample.of(seeds, self.numbers[at], None if self.others is None else self.others[np.ix_(at, at)])

    def __sub__(self, other: "Sample") -> "Sample":
        """Subtract another sample, over the seeds that both have."""
        return combine([(1.0, self), (-1.0, other)])

    def __eq__(self, other: object) -> bool:
        """Whether all numbers are equal."""
        if not isinstance(other, Sample) or (self.others is None) != (other.others is None):
            return False
        rest = self.others is None or np.array_equal(self.rest(), other.rest(), equal_nan=True)
        return rest and self.values == other.values

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
    known = [(weight, sample.at(seeds)) for weight, sample in parts]
    numbers = exact_sum([weight * sample.numbers for weight, sample in known])
    if all(sample.others is None for _, sample in parts):
        return Sample.of(seeds, numbers)
    return Sample.of(seeds, numbers, exact_sum([weight * sample.rest() for weight, sample in known]))


def average(samples: Sequence[Sample]) -> Sample:
    """Average samples, seed by seed, over the seeds that all have."""
    return combine([(1 / len(samples), sample) for sample in samples])


def exact_sum(terms: Sequence[Array] | Array) -> Array:
    """Add arrays of one shape as if in twice the precision, so that the order of terms is not seen in the sum.

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


def standard_error(values: Array, left_out: Array) -> Array:
    """Estimate the standard error of means over seeds at which settings were chosen; the module says why so.

    Args:
        values: of shape (..., n), n of at least 2: a number at each seed.
        left_out: of the same shape: the mean over the other seeds, had this one never been run; NaN where there is
            none.

    Returns:
        Of shape (...).
    """
    n = values.shape[-1]
    plain = values.var(-1, ddof=1) / n
    known = np.isfinite(left_out)
    count = np.maximum(known.sum(-1), 1)
    centre = np.where(known, left_out, 0.0).sum(-1) / count
    spread = np.where(known, left_out - centre[..., None], 0.0)
    jackknife = (n - 1) * (spread**2).sum(-1) / count
    found: Array = np.sqrt(np.maximum(plain, np.sqrt(plain * jackknife)))
    return found


def estimate(found: Sample | Sequence[float]) -> Estimate:
    """Summarise values of independent seeds.

    Args:
        found: a sample, or finite numbers, one a seed, in any order, for which nothing was chosen.

    Returns:
        Mean, sample standard deviation (n - 1) and 95 % interval: the standard error of `standard_error` times
        Student's t with n - 1 degrees of freedom.
    """
    sample = found if isinstance(found, Sample) else Sample(dict(enumerate(found)))
    values = sample.numbers
    n = len(values)
    if n == 0:
        return Estimate(0, math.nan, math.nan, math.nan, math.nan)
    mean = fmean(values.tolist())
    if n == 1:
        return Estimate(1, mean, math.nan, math.nan, math.nan)
    sd = float(np.std(values, ddof=1))
    if sd <= _ROUNDING * abs(mean):
        return Estimate(n, mean, 0.0, math.nan, math.nan)
    half = quantile(n) * error_of(sample)
    return Estimate(n, mean, sd, mean - half, mean + half)


def error_of(sample: Sample) -> float:
    """Estimate the standard error of a sample's mean; NaN below two seeds."""
    values, n = sample.numbers, len(sample.seeds)
    if n < 2:
        return math.nan
    if sample.others is None:
        return float(np.std(values, ddof=1)) / math.sqrt(n)
    return float(standard_error(values, means_without(sample)))


def means_without(sample: Sample) -> Array:
    """The mean over the other seeds without each in turn, of shape (seeds left out,); NaN where there is none."""
    rest = sample.rest()
    known = ~np.isnan(rest)
    count = known.sum(1)
    total = exact_sum(np.where(known, rest, 0.0).T)
    return np.where(count > 0, total / np.maximum(count, 1), math.nan)


@cache
def quantile(n: int) -> float:
    """Half the width of a 95 % interval over n seeds, in standard errors: Student's t with n - 1 degrees of freedom."""
    return float(stats.t.ppf(0.975, n - 1))


def read(row: Mapping[Any, Any], prefix: str = "") -> Estimate:
    """Read an estimate from a row that `write` made."""
    n, *rest = (row[f"{prefix}{name}"] for name in ("n", "mean", "sd", "low", "high"))
    return Estimate(int(n), *rest)


def write(found: Estimate, prefix: str = "") -> dict[str, Any]:
    """Lay an estimate out as cells `n`, `mean`, `sd`, `low`, `high`, each after a prefix."""
    return {f"{prefix}{name}": getattr(found, name) for name in ("n", "mean", "sd", "low", "high")}
