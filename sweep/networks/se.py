"""Squeeze-and-excitation: a gate for each channel of a block's output (Hu et al., CVPR 2018)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sweep.networks.cost import Cost, Whole, at_least, linear_cost
from sweep.networks.layouts import pooled
from sweep.networks.static import Static
from sweep.networks.table import Block


class Gate(nn.Module):
    """Scale each channel by sigmoid(fc2(relu(fc1(mean over pixels)))).

    Shapes: (B, C, H, W) -> (B, C, H, W).
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        scale = torch.sigmoid(self.fc2(torch.relu(self.fc1(pooled(x)))))
        return x * scale[:, :, None, None]


@dataclass(frozen=True)
class SE(Static):
    """Static kernels with a gate on each branch's output, before it joins the rest.

    The hidden layer has max(8, C // reduction) channels: with no floor a narrow network's gates would see their input
    through a channel or two. Where the paper put its gates in ShuffleNetV2 is not published.
    """

    reduction: Whole

    def gate(self, block: Block) -> nn.Module:
        """The gate on the branch's output."""
        return Gate(*self._sizes(block))

    def gate_cost(self, block: Block) -> Cost:
        """Two fully-connected layers with bias."""
        channels, hidden = self._sizes(block)
        return linear_cost(channels, hidden) + linear_cost(hidden, channels)

    def _sizes(self, block: Block) -> tuple[Whole, Whole]:
        channels = block.branch[-1].oup
        return channels, at_least(8, channels // self.reduction)
