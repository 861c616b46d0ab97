"""A race as space.yaml describes it: its question, applied to the pool."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from sweep.errors import SweepError
from sweep.search.pool import Pool
from sweep.search.racing import Racing
from sweep.search.racing_claims import Curve, Front, Goal, full_grid_half_width

#: The questions that a race can answer.
GoalName = Literal["front", "best", "curve"]
#: Fresh seeds of each finalist of a race to a front or a best point.
CONFIRM = 4
#: Of lambda, M and G two determine the third: along an axis, these move with it.
MOVES_WITH = {"lambda": ("M",), "M": ("lambda",), "G": ("lambda",)}


def racing(
    pool: Pool,
    *,
    goal: GoalName = "front",
    confidence: float = 0.95,
    lag: int = 8,
    runs: int | None = None,
    hours: float | None = None,
    confirm: int | None = None,
    cost: str = "flops",
    tolerance: float | None = None,
    axis: str | None = None,
    between: tuple[float, float] | None = None,
    half_width: float | None = None,
    seed: int = 0,
) -> Racing:
    """Make a race.

    Args:
        pool: what to choose from.
        goal: `front`: which points no point of at most their cost beats; `best`: which points nothing beats; `curve`:
            how far neighbouring points on an axis are apart.
        confidence: probability that a claim needs, and of the intervals of a curve.
        lag: how many asks may be open while the next is made.
        runs: most runs, confirmation included; None: until the question is settled.
        hours: most hours of training by forecast, confirmation included; whichever is spent first ends the race.
        confirm: fresh seeds of each finalist; None: 4, and none for a curve, whose intervals use all runs.
        cost: what is cheap, for `front`: params, flops, activations or training_flops.
        tolerance: how many deviations of a run a claim may be wrong by; None: as far as the means of the full grid are
            uncertain, sqrt(2 / seeds).
        axis: what a curve runs along.
        between: two values of the axis; None: every neighbouring pair.
        half_width: how narrow the intervals of a curve shall be, in deviations of a run; None: as the full grid's.
        seed: of the race's own random numbers.

    Raises:
        SweepError: the pool has no such axis, values or costs.
    """
    question: Goal
    if goal == "curve":
        if axis is None:
            raise SweepError("racing to a curve needs `axis`, the axis that the curve runs along")
        needed = full_grid_half_width(len(pool.seeds), confidence) if half_width is None else half_width
        question = Curve(pairs_along(pool.points, axis, between), needed)
    else:
        costs = None
        if goal == "front":
            if not len(pool.costs.get(cost, ())):
                raise SweepError(
                    f"racing to a front needs the {cost} of every point, which are not known; use goal: best"
                )
            costs = np.asarray(pool.costs[cost], dtype=float)[:, None]
        question = Front(costs, float(np.sqrt(2 / len(pool.seeds))) if tolerance is None else tolerance)
    fresh = confirm_of(goal, confirm)
    return Racing(pool, question, confidence=confidence, lag=lag, confirm=fresh, runs=runs, hours=hours, seed=seed)


def confirm_of(goal: GoalName, confirm: int | None) -> int:
    """Fresh seeds of each finalist of a race."""
    if confirm is not None:
        return confirm
    return 0 if goal == "curve" else CONFIRM


def pairs_along(
    points: Sequence[Mapping[str, Any]], axis: str, between: tuple[float, float] | None = None
) -> list[tuple[int, int]]:
    """Places of the pairs of points that differ in one axis alone: neighbours, or those at two values.

    Raises:
        SweepError: there are none.
    """
    rows = [(place, point) for place, point in enumerate(points) if point.get(axis) is not None]
    if not rows:
        names = ", ".join(sorted({name for point in points for name in point}))
        raise SweepError(f"no point has the axis {axis!r}; axes are {names}")
    moving_axes = (axis, *MOVES_WITH.get(axis, ()))
    lines: dict[str, dict[Any, int]] = {}
    for place, point in rows:
        other_values = sorted((name, repr(value)) for name, value in point.items() if name not in moving_axes)
        lines.setdefault(repr(other_values), {})[point[axis]] = place
    if between is None:
        pairs = [pair for line in lines.values() for pair in _neighbours(line)]
    else:
        first, second = between
        pairs = [(line[first], line[second]) for line in lines.values() if first in line and second in line]
    if not pairs:
        values = "two values" if between is None else f"the values {between[0]} and {between[1]}"
        raise SweepError(f"no two points have {values} of {axis} with all other axes equal")
    return pairs


def _neighbours(line: Mapping[Any, int]) -> list[tuple[int, int]]:
    ordered = [line[value] for value in sorted(line)]
    return list(pairwise(ordered))
