"""Static kernels: the plain network, and the ground that other families stand on."""

from torch import nn

from sweep.networks.cost import Cost, conv_cost
from sweep.networks.family import StaticConv
from sweep.networks.table import Block, Conv


class Static:
    """One kernel for all samples."""

    def context(self, block: Block) -> nn.Module | None:
        """A static convolution needs no context."""
        return None

    def context_cost(self, block: Block) -> Cost:
        """Nothing."""
        return Cost()

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A plain convolution."""
        return StaticConv(conv)

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Cost of a plain convolution."""
        return conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups, bias=conv.bias)

    def gate(self, block: Block) -> nn.Module | None:
        """No gate."""
        return None

    def gate_cost(self, block: Block) -> Cost:
        """Nothing."""
        return Cost()
