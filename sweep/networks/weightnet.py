"""WeightNet: kernels generated for each sample by a grouped fully-connected layer.

Ma, Zhang, Huang, Sun, ECCV 2020 (arXiv 2007.11823); as its official code has it (megvii-model/WeightNet).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from sweep.networks.cost import Cost, Ratio, Whole, at_least, conv_cost, is_whole, linear_cost, part
from sweep.networks.dynamic_conv import Shape, generated_conv
from sweep.networks.family import Family
from sweep.networks.grouped_fc import GroupedLinear
from sweep.networks.layouts import pooled
from sweep.networks.table import Block, Conv, Demand


class Activations(nn.Module):
    """What the kernels of a block are made of: sigmoid(fc1(reduce(mean over pixels))), for each of its convolutions.

    `reduce` has no activation, and its convolutions share it. Each has an fc1 of its own; they are computed as one
    layer, because on small networks launching an operator costs more than its arithmetic.

    Shapes: (B, C, H, W) -> for the name of each convolution (B, its activations).
    """

    def __init__(self, channels: int, reduced: int, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.sizes = dict(sizes)
        self.reduce = nn.Linear(channels, reduced)
        self.fc1 = nn.Linear(reduced, sum(sizes.values()))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(B, C, H, W) -> for the name of each convolution (B, its activations)."""
        activations = torch.sigmoid(self.fc1(self.reduce(pooled(x))))
        return dict(zip(self.sizes, activations.split(list(self.sizes.values()), 1), strict=True))


class GeneratedConv(nn.Module):
    """A convolution whose kernel is fc2(activations), for each sample anew; no static kernel is added.

    Shapes: x (B, inp, H, W), activations (B, activations) -> (B, oup, H', W').
    """

    def __init__(self, conv: Conv, activations: int, fc_groups: int) -> None:
        super().__init__()
        self.shape = Shape(conv.inp, conv.oup, conv.k, conv.stride, conv.groups)
        self.fc2 = GroupedLinear(activations, torch.Size(self.shape.kernel).numel(), fc_groups)

    def forward(self, x: Tensor, activations: Tensor) -> Tensor:
        """(B, inp, H, W), (B, activations) -> (B, oup, H', W')."""
        return generated_conv(x, activations, self.fc2.weight, self.shape)


@dataclass(frozen=True)
class WeightNet(Family):
    """Kernels from M activations per output channel through a fully-connected layer of G groups per output channel.

    A depthwise convolution has lambda = M / G activations and one group per channel, and no G of its own.
    """

    biased_ends: ClassVar[bool] = True

    M: Ratio
    G: Ratio

    def channels_last(self, backbone: str) -> bool:
        """Where one activation scales a whole kernel (lambda = 1) and that is 1x1 or depthwise."""
        return bool(self.M == self.G) and not backbone.startswith("resnet")

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

    def context(self, block: Block, convs: Mapping[str, Conv]) -> nn.Module | None:
        """The block's shared `reduce`, and fc1 of each convolution."""
        return Activations(block.inp, self._reduced(block), self._activations(convs)) if convs else None

    def context_cost(self, block: Block, convs: Mapping[str, Conv]) -> Cost:
        """Fully-connected layers with bias."""
        if not convs:
            return Cost()
        reduced = self._reduced(block)
        return linear_cost(block.inp, reduced) + linear_cost(reduced, sum(self._activations(convs).values()))

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A generated convolution."""
        return GeneratedConv(conv, *self._fc2(conv))

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """fc2 and the convolution itself, whose kernel is no parameter."""
        kernel = conv.oup * (conv.inp // conv.groups) * conv.k**2
        # lambda = M / G inputs to each of the kernel's weights
        weights = part(self.M / self.G, kernel)
        fc2 = Cost(weights, weights, kernel)
        static = conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups)
        return fc2 + Cost(0, static.flops, static.activations)

    def _activations(self, convs: Mapping[str, Conv]) -> dict[str, Whole]:
        return {name: self._fc2(conv)[0] for name, conv in convs.items()}

    def _reduced(self, block: Block) -> Whole:
        return at_least(16, block.inp // 16)

    def _fc2(self, conv: Conv) -> tuple[Whole, Whole]:
        """Inputs and groups of fc2."""
        if conv.depthwise:
            return part(self.M / self.G, conv.oup), conv.oup
        return part(self.M, conv.oup), part(self.G, conv.oup)


def _not_whole(name: str, ratio: Ratio, conv: Conv) -> str:
    return f"{name} x {conv.oup} output channels = {ratio * conv.oup} is not whole ({conv})"
