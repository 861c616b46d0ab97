"""Mean and interval of a number over independent seeds, where settings may have been chosen on the same seeds.

The target is what the procedure would give on average over new seeds: the expected error of a point at the setting that
its other seeds choose. Where one setting is clearly best that is its expected error, and where several tie, theirs.

A difference of points whose noise is pooled has an interval from `sweep.statistics.noise`, and a mean error one that
stays between 0 and 100. What follows is about numbers that stand alone.

A cross-fitted mean is not one of independent values: the error at seed s is that of a setting which the other seeds
chose. Student's t over them covers 80 to 95 %, least where settings tie and seeds are many. The jackknife, which leaves
out one seed at a time and chooses all settings anew, sees that dependence and overstates it (Efron and Stein 1981, The
jackknife estimate of variance): it covers 91 to 99.6 %. The geometric mean of the two variances, never less than the
first, covers 92.9 to 97.8 % at 2 to 10 seeds (tests/analysis/coverage.py prints that). Where nothing was chosen all
three are the same, and the interval is Student's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.analysis.pooled import most_extra, precision
from sweep.analysis.samples import (
    Sample,
    average,
    combine,
    exact_sum,
    means_without,
    pooled,
    share_of_extra,
    with_extra,
)
from sweep.statistics.intervals import above_zero, within_percent
from sweep.statistics.noise import quantile

__all__ = [
    "Estimate",
    "Sample",
    "average",
    "combine",
    "error_of",
    "estimate",
    "estimate_error",
    "exact_sum",
    "means_without",
    "pooled",
    "precision_of",
    "quantile",
    "read",
    "standard_error",
    "write",
]

#: Values apart by less than this share of their mean are equal but for rounding.
_ROUNDING = 1e-12

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval; fields that need a larger n are NaN.

    The interval is about seeds alone: all points share one validation set, whose own luck it does not cover. Where
    all n values are equal there is no interval: no spread seen is not the same as none.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float
    #: seeds of baselines beside the n that all have, which the mean takes into account
    extra: int = 0

    @property
    def equal(self) -> bool:
        """Whether there is no interval because all values are equal."""
        return self.n > 1 and not math.isfinite(self.low)

    @property
    def clear(self) -> bool:
        """Whether the interval exists and excludes zero."""
        return self.low > 0 or self.high < 0


def standard_error(values: Array, left_out: Array) -> Array:
    """Estimate the standard error of means over seeds at which settings were chosen; see the module's docstring.

    Args:
        values: of shape (..., n), n of at least 2: a number at each seed.
        left_out: of the same shape: the mean over the other seeds, had this one never been run; NaN where there is
            none.

    Returns:
        Of shape (...).
    """
    n = values.shape[-1]
    plain = values.var(-1, ddof=1) / n
    finite = np.isfinite(left_out)
    count = np.maximum(finite.sum(-1), 1)
    centre = np.where(finite, left_out, 0.0).sum(-1) / count
    spread = np.where(finite, left_out - centre[..., None], 0.0)
    jackknife = (n - 1) * (spread**2).sum(-1) / count
    error: Array = np.sqrt(np.maximum(plain, np.sqrt(plain * jackknife)))
    return error


def estimate(data: Sample | Sequence[float]) -> Estimate:
    """Summarise values of independent seeds.

    Args:
        data: a sample; or finite numbers, one a seed, in any order, for which no setting was chosen.

    Returns:
        Mean, sample standard deviation (n - 1) and 95 % interval, as `precision_of` knows it.
    """
    sample = data if isinstance(data, Sample) else Sample(dict(enumerate(data)))
    values = sample.numbers
    n = len(values)
    if n == 0:
        return Estimate(0, math.nan, math.nan, math.nan, math.nan)
    mean = sample.mean
    if n == 1:
        return Estimate(1, mean, math.nan, math.nan, math.nan)
    sd = 0.0 if _equal(sample) else float(np.std(values, ddof=1))
    error, freedom = precision_of(sample)
    if math.isnan(error):
        return Estimate(n, mean, sd, math.nan, math.nan)
    half = float(quantile(freedom)) * error
    return Estimate(n, mean, sd, mean - half, mean + half, most_extra(sample.parts))


def estimate_error(sample: Sample, metric: str = "error") -> Estimate:
    """Summarise the errors of one point, or an average of several, with an interval within the possible range.

    Args:
        sample: errors in per cent, whose interval lies between 0 and 100, or losses, whose interval lies above 0.
        metric: 'error' or 'loss'.
    """
    result = estimate(sample)
    if math.isnan(result.low):
        return result
    ends = within_percent if metric == "error" else above_zero
    if (extra := result.extra) and len(with_extra(sample)) > result.n:
        # extra seeds weigh less than common ones, and settings were chosen on the common ones: so this standard error
        # is larger than that of a plain mean over all seeds
        all_numbers, n = with_extra(sample), result.n
        sd = float(np.std(all_numbers, ddof=1))
        widening = error_of(sample) / (float(np.std(sample.numbers, ddof=1)) / math.sqrt(n))
        share = share_of_extra(sample)
        error = sd * widening * math.sqrt((1 - share) ** 2 / n + share**2 / extra)
        low, high = ends(result.mean, error, len(all_numbers) - 1.0)
        return Estimate(n, result.mean, sd, float(low), float(high), extra)
    low, high = ends(result.mean, *precision_of(sample))
    return replace(result, low=float(low), high=float(high))


def precision_of(sample: Sample) -> tuple[float, float]:
    """Estimate the standard error of a sample's mean, and its degrees of freedom.

    A difference of points whose noise is pooled has that of `sweep.statistics.noise`; anything else `standard_error`,
    with n - 1 degrees of freedom.

    Returns:
        NaN below two seeds, and where all values are equal and no noise is known from other points.
    """
    n = len(sample.seeds)
    if n > 1 and (pooled_precision := precision(sample.parts, n)) is not None:
        return pooled_precision
    return (math.nan, math.nan) if n < 2 or _equal(sample) else (error_of(sample), n - 1.0)


def _equal(sample: Sample) -> bool:
    values = sample.numbers
    return float(np.std(values, ddof=1)) <= _ROUNDING * abs(fmean(values.tolist()))


def error_of(sample: Sample) -> float:
    """Estimate the standard error of a sample's mean from the sample alone; NaN below two seeds."""
    values, n = sample.numbers, len(sample.seeds)
    if n < 2:
        return math.nan
    if sample.others is None:
        return float(np.std(values, ddof=1)) / math.sqrt(n)
    return float(standard_error(values, means_without(sample)))


def read(row: Mapping[Any, Any], prefix: str = "") -> Estimate:
    """Read an estimate from a row that `write` made."""
    n, mean, sd, low, high = (row[f"{prefix}{name}"] for name in ("n", "mean", "sd", "low", "high"))
    return Estimate(int(n), mean, sd, low, high, int(row.get(f"{prefix}extra", 0)))


def write(result: Estimate, prefix: str = "") -> dict[str, Any]:
    """Lay an estimate out as cells `n`, `mean`, `sd`, `low`, `high`, each after a prefix."""
    return {f"{prefix}{name}": getattr(result, name) for name in ("n", "mean", "sd", "low", "high")}
