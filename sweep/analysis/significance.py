"""The significance of a paired difference, and how many seeds would show it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from sweep.statistics.power import seeds_needed


def p_value(mean: float, error: float, freedom: float) -> float:
    """Compute the two-sided p-value of a difference by Student's t; NaN without an error.

    Args:
        mean: of a paired difference.
        error: its standard error, from `estimates.precision_of`.
        freedom: degrees of freedom of that.
    """
    return float(2 * stats.t.sf(abs(mean) / error, freedom)) if error > 0 else math.nan


def holm(ps: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm 1979): the chance of one false finding among all; NaN stays out."""
    ordered = sorted((p, i) for i, p in enumerate(ps) if not math.isnan(p))
    corrected, highest = [math.nan] * len(ps), 0.0
    for rank, (p, i) in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - rank) * p))
        corrected[i] = highest
    return corrected


def seeds_to_resolve(rows: Sequence[Mapping[Any, Any]], differences: float | Sequence[float]) -> list[float]:
    """Count the seeds that would show differences of these sizes in 80 % of sweeps.

    Args:
        rows: of `replicates.table`: their `diff_error`, `diff_freedom` and `diff_n` describe the noise.
        differences: in points of error, either sign: one for all, or one a row.

    Returns:
        Whole numbers, inf beyond `power.MOST`, NaN where the spread is unknown.
    """
    if not rows:
        return []
    error, freedom, n = (np.array([row[f"diff_{name}"] for row in rows], float) for name in ("error", "freedom", "n"))
    pooled = max(2, len({row[name] for row in rows for name in ("point", "baseline")}))
    common, extra = (np.array([row[f"diff_{name}"] for row in rows], float) for name in ("common_error", "extra"))
    sizes, n = np.asarray(differences, float), np.maximum(n, 2)
    needed: list[float] = seeds_needed(sizes, error, freedom, n, pooled, common, extra).tolist()
    return needed
