"""What a point builds: backbones as tables of convolutions, and the families that fill them."""

import torch
from torch import nn

from sweep.networks import resnet, shufflenet_v2
from sweep.networks.cost import Cost
from sweep.networks.families import bare_family, family_of
from sweep.networks.family import Family
from sweep.networks.initialise import initialise, seeded
from sweep.networks.network import Network
from sweep.networks.network import layer_costs as costs_of_layers
from sweep.networks.own import build_own
from sweep.networks.table import Table
from sweep.space import Point

__all__ = [
    "Cost",
    "Family",
    "Table",
    "build",
    "drawn",
    "family_of",
    "initialise",
    "layer_costs",
    "layout",
    "seeded",
    "table_of",
]

_TABLES = {
    "shufflenet_v2": shufflenet_v2.table,
    "shufflenet_v2_original": shufflenet_v2.table,
    "resnet18": resnet.table,
    "resnet34": resnet.table,
    "resnet50": resnet.table,
}


def table_of(point: Point, channels: int, classes: int) -> Table:
    """The convolutions of a resolved point's network; its sizes may be arrays."""
    return _TABLES[point.backbone](point, channels, classes)


def build(point: Point, channels: int, classes: int) -> nn.Module:
    """The network of a resolved point; raises NetworkError if there is none."""
    if point.own_network:
        return build_own(point, channels, classes)
    return Network(table_of(point, channels, classes), family_of(point))


def drawn(point: Point, channels: int, classes: int, seed: int) -> nn.Module:
    """The network of a resolved point as a seed draws it; raises NetworkError if there is none.

    The user's own network draws its weights itself, from PyTorch's generator, which is seeded first.
    """
    if point.own_network:
        torch.manual_seed(seed)
        return build(point, channels, classes)
    network = build(point, channels, classes)
    initialise(network, seed)
    return network


def layout(point: Point) -> torch.memory_format:
    """The layout that a resolved point's network is fastest in, on a CPU.

    Convolutions and norms are faster with the channels of a pixel side by side; a family says where its kernels are
    not. A network of the user's own may count on the usual layout.
    """
    if point.own_network or not bare_family(point).channels_last(point.backbone):
        return torch.contiguous_format
    return torch.channels_last


def layer_costs(point: Point, channels: int, classes: int) -> dict[str, Cost]:
    """The closed-form cost of each layer of a resolved point, by module name; raises NetworkError."""
    return costs_of_layers(table_of(point, channels, classes), family_of(point))
