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
from dataclasses import dataclass, field
from functools import cache
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


@dataclass(frozen=True)
class Sample:
    """A number at each seed, and what the others' would have been if one seed had never been run."""

    values: Mapping[int, float]
    #: by the seed left out, then by seed; empty where leaving a seed out changes no other's value
    without: Mapping[int, Mapping[int, float]] = field(default_factory=dict)

    def __sub__(self, other: "Sample") -> "Sample":
        """Subtract another sample, over the seeds that both have."""
        return combine([(1.0, self), (-1.0, other)])

    def left_out(self, seed: int) -> Mapping[int, float]:
        """The values at the other seeds, had this one never been run."""
        if self.without:
            return self.without.get(seed, {})
        return {other: value for other, value in self.values.items() if other != seed}


def combine(parts: Sequence[tuple[float, Sample]]) -> Sample:
    """Add weighted samples, seed by seed, over the seeds that all have."""

    def added(columns: Sequence[Mapping[int, float]]) -> dict[int, float]:
        seeds = sorted(set.intersection(*(set(column) for column in columns)))
        pairs = [(weight, column) for (weight, _), column in zip(parts, columns, strict=True)]
        return {seed: math.fsum(weight * column[seed] for weight, column in pairs) for seed in seeds}

    if not parts:
        return Sample({})
    values = added([sample.values for _, sample in parts])
    if not any(sample.without for _, sample in parts):
        return Sample(values)
    return Sample(values, {seed: added([sample.left_out(seed) for _, sample in parts]) for seed in values})


def average(samples: Sequence[Sample]) -> Sample:
    """Average samples, seed by seed, over the seeds that all have."""
    return combine([(1 / len(samples), sample) for sample in samples])


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
    values = [value for _, value in sorted(sample.values.items())]
    n = len(values)
    if n == 0:
        return Estimate(0, math.nan, math.nan, math.nan, math.nan)
    mean = fmean(values)
    if n == 1:
        return Estimate(1, mean, math.nan, math.nan, math.nan)
    sd = float(np.std(values, ddof=1))
    if sd <= _ROUNDING * abs(mean):
        return Estimate(n, mean, 0.0, math.nan, math.nan)
    half = quantile(n) * error_of(sample)
    return Estimate(n, mean, sd, mean - half, mean + half)


def error_of(sample: Sample) -> float:
    """Estimate the standard error of a sample's mean; NaN below two seeds."""
    seeds = sorted(sample.values)
    if len(seeds) < 2:
        return math.nan
    values = np.array([sample.values[seed] for seed in seeds])
    if not sample.without:
        return float(np.std(values, ddof=1)) / math.sqrt(len(seeds))
    others = [list(sample.left_out(seed).values()) for seed in seeds]
    return float(standard_error(values, np.array([fmean(rest) if rest else math.nan for rest in others])))


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
