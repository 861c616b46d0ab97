"""Points that are not in a plan: those that no network can be built from, and those that cost too much."""

from collections.abc import Mapping, Sequence

import numpy as np

from sweep.costs.analytic import Counts, count
from sweep.errors import NetworkError
from sweep.space import Grid, Point, Space, label
from sweep.space.grid import Numbers, Rejected, divide
from sweep.space.space import COSTS


def why_impossible(point: Point, space: Space) -> str:
    """Why no network can be built from a point of ours."""
    facts = space.proxy.facts
    try:
        count(point, facts.channels, facts.classes)
    except NetworkError as error:
        return str(error)
    return ""


def no_network(space: Space, grid: Grid, number: int, names: Sequence[str], refused: Mapping[int, str]) -> str:
    """Why no network can be built from a point of the grid, with its label."""
    point = grid.listing.point(number)
    return refused.get(number) or f"{label(point, names)}: {why_impossible(point, space)}"


def affordable(space: Space, numbers: Numbers, counts: Counts) -> tuple[Numbers, Rejected]:
    """The points that no constraint on costs rejects, and the others."""
    outside = {}
    for name, bound in space.constraints.items():
        if name in COSTS:
            values = getattr(counts, name)[numbers]
            over = np.zeros(len(values), dtype=bool) if bound.max is None else values > bound.max
            outside[name] = over | (bound.min is not None and values < bound.min)
    return divide(numbers, outside)
