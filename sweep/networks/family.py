"""What a family of kernels must offer; each file beside this one holds a family, module and cost side by side."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

from torch import Tensor, nn

from sweep.networks.cost import Cost
from sweep.networks.table import Block, Conv, Demand
from sweep.space import Point


class Family(ABC):
    """How the stage convolutions of a network get their kernels.

    Every builder has a cost with the same signature. Context and gate are optional: None, and no cost.
    """

    #: whether stem and last convolution have a bias, as published with the family
    biased_ends: ClassVar[bool] = False

    def channels_last(self, backbone: str) -> bool:
        """Whether its networks are fastest, on a CPU, with the channels of a pixel side by side."""
        return True

    @staticmethod
    def numerics(point: Point) -> int | None:
        """A number that is raised whenever runs of a point of this family alone would come out differently.

        It is part of their keys; None where it never was.
        """
        return None

    def demands(self, conv: Conv, block: Block) -> Iterator[Demand]:
        """What must hold for `conv` to exist."""
        return iter(())

    def context(self, block: Block, convs: Mapping[str, Conv]) -> nn.Module | None:
        """Module from the branch input (B, C, H, W) to {name: (B, D)}, the context of some of the convolutions."""
        return None

    def context_cost(self, block: Block, convs: Mapping[str, Conv]) -> Cost:
        """Cost of `context`."""
        return Cost()

    @abstractmethod
    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """Module (x, its context) -> y for a stage convolution; raises NetworkError if the sizes do not fit."""

    @abstractmethod
    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Cost of `conv`, if all that it demands holds."""

    def gate(self, block: Block) -> nn.Module | None:
        """Module (B, C, H, W) -> (B, C, H, W) on the branch's output."""
        return None

    def gate_cost(self, block: Block) -> Cost:
        """Cost of `gate`."""
        return Cost()


class StaticConv(nn.Conv2d):
    """A convolution with one kernel for all samples; it uses no context."""

    def __init__(self, conv: Conv) -> None:
        super().__init__(
            conv.inp,
            conv.oup,
            conv.k,
            stride=conv.stride,
            padding=conv.k // 2,
            groups=conv.groups,
            bias=conv.bias,
        )

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        return super().forward(x)
