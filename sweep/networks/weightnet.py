"""WeightNet: kernels generated for each sample by a grouped fully-connected layer.

Ma, Zhang, Huang, Sun, ECCV 2020 (arXiv 2007.11823); as its official code has it (megvii-model/WeightNet).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from sweep.networks.cost import Cost, Ratio, Whole, at_least, conv_cost, is_whole, linear_cost, part
from sweep.networks.dynamic_conv import Shape, generate, generated_conv
from sweep.networks.family import Family
from sweep.networks.grouped_fc import GroupedLinear
from sweep.networks.table import Block, Conv, Demand


class Reduce(nn.Linear):
    """Global average pool and a fully-connected layer with bias, no activation: one a block, shared by its kernels.

    Shapes: (B, C, H, W) -> (B, max(16, C // 16)).
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, reduced)."""
        return super().forward(x.mean((2, 3)))


class GeneratedConv(nn.Module):
    """A convolution whose kernel is fc2(sigmoid(fc1(context))), for each sample anew; no static kernel is added.

    Shapes: x (B, inp, H, W), context (B, reduced) -> (B, oup, H', W').
    """

    def __init__(self, conv: Conv, reduced: int, activations: int, fc_groups: int) -> None:
        super().__init__()
        self.shape = Shape(conv.inp, conv.oup, conv.k, conv.stride, conv.groups)
        self.fc1 = nn.Linear(reduced, activations)
        self.fc2 = GroupedLinear(activations, torch.Size(self.shape.kernel).numel(), fc_groups)

    def activations(self, context: Tensor) -> Tensor:
        """(B, reduced) -> (B, activations)."""
        return torch.sigmoid(self.fc1(context))

    def kernels(self, context: Tensor) -> Tensor:
        """(B, reduced) -> (B, oup, inp / groups, k, k)."""
        return generate(self.activations(context), self.fc2.weight, self.shape)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """(B, inp, H, W), (B, reduced) -> (B, oup, H', W')."""
        return generated_conv(x, self.activations(context), self.fc2.weight, self.shape)


@dataclass(frozen=True)
class WeightNet(Family):
    """Kernels from M activations per output channel through a fully-connected layer of G groups per output channel.

    A depthwise convolution has lambda = M / G activations and one group per channel, and no G of its own.
    """

    M: Ratio
    G: Ratio

    def demands(self, conv: Conv, block: Block) -> Iterator[Demand]:
        """M and G times the output channels are whole, and the groups divide activations and kernel weights."""
        lam = self.M / self.G
        yield Demand(is_whole(lam, 1), lambda: f"lambda = M/G = {lam} is not whole")
        if conv.depthwise:
            return
        for name, ratio in (("M", self.M), ("G", self.G)):
            yield Demand(is_whole(ratio, conv.oup), partial(_not_whole, name, ratio, conv))
        groups, weights = at_least(1, part(self.G, conv.oup)), conv.oup * conv.inp * conv.k**2
        yield Demand(
            weights % groups == 0,
            lambda: f"G x {conv.oup} = {groups} groups do not divide {weights} kernel weights ({conv})",
        )

    def context(self, block: Block) -> nn.Module:
        """The block's shared `reduce`."""
        return Reduce(block.inp, self._reduced(block))

    def context_cost(self, block: Block) -> Cost:
        """One fully-connected layer with bias."""
        return linear_cost(block.inp, self._reduced(block))

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A generated convolution."""
        return GeneratedConv(conv, self._reduced(block), *self._fc(conv))

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """fc1, fc2 and the convolution itself, whose kernel is no parameter."""
        activations, _ = self._fc(conv)
        fc1 = linear_cost(self._reduced(block), activations)
        kernel = conv.oup * (conv.inp // conv.groups) * conv.k**2
        # lambda = M / G inputs to each of the kernel's weights
        weights = part(self.M / self.G, kernel)
        fc2 = Cost(weights, weights, kernel)
        static = conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups)
        return fc1 + fc2 + Cost(0, static.flops, static.activations)

    def _reduced(self, block: Block) -> Whole:
        return at_least(16, block.inp // 16)

    def _fc(self, conv: Conv) -> tuple[Whole, Whole]:
        """Outputs of fc1 and groups of fc2."""
        if conv.depthwise:
            return part(self.M / self.G, conv.oup), conv.oup
        return part(self.M, conv.oup), part(self.G, conv.oup)


def _not_whole(name: str, ratio: Ratio, conv: Conv) -> str:
    return f"{name} x {conv.oup} output channels = {ratio * conv.oup} is not whole ({conv})"
