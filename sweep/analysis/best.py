"""The best point of a sweep, and the cheapest one that noise does not tell from it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sweep.analysis.estimates import Sample
from sweep.analysis.ranked import ranked
from sweep.analysis.records import records
from sweep.statistics.simultaneous import half_widths

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Best:
    """Rows of `Study.table`."""

    point: Row
    #: the best point itself if every other one is clearly worse or costs as much; None if the noise is unknown (one
    #: seed)
    cheapest: Row | None
    #: how many other points are within noise of the best; 0 if the noise is unknown
    close: int
    #: how many points were ranked
    of: int


def best(table: pd.DataFrame, samples: Mapping[str, Sample]) -> Best | None:
    """Find the point with the lowest mean error, and the points that cannot be told from it.

    A point is within noise of the best unless its error is more by an interval that excludes zero, where the intervals
    of all points hold together (Hsu 1996, Multiple Comparisons, chapter 4: comparisons with the best).

    Args:
        table: `Study.table`.
        samples: `Tuned.samples`.

    Returns:
        None if no point may be ranked.
    """
    rows = records(ranked(table, samples))
    if not rows:
        return None
    lowest = min(rows, key=lambda row: (row["mean"], row["point"]))
    others = [row for row in rows if row is not lowest]
    pools = {pool for row in rows for pool in samples[row["point"]].parts}
    halves = np.full(len(others), math.nan)
    if others and len(pools) == 1 and lowest["n"] > 1:
        pool = pools.pop()
        at = np.array([pool.position[row["point"]] for row in others])
        halves = half_widths(pool.noise, at, np.array(pool.position[lowest["point"]]), float(lowest["n"]))
    if others and not np.isfinite(halves).any():
        return Best(lowest, None, 0, len(rows))
    near = [row for row, half in zip(others, halves.tolist(), strict=True) if row["mean"] - lowest["mean"] <= half]
    cheapest = min([lowest, *near], key=lambda row: (row["flops"], row["params"], row["mean"], row["point"]))
    return Best(lowest, cheapest, len(near), len(rows))
