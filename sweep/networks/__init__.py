"""What a point builds: backbones as tables of convolutions, and the families that fill them."""

from torch import nn

from sweep.networks.cost import Cost
from sweep.networks.family import Family
from sweep.networks.initialise import initialise, seeded
from sweep.networks.se import SE
from sweep.networks.shufflenet_v2 import ShuffleNetV2, costs, table
from sweep.networks.static import Static
from sweep.networks.weightnet import WeightNet
from sweep.space import Point

__all__ = ["Cost", "Family", "build", "family_of", "initialise", "layer_costs", "seeded"]


def family_of(point: Point) -> Family:
    """The family of a point, with its parameters."""
    if point.family == "weightnet":
        if point.M is None or point.G is None:
            raise ValueError("weightnet needs M and G")
        return WeightNet(point.M, point.G)
    return SE(point.reduction or 16) if point.family == "se" else Static()


def build(point: Point, channels: int, classes: int) -> nn.Module:
    """The network of a resolved point; raises NetworkError if there is none."""
    return ShuffleNetV2(table(point, channels, classes), family_of(point))


def layer_costs(point: Point, channels: int, classes: int) -> dict[str, Cost]:
    """The closed-form cost of each layer of a resolved point, by module name; raises NetworkError."""
    return costs(table(point, channels, classes), family_of(point))
