"""How surely a paired difference is not zero, and how many seeds would tell."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from sweep.statistics.power import seeds_needed


def p_value(mean: float, error: float, freedom: float) -> float:
    """Tell how often a difference as large is seen where there is none: two-sided Student's t; NaN without an error.

    Args:
        mean: of a paired difference.
        error: its standard error, as `estimates.precision_of` tells it.
        freedom: degrees of freedom of that.
    """
    return float(2 * stats.t.sf(abs(mean) / error, freedom)) if error > 0 else math.nan


def holm(ps: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm 1979): the chance of one false finding among all; NaN stays out."""
    known = sorted((p, i) for i, p in enumerate(ps) if not math.isnan(p))
    corrected, above = [math.nan] * len(ps), 0.0
    for rank, (p, i) in enumerate(known):
        above = max(above, min(1.0, (len(known) - rank) * p))
        corrected[i] = above
    return corrected


def seeds_to_resolve(rows: Sequence[Mapping[Any, Any]], differences: float | Sequence[float]) -> list[float]:
    """Count the seeds at which differences of these sizes would be told from zero in 80 % of sweeps.

    Args:
        rows: of `replicates.table`: their `diff_error`, `diff_freedom` and `diff_n` are what is known of noise.
        differences: in points of error, either sign: one for all, or one a row.

    Returns:
        Whole numbers, inf beyond `power.MOST`, NaN where there is no spread to go by.
    """
    if not rows:
        return []
    error, freedom, n = (np.array([row[f"diff_{name}"] for row in rows], float) for name in ("error", "freedom", "n"))
    pooled = max(2, len({row[name] for row in rows for name in ("point", "baseline")}))
    common, extra = (np.array([row[f"diff_{name}"] for row in rows], float) for name in ("common_error", "extra"))
    sizes, n = np.asarray(differences, float), np.maximum(n, 2)
    found: list[float] = seeds_needed(sizes, error, freedom, n, pooled, common, extra).tolist()
    return found
