"""Intervals that stay within what is possible, and a test that a difference is too small to matter."""

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from sweep.statistics.noise import quantile

Array = npt.NDArray[np.float64]


def within_percent(
    mean: Array | float, error: Array | float, freedom: Array | float, level: float = 0.95
) -> tuple[Array, Array]:
    """Make intervals of mean errors that end between 0 and 100, symmetric in the logarithm of the odds.

    Args:
        mean: in per cent.
        error: standard errors, in points.
        freedom: degrees of freedom; with two seeds there is 1, and an interval of 12.7 standard errors is of no use.
        level: how often intervals hold.

    Returns:
        Lower and upper ends; NaN where there is no standard error, or the mean is 0 or 100.
    """
    share = np.asarray(mean, dtype=float) / 100
    inside = (share > 0) & (share < 1)
    share = np.where(inside, share, 0.5)
    half = quantile(freedom, level) * np.asarray(error) / (100 * share * (1 - share))
    ends = [np.where(inside, 100 * special.expit(special.logit(share) + side * half), np.nan) for side in (-1, 1)]
    return ends[0], ends[1]


def above_zero(
    mean: Array | float, error: Array | float, freedom: Array | float, level: float = 0.95
) -> tuple[Array, Array]:
    """Make intervals of positive means that end above 0, symmetric in the logarithm; arguments as `within_percent`."""
    size = np.asarray(mean, dtype=float)
    positive = np.where(size > 0, size, np.nan)
    half = quantile(freedom, level) * np.asarray(error) / positive
    return np.asarray(positive * np.exp(-half)), np.asarray(positive * np.exp(half))


def equivalence_p(difference: Array | float, error: Array | float, freedom: Array | float, smallest: float) -> Array:
    """Test that a true difference is smaller, either way, than the smallest that matters.

    Two one-sided tests (Schuirmann 1987): below 0.05 where the 90 % interval lies within -smallest and smallest.

    Args:
        difference: in points of error.
        error: standard errors.
        freedom: their degrees of freedom.
        smallest: in points, positive.
    """
    nearest = smallest - np.abs(difference)
    return np.asarray(stats.t.sf(nearest / np.asarray(error), freedom))
