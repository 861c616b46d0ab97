"""Points that are one network under several names: SE with two reductions, its hidden layers at their least width."""

from collections.abc import Mapping

import numpy as np

from sweep.costs.analytic import Counts
from sweep.networks import layer_costs
from sweep.space import Listing, Point
from sweep.space.grid import Numbers

#: The key that may change nothing about a network: a hidden layer has a least width.
IDLE = "reduction"
#: Points of a larger plan are not compared with one another.
MOST = 10_000


def twins(listing: Listing, numbers: Numbers, counts: Counts, channels: int, classes: int) -> dict[int, int]:
    """The points whose network an earlier point has: number -> number of the first with that network.

    Two points are one network if they differ in `reduction` alone, and each layer of one has the parameters,
    multiply-adds and activations of the layer of that name in the other.
    """
    if len(listing.column(IDLE).values) < 2 or len(numbers) > MOST:
        return {}
    costs = np.stack([counts.params[numbers], counts.flops[numbers], counts.activations[numbers]], 1)
    _, group, size = np.unique(costs, axis=0, return_inverse=True, return_counts=True)
    firsts: dict[object, int] = {}
    first_of_each: dict[int, int] = {}
    for number in numbers[size[group] > 1].tolist():
        point = listing.point(number)
        if not point.own_network:
            layers = tuple(layer_costs(point, channels, classes).items())
            first = firsts.setdefault((_rest(point), layers), number)
            if first != number:
                first_of_each[number] = first
    return first_of_each


def _rest(point: Point) -> tuple[object, ...]:
    """All of a point but the key that may be idle."""
    return tuple((name, value) for name, value in point if name != IDLE)


def by_first(first_of_each: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """The other way round: the first of each network -> the points that have it too."""
    points_by_first: dict[int, list[int]] = {}
    for number, first in first_of_each.items():
        points_by_first.setdefault(first, []).append(number)
    return {first: tuple(numbers) for first, numbers in points_by_first.items()}
