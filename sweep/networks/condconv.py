"""CondConv: kernels mixed for each sample from a few experts (Yang et al., NeurIPS 2019, arXiv 1904.04971)."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sweep.networks.cost import Cost, Whole, conv_cost, linear_cost
from sweep.networks.dynamic_conv import Shape, generated_conv
from sweep.networks.family import Family
from sweep.networks.grouped_fc import GroupedLinear
from sweep.networks.layouts import pooled
from sweep.networks.table import Block, Conv


class Experts(GroupedLinear):
    """The experts' kernels, one a row, each drawn as a static convolution's would be."""

    def __init__(self, conv: Conv, experts: int) -> None:
        super().__init__(experts, conv.oup * (conv.inp // conv.groups) * conv.k**2, 1)
        self.initial_std = conv.groups / conv.inp


class MixedConv(nn.Module):
    """A convolution whose kernel is the sum of its experts, each times a sigmoid of the mean of its own input.

    Shapes: (B, inp, H, W) -> (B, oup, H', W').
    """

    def __init__(self, conv: Conv, experts: int) -> None:
        super().__init__()
        self.shape = Shape(conv.inp, conv.oup, conv.k, conv.stride, conv.groups)
        self.routing = nn.Linear(conv.inp, experts)
        self.experts = Experts(conv, experts)

    def activations(self, x: Tensor) -> Tensor:
        """(B, inp, H, W) -> (B, experts)."""
        return torch.sigmoid(self.routing(pooled(x)))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        return generated_conv(x, self.activations(x), self.experts.weight, self.shape)


@dataclass(frozen=True)
class CondConv(Family):
    """Every convolution mixes `experts` kernels, its routing from its own pooled input.

    A dense one is WeightNet's at M = experts / oup and G = 1 / oup, so that lambda is the number of experts.
    A depthwise one is not: WeightNet's has lambda activations for each channel.
    """

    experts: Whole

    def channels_last(self, backbone: str) -> bool:
        """No: there is a kernel for each sample."""
        return False

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A convolution of mixed experts."""
        return MixedConv(conv, self.experts)

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Routing, mixing, and the convolution itself, whose kernel is no parameter."""
        kernel = conv.oup * (conv.inp // conv.groups) * conv.k**2
        static = conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups)
        mixing = linear_cost(self.experts, kernel, bias=False)
        return self.routing_cost(conv) + mixing + Cost(0, static.flops, static.activations)

    def routing_cost(self, conv: Conv) -> Cost:
        """Cost of the routing alone, which the paper's sizes leave out."""
        return linear_cost(conv.inp, self.experts)

    def routing_costs(self, blocks: Iterable[Block]) -> Cost:
        """Cost of the routing of all convolutions of some blocks."""
        return sum((self.routing_cost(conv) for block in blocks for _, conv in block.convs()), start=Cost())
