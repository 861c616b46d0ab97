"""Two axes at once: error at each pair of values, and their interaction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweep.analysis.curves import Curves, Spot
from sweep.analysis.estimates import Array, Estimate, Sample, combine, estimate
from sweep.analysis.order import is_number


@dataclass(frozen=True)
class Plane:
    """Error over the values of two axes, for one family."""

    x: str
    by: str
    family: str
    xs: tuple[float, ...]
    bys: tuple[Any, ...]
    #: by (x, by); a pair that the sweep does not ask for is not in it
    cells: Mapping[tuple[float, Any], Spot]
    #: error falls from the least to the largest x by so much more at the last `by` than at the first, in points, as a
    #: trend over all cells; n is 0 if a cell is missing, not settled or guessing, or if the cells share no seed
    interaction: Estimate

    @property
    def best(self) -> Spot | None:
        """The cell with the lowest mean among those that may be ranked; that mean flatters, as the lowest of many."""
        complete = [spot for spot in self.cells.values() if spot.whole and not spot.guesses]
        return min(complete, key=lambda spot: (spot.mean, spot.point), default=None)


def plane(curves: Curves) -> Plane | None:
    """Lay curves out as a map, for the family with most points.

    Args:
        curves: curves with a second axis.

    Returns:
        None without a second axis, or with fewer than two values of either.
    """
    if curves.by is None:
        return None
    families: dict[str, dict[tuple[float, Any], Spot]] = {}
    for line in curves.tuned.lines:
        families.setdefault(line.family, {}).update({(spot.x, line.by): spot for spot in line.spots})
    family, cells = max(families.items(), key=lambda item: (len(item[1]), item[0]), default=("", {}))
    xs = tuple(sorted({x for x, _ in cells}))
    bys = tuple(dict.fromkeys(by for _, by in cells))  # lines come in order
    if len(xs) < 2 or len(bys) < 2:
        return None
    return Plane(curves.x, curves.by, family, xs, bys, cells, estimate(_interaction(xs, bys, cells)))


def _interaction(xs: tuple[float, ...], bys: tuple[Any, ...], cells: Mapping[tuple[float, Any], Spot]) -> Sample:
    """Weigh cells by the product of both axes' centred scores, scaled to the difference between the corners."""
    if any((x, by) not in cells or not cells[x, by].settled or cells[x, by].guesses for x in xs for by in bys):
        return Sample({})
    a, b = (_scores(values) for values in (xs, bys))
    scale = float(np.ptp(a) * np.ptp(b) / ((a**2).sum() * (b**2).sum()))
    return combine(
        [(-scale * float(a[i] * b[j]), cells[x, by].sample) for i, x in enumerate(xs) for j, by in enumerate(bys)]
    )


def _scores(values: tuple[Any, ...]) -> Array:
    """Score values by their logarithm, as lambda's and G's doublings count alike, or by rank where that cannot be."""
    is_logarithmic = all(is_number(value) and value > 0 for value in values)
    scores = np.array(
        [math.log(value) for value in values] if is_logarithmic else list(range(len(values))), dtype=float
    )
    centred: Array = scores - scores.mean()
    return centred
