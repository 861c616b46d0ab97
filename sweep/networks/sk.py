"""Selective kernels: each channel weighs a small and a large kernel (Li et al., CVPR 2019, arXiv 1903.06586)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sweep.networks.cost import Cost, Whole, at_least, conv_cost, linear_cost, norm_cost
from sweep.networks.family import StaticConv
from sweep.networks.layouts import pooled
from sweep.networks.static import Static
from sweep.networks.table import Block, Conv
from sweep.space import Point
from sweep.space.backbones import BACKBONES

#: Raised whenever runs on backbones with depthwise convolutions would come out differently, other runs not; part of
#: their keys. 2: a strided dilated depthwise convolution sums its gradients in another order.
NUMERICS = 2


class DilatedConv(nn.Conv2d):
    """A convolution of odd kernel size, dilated by 2, with as many output pixels as an undilated one.

    At stride 2 it reads every second pixel of every second row only, and is an undilated convolution of these. PyTorch
    has a slow path for dilated depthwise convolutions on CPUs, which takes 2 to 12 times as long as that
    (benchmarks/dilated_conv.txt): where it is depthwise it is computed so, with the same outputs to the bit (without a
    bias), and the same gradients but for the order of their sums. Others gain nothing.

    Shapes: (B, inp, H, W) -> (B, oup, H', W').
    """

    def __init__(self, conv: Conv) -> None:
        super().__init__(
            conv.inp,
            conv.oup,
            conv.k,
            stride=conv.stride,
            padding=2 * (conv.k // 2),
            dilation=2,
            groups=conv.groups,
            bias=conv.bias,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        if self.stride == (2, 2) and self.groups == self.in_channels:
            half = self.kernel_size[0] // 2
            return F.conv2d(x[..., ::2, ::2], self.weight, self.bias, padding=half, groups=self.groups)
        return super().forward(x)


class SelectiveConv(nn.Module):
    """Two convolutions of the same input, the second of a kernel dilated by 2, mixed channel by channel.

    The weights of the mix are a softmax over the two of fc2(relu(norm(fc1(mean over pixels of their sum)))).

    Shapes: (B, inp, H, W) -> (B, oup, H', W').
    """

    def __init__(self, conv: Conv, hidden: int) -> None:
        super().__init__()
        self.near = StaticConv(conv)
        self.far = DilatedConv(conv)
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.oup) for _ in range(2))
        self.fc1 = nn.Linear(conv.oup, hidden, bias=False)
        self.norm = nn.BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, 2 * conv.oup, bias=False)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        near, far = self.norms[0](self.near(x)), self.norms[1](self.far(x))
        hidden = torch.relu(self.norm(self.fc1(pooled(near + far))))
        weights = torch.softmax(self.fc2(hidden).view(len(x), 2, -1, 1, 1), dim=1)
        mixed: Tensor = near * weights[:, 0] + far * weights[:, 1]
        return mixed


@dataclass(frozen=True)
class SK(Static):
    """Selective convolutions in place of every one larger than 1 x 1; the hidden layer has max(32, C // reduction).

    Two paths, 3 x 3 and 3 x 3 dilated by 2 (a field of 5 x 5), each with its batch norm, as in the paper. Unlike there,
    ReLU is where the backbone has it, after the mix and the block's own batch norm, so that a linear depthwise
    convolution stays linear. How WeightNet's authors put it into ShuffleNetV2 is not published.
    """

    reduction: Whole

    @staticmethod
    def numerics(point: Point) -> int | None:
        """The version of what computes a point's selective kernels; None where there is one version only."""
        return NUMERICS if "depthwise" in BACKBONES[point.backbone].own else None

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """A selective convolution, or a plain 1 x 1."""
        return SelectiveConv(conv, self._hidden(conv)) if conv.k > 1 else super().conv(conv, block)

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Both paths with their norms, fc1 with its norm, and fc2."""
        if conv.k == 1:
            return super().conv_cost(conv, block)
        hidden = self._hidden(conv)
        path = conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, groups=conv.groups, bias=conv.bias)
        choice = linear_cost(conv.oup, hidden, bias=False) + linear_cost(hidden, 2 * conv.oup, bias=False)
        return (path + norm_cost(conv.oup)) * 2 + choice + norm_cost(hidden)

    def _hidden(self, conv: Conv) -> Whole:
        return at_least(32, conv.oup // self.reduction)
