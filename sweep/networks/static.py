"""Static kernels: the plain network, and the ground that other families stand on."""

from dataclasses import dataclass

from torch import nn

from sweep.networks.cost import Cost, conv_cost
from sweep.networks.family import Family, StaticConv
from sweep.networks.table import Block, Conv


@dataclass(frozen=True)
class Static(Family):
    """One kernel for all samples."""

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A plain convolution."""
        return StaticConv(conv)

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Cost of a plain convolution."""
        return conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups, bias=conv.bias)
