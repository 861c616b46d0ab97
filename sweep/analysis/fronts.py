"""The Pareto front: points that no other point beats in both error and cost."""

from collections.abc import Sequence

import moocore
import numpy as np
import pandas as pd


def front(points: pd.DataFrame, costs: Sequence[str], error: str = "mean") -> "pd.Series[bool]":
    """Mark the non-dominated points, all columns being better when smaller.

    A point with a failed seed cannot be on the front, nor dominate: its mean is over the seeds that survived.

    Args:
        points: one row a point, as `replicates.table` makes it: `n_failed`, `error` and each of `costs`.
        costs: the columns of cost, at least one.
        error: the column of error.

    Returns:
        True where a point is on the front, with the index of `points`; equal points are on it together, and one that
        lacks a finite error or cost is not.
    """
    values = points[[error, *costs]].to_numpy(dtype=float)
    fit = np.isfinite(values).all(axis=1) & (points["n_failed"].to_numpy() == 0)
    on = np.zeros(len(points), dtype=bool)
    if fit.any():
        on[fit] = moocore.is_nondominated(values[fit], keep_weakly=True)
    return pd.Series(on.tolist(), index=points.index, name="front", dtype=bool)
