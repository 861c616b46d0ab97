"""The distribution of errors over many points: a comparison of design spaces rather than of their best points.

After Radosavovic, Johnson, Xie, Lo, Dollar (2019), On Network Design Spaces for Visual Recognition: error distribution
functions, weighted so that families are compared at equal cost, and the Kolmogorov-Smirnov distance between them.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from sweep.analysis.order import is_blank, sort_key

#: Fewer points than these make no distribution.
FEWEST = 3
#: Into so many equal parts the range of costs is cut, as in the paper; fewer where there are fewer points.
BINS = 10

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """The points of one family, or of one value of another axis."""

    name: Any
    #: of shape (points,), increasing: mean error in per cent; inf for a point with a failed seed
    errors: Array
    #: of shape (points,), summing to 1: weights that make all costs count alike; NaN where that is impossible
    weights: Array


@dataclass(frozen=True)
class GroupDistance:
    """The distance between the distributions of two groups."""

    first: Any
    second: Any
    #: the largest vertical distance between their distribution functions, from 0 to 1
    ks: float
    #: the two-sample Kolmogorov-Smirnov p-value of `ks`, as if points were drawn at random
    p: float
    #: the same distance at equal cost, over the range of costs that both share; NaN if they share none
    ks_at_equal_cost: float


@dataclass(frozen=True)
class Population:
    """The distributions of one sweep."""

    #: the axis whose values are the groups, '' if all points are one
    axis: str
    #: the column whose values count alike
    cost: str
    groups: tuple[Group, ...]
    apart: tuple[GroupDistance, ...]


def population(
    points: pd.DataFrame,
    axes: Sequence[str],
    cost: str = "flops",
    keys: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Population | None:
    """Collect the distribution of mean error over points, by the first of some axes that has two groups of points.

    Args:
        points: `Study.table`; points that are not settled, or that have no result at all, are left out.
        axes: what to group by, best first.
        cost: the column whose values shall count alike.
        keys: by axis, what its values are sorted by, if not by size and then as text.

    Returns:
        None if fewer than three points are known.
    """
    usable = points[points["settled"].astype(bool) & ((points["n"] > 0) | (points["n_failed"] > 0))]
    errors = usable["mean"].to_numpy(dtype=float, copy=True)
    errors[usable["n_failed"].to_numpy() > 0] = math.inf
    costs = usable[cost].to_numpy(dtype=float)
    if len(usable) < FEWEST:
        return None
    for axis in [axis for axis in axes if axis in usable]:
        values = usable[axis].tolist()
        large = [value for value in dict.fromkeys(values) if not is_blank(value) and values.count(value) >= FEWEST]
        if len(large) > 1:
            ordered = sorted(large, key=(keys or {}).get(axis, sort_key))
            rows = {value: np.array([cell == value for cell in values]) for value in ordered}
            return _compare(axis, cost, {name: (errors[at], costs[at]) for name, at in rows.items()})
    return _compare("", cost, {"all points": (errors, costs)})


def ks_distance(
    first: Array, second: Array, weights: Array | None = None, second_weights: Array | None = None
) -> float:
    """Measure the largest distance between two distribution functions.

    Args:
        first: errors of shape (points,); inf is beyond all others.
        second: likewise.
        weights: the weight of each point of `first`, summing to 1; equal weights if None.
        second_weights: likewise of `second`.

    Returns:
        From 0 to 1; scipy's `ks_2samp` statistic where no weights are given.
    """
    at = np.union1d(first, second)
    return float(np.abs(distribution(first, at, weights) - distribution(second, at, second_weights)).max())


def distribution(errors: Array, at: Array, weights: Array | None = None) -> Array:
    """Compute the share of points whose error is at most each of `at`; only inf reaches inf."""
    shares = np.full(len(errors), 1 / len(errors)) if weights is None else weights
    order = np.argsort(errors, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(shares[order])])
    shares_below: Array = total[np.searchsorted(errors[order], at, side="right")]
    return shares_below


def weights_at_equal_cost(costs: Array, edges: Array, bins: Sequence[int] | None = None) -> Array:
    """Weigh points so that each bin of costs counts alike, and the points in it share its weight.

    Args:
        costs: of shape (points,).
        edges: of shape (bins + 1,), increasing.
        bins: the bins that count; those that hold a point if None.

    Returns:
        Of shape (points,), summing to 1; NaN throughout if no point is in a bin that counts.
    """
    at = np.clip(np.searchsorted(edges, costs, side="right") - 1, 0, len(edges) - 2)
    counted = sorted(set(at.tolist()) & set(at.tolist() if bins is None else bins))
    if not counted or not np.isfinite(costs).all():
        return np.full(len(costs), math.nan)
    number = np.bincount(at, minlength=len(edges) - 1)
    return np.where(np.isin(at, counted), 1 / (len(counted) * number[at]), 0.0)


def _compare(axis: str, cost: str, groups: Mapping[Any, tuple[Array, Array]]) -> Population:
    all_costs = np.concatenate([costs for _, costs in groups.values()])
    bins = max(1, min(BINS, min(len(costs) for _, costs in groups.values()) // 2))
    finite = all_costs[np.isfinite(all_costs)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    distributions = []
    for name, (errors, costs) in groups.items():
        order = np.argsort(errors, kind="stable")
        distributions.append(Group(name, errors[order], weights_at_equal_cost(costs, edges)[order]))
    names = list(groups)
    apart = [
        _apart(first, second, groups[first], groups[second], edges)
        for i, first in enumerate(names)
        for second in names[i + 1 :]
    ]
    return Population(axis, cost, tuple(distributions), tuple(apart))


def _apart(
    first_name: Any, second_name: Any, first: tuple[Array, Array], second: tuple[Array, Array], edges: Array
) -> GroupDistance:
    beyond = 1 + max((float(e[np.isfinite(e)].max()) for e, _ in (first, second) if np.isfinite(e).any()), default=0)
    a, b = (np.where(np.isfinite(errors), errors, beyond) for errors, _ in (first, second))
    inside = [set(np.clip(np.searchsorted(edges, c, side="right") - 1, 0, len(edges) - 2)) for _, c in (first, second)]
    shared_bins = sorted(inside[0] & inside[1])
    weights = [weights_at_equal_cost(costs, edges, shared_bins) for _, costs in (first, second)]
    is_weighted = all(np.isfinite(weight).all() for weight in weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where its exact p-value fails, scipy takes the asymptotic one
        p = float(stats.ks_2samp(a, b).pvalue)
    return GroupDistance(
        first_name,
        second_name,
        ks_distance(a, b),
        p,
        ks_distance(a, b, *weights) if is_weighted else math.nan,
    )
