"""What a point costs, in closed form."""

from sweep.networks import Cost, layer_costs
from sweep.space import Point


def count(point: Point, channels: int, classes: int) -> Cost:
    """Parameters, multiply-adds and activations of a resolved point's network; raises NetworkError if there is none."""
    return sum(layer_costs(point, channels, classes).values(), start=Cost())
