"""A backbone as a table of convolutions; both the module and its cost are read from it.

Sizes are whole numbers where a module is built, and may be arrays where many points are counted at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sweep.networks.cost import Whole


@dataclass(frozen=True)
class Demand:
    """What must hold for a layer to exist: a truth (or an array of them), and the words for when it does not."""

    holds: Any
    otherwise: Callable[[], str]


@dataclass(frozen=True)
class Conv:
    """A k x k convolution, followed by batch norm and, if `relu`, by a ReLU.

    `size` is the side of its square input, pixels. A depthwise one has inp == oup.
    """

    inp: Whole
    oup: Whole
    k: int
    stride: Whole
    size: Whole
    relu: bool
    depthwise: bool = False
    bias: bool = False

    @property
    def groups(self) -> Whole:
        """Groups of the convolution: one a channel if depthwise."""
        return self.inp if self.depthwise else 1

    @property
    def size_out(self) -> Whole:
        """Side of the output, with a padding of k // 2."""
        return (self.size + 2 * (self.k // 2) - self.k) // self.stride + 1

    def __str__(self) -> str:
        return f"{self.inp} -> {self.oup} channels, {self.k} x {self.k}"


@dataclass(frozen=True)
class Block:
    """A unit whose convolutions share one context, `times` of them in a row.

    join: 'shuffle' concatenates branch and projection, or branch and the half of the input that passes by;
        'add' adds the projection, or the input itself, to the branch, and a ReLU follows.
    inp: channels that the branch sees: of a shuffled block half of the input at stride 1, and all of it otherwise.
    stage: counted from 1.
    """

    join: Literal["shuffle", "add"]
    stage: int
    inp: Whole
    stride: int
    branch: tuple[Conv, ...]
    projection: tuple[Conv, ...] = ()
    times: int = 1

    def convs(self) -> Iterator[tuple[str, Conv]]:
        """Name within the block and row of every convolution."""
        for chain in ("branch", "projection"):
            for index, conv in enumerate(getattr(self, chain)):
                yield f"{chain}.{index}", conv


@dataclass(frozen=True)
class Table:
    """A whole network: stem, 3 x 3 max pool of stride 2 after it or not, blocks, last 1x1 convolution, classifier."""

    stem: Conv
    pool: Any
    blocks: tuple[Block, ...]
    last: Conv | None
    features: Whole
    classes: int
    demands: tuple[Demand, ...] = ()

    def each_block(self) -> Iterator[Block]:
        """Every block, as often as it occurs."""
        for block in self.blocks:
            for _ in range(block.times):
                yield block
