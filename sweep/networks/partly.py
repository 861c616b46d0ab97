"""A family on some of the stages, or on all but the depthwise convolutions; the rest is static."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from sweep.networks.cost import Cost
from sweep.networks.family import Family
from sweep.networks.static import Static
from sweep.networks.table import Block, Conv, Demand


@dataclass(frozen=True)
class Partly(Family):
    """A family where it applies.

    applies: whether it applies to a stage, counted from 1.
    depthwise: whether it applies to depthwise convolutions.
    """

    family: Family
    applies: Callable[[int], bool]
    depthwise: bool

    def demands(self, conv: Conv, block: Block) -> Iterator[Demand]:
        """Those of the family that makes the convolution."""
        return self._of(conv, block).demands(conv, block)

    def context(self, block: Block, convs: Mapping[str, Conv]) -> nn.Module | None:
        """The family's, for those of the convolutions that are its own."""
        return self.family.context(block, self._own(block, convs))

    def context_cost(self, block: Block, convs: Mapping[str, Conv]) -> Cost:
        """Cost of `context`."""
        return self.family.context_cost(block, self._own(block, convs))

    def conv(self, conv: Conv, block: Block) -> nn.Module:
        """The family's or a static one."""
        return self._of(conv, block).conv(conv, block)

    def conv_cost(self, conv: Conv, block: Block) -> Cost:
        """Cost of `conv`."""
        return self._of(conv, block).conv_cost(conv, block)

    def gate(self, block: Block) -> nn.Module | None:
        """The family's, in its stages."""
        return self._shared(block).gate(block)

    def gate_cost(self, block: Block) -> Cost:
        """Cost of `gate`."""
        return self._shared(block).gate_cost(block)

    def _own(self, block: Block, convs: Mapping[str, Conv]) -> dict[str, Conv]:
        return {name: conv for name, conv in convs.items() if self._of(conv, block) is self.family}

    def _shared(self, block: Block) -> Family:
        return self.family if self.applies(block.stage) else Static()

    def _of(self, conv: Conv, block: Block) -> Family:
        return Static() if conv.depthwise and not self.depthwise else self._shared(block)
