"""Every formulation of a generated convolution beside the official one and a static convolution, forward and backward.

    make bench-dynamic-conv

On one thread, for every distinct shape of ShuffleNetV2 0.5x and 1.0x at batch 128 and every 3x3 of ResNet-18 at batch
32, as they are for images of 224 x 224. Times are the least of several, the formulations of a cell taking turns; they
hold the layer that generates the kernel and the convolution, and not what makes the activations, which all share.
The official form generates kernels by a 1x1 convolution in groups, as the official code does
(megvii-model/WeightNet), folds the batch into the groups of another, and has the usual layout; `folded` is ours, which
generates them by a product. Where the point's network has its channels last (`networks.layout`), so has the
chosen one; a formulation in that layout is marked `last`.
"""

import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
import torch.utils.deterministic
from torch import Tensor

from sweep.engine.ray_settings import SETTINGS
from sweep.networks import dynamic_conv as ways
from sweep.networks import layout, table_of
from sweep.networks.table import Conv
from sweep.space import Point

NETS = (("shufflenet_v2", 0.5, 128), ("shufflenet_v2", 1.0, 128), ("resnet18", 1.0, 32))
PLANE = ((1, 1), (2, 2), (4, 4), (2, 1), (4, 1), (8, 1), (8, 2))
#: Seconds for a cell, and repetitions at least; what is this many times slower than folded is not timed again.
SECONDS, LEAST, HOPELESS = 0.6, 3, 2.0


@dataclass(frozen=True)
class Cell:
    """A convolution of a network at a point of the plane, and the least seconds of each way to compute it."""

    net: str
    conv: Conv
    M: int
    G: int
    chosen: str
    seconds: dict[str, float]
    static: float

    @property
    def gain(self) -> float:
        """How many times as fast as the official form."""
        return self.seconds["official"] / self.seconds[self.chosen]

    @property
    def lost(self) -> float:
        """Time over that of the fastest."""
        return self.seconds[self.chosen] / min(self.seconds.values())


def shapes(backbone: str, width: float) -> list[Conv]:
    """The distinct convolutions of a network that a family may generate; of a ResNet those of 3x3."""
    point = Point(backbone=backbone, width=width, family="static").resolved(224)
    convs = (conv for block in table_of(point, 3, 1000).blocks for _, conv in block.convs())
    plain = (Conv(c.inp, c.oup, c.k, c.stride, c.size, relu=False, depthwise=c.depthwise) for c in convs)
    return [conv for conv in dict.fromkeys(plain) if backbone.startswith("shufflenet") or conv.k == 3]


def time_cell(backbone: str, width: float, conv: Conv, M: int, G: int, batch: int) -> Cell:
    """Time all that compute it, in turns."""
    torch.manual_seed(0)
    lam, groups = M // G, conv.oup * (1 if conv.depthwise else G)
    shape = ways.Shape(conv.inp, conv.oup, conv.k, conv.stride, conv.groups)
    weights = math.prod(shape.kernel)
    pixels = torch.randn(batch, conv.inp, conv.size, conv.size)
    activations = torch.rand(batch, groups * lam, requires_grad=True)
    weight = torch.randn(groups, lam, weights // groups, requires_grad=True)
    as_conv = weight.detach().transpose(1, 2).reshape(weights, lam, 1, 1).requires_grad_()
    kernel = torch.randn(shape.kernel, requires_grad=True)
    gradient = torch.randn(batch, conv.oup, conv.size_out, conv.size_out)
    mine = layout(Point(backbone=backbone, family="weightnet", M=Fraction(M), G=Fraction(G)))
    leaves, todo, chosen = [activations, weight, as_conv, kernel], {}, ""
    for format_ in dict.fromkeys((torch.contiguous_format, mine)):
        x = pixels.clone(memory_format=format_).requires_grad_()
        upstream, mark = gradient.clone(memory_format=format_), "" if format_ is torch.contiguous_format else " last"
        leaves.append(x)

        def static(x: Tensor = x) -> Tensor:
            return F.conv2d(x, kernel, stride=conv.stride, padding=conv.k // 2, groups=conv.groups)

        if not mark:
            todo["official"] = partial(official, x, activations, as_conv, shape), upstream
        for name, way in candidates(weight, shape):
            todo[name + mark] = partial(way, x, activations, weight, shape), upstream
        todo[f"static{mark}"] = static, upstream
        chosen = ways.choose(x, weight, shape) + mark
    kept = {"official", "static", "static last"}
    best, began, rounds = dict.fromkeys(todo, math.inf), time.perf_counter(), 0
    while rounds < LEAST or time.perf_counter() - began < SECONDS:
        for name, compute in todo.items():
            for leaf in leaves:
                leaf.grad = None
            started = time.perf_counter()
            compute[0]().backward(compute[1])
            best[name] = min(best[name], time.perf_counter() - started)
        todo = {name: it for name, it in todo.items() if name in kept or best[name] < HOPELESS * best["folded"]}
        rounds += 1
    static = min(best.pop(name) for name in list(best) if name.startswith("static"))
    return Cell(f"{backbone} {width}x", conv, M, G, chosen, best, static)


def official(x: Tensor, activations: Tensor, weight: Tensor, shape: ways.Shape) -> Tensor:
    """Kernels by a 1x1 convolution in groups, weight (weights, lambda, 1, 1), and one whose groups are the batch."""
    groups = activations.shape[1] // weight.shape[1]
    return ways.fold(x, F.conv2d(activations[:, :, None, None], weight, groups=groups), shape)


def candidates(weight: Tensor, shape: ways.Shape) -> Iterator[tuple[str, Callable[..., Tensor]]]:
    """Every formulation of ours that is one of this convolution."""
    yield "folded", ways.folded
    yield "pieces", ways.pieces
    if ways.multiplies(shape):
        yield "product", ways.product
    if ways.scales(weight, shape):
        yield "scaled", ways.scaled


def cells(net: str, width: float, batch: int) -> Iterator[Cell]:
    """All cells of a network; of a depthwise convolution lambda alone matters, and is timed once."""
    for conv in shapes(net, width):
        known: dict[int, Cell] = {}
        for M, G in PLANE:
            if not (conv.depthwise and M // G in known):
                known[M // G] = time_cell(net, width, conv, M, G, batch)
            found = known[M // G]
            yield Cell(found.net, conv, M, G, found.chosen, found.seconds, found.static)


def mean(ratios: list[float]) -> float:
    """Geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def line(cell: Cell) -> str:
    """A line of the table."""
    conv = cell.conv
    what = f"{conv.inp:>3} -> {conv.oup:<3} {'dw' if conv.depthwise else '  '} {conv.k}x{conv.k}/{conv.stride}"
    times = " ".join(f"{name} {1e3 * seconds:7.1f}" for name, seconds in cell.seconds.items())
    ratios = (
        f"x{cell.gain:5.2f}  over fastest {cell.lost:4.2f}  over static {cell.seconds[cell.chosen] / cell.static:5.2f}"
    )
    where = f"{conv.size:>2}px ({cell.M},{cell.G})"
    return f"{what} {where}  {cell.chosen:<12} {ratios}   ms: {times} static {1e3 * cell.static:.1f}"


def main() -> None:
    """Print the table and what it comes to, and write both beside this file."""
    if "GLIBC_TUNABLES" not in os.environ:
        # as the engine's workers have it; it is read when a process starts
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "GLIBC_TUNABLES": SETTINGS["GLIBC_TUNABLES"]})
    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_flush_denormal(True)
    lines: list[str] = []

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    machine = platform.processor() or platform.machine()
    say(f"# {machine}, torch {torch.__version__}, one thread; make bench-dynamic-conv")
    found: list[Cell] = []
    for net, width, batch in NETS:
        say(f"\n{net} {width}x, batch {batch}")
        for cell in cells(net, width, batch):
            found.append(cell)
            say(line(cell))
    say("")
    for name, prefix in (("ShuffleNetV2", "shufflenet"), ("ResNet-18, 3x3", "resnet")):
        mine = [cell for cell in found if cell.net.startswith(prefix)]
        slow, far = (min(mine, key=lambda cell: cell.gain), max(mine, key=lambda cell: cell.lost))
        gain, over_static, statics = (
            mean([times(cell) for cell in mine])
            for times in (
                lambda cell: cell.gain,
                lambda cell: cell.seconds[cell.chosen] / cell.static,
                lambda cell: cell.seconds["official"] / cell.static,
            )
        )
        say(
            f"{name}: {gain:.2f} times as fast as the official form (geometric mean of {len(mine)} cells), at least "
            f"{slow.gain:.2f}; over the fastest at most {far.lost:.2f}, in {sum(cell.lost > 1.15 for cell in mine)} "
            f"cells more than 1.15; {over_static:.2f} times a static convolution, which is {statics:.2f} times as "
            "fast as the official form"
        )
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
