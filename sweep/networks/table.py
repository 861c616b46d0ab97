"""A backbone as a table of convolutions; both the module and its cost are read from it."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """A k x k convolution of a stage, followed by batch norm and, if `relu`, by a ReLU.

    `size` is the side of its square input, pixels. A depthwise one has inp == oup.
    """

    inp: int
    oup: int
    k: int
    stride: int
    size: int
    relu: bool
    depthwise: bool = False
    bias: bool = False

    @property
    def groups(self) -> int:
        """Groups of the convolution: one a channel if depthwise."""
        return self.inp if self.depthwise else 1

    @property
    def size_out(self) -> int:
        """Side of the output, with a padding of k // 2."""
        return (self.size + 2 * (self.k // 2) - self.k) // self.stride + 1


@dataclass(frozen=True)
class Block:
    """A unit whose convolutions share one context: two chains from the same input, concatenated.

    `inp` is the number of channels that the branch sees: half of the block's input at stride 1, where the other half
    passes by, and all of it at stride 2, where it goes through the projection.
    """

    inp: int
    stride: int
    branch: tuple[Conv, ...]
    projection: tuple[Conv, ...] = ()

    def convs(self) -> Iterator[tuple[str, Conv]]:
        """Name within the block and row of every convolution."""
        for chain in ("branch", "projection"):
            for index, conv in enumerate(getattr(self, chain)):
                yield f"{chain}.{index}", conv


@dataclass(frozen=True)
class Table:
    """A whole network: stem, pooling after it or not, blocks, last 1x1 convolution, classifier."""

    stem: Conv
    pool: bool
    blocks: tuple[Block, ...]
    last: Conv
    classes: int
