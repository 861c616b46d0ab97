"""SK's strided convolutions dilated by 2 beside PyTorch's own way, and an undilated convolution; forward and backward.

    make bench-dilated-conv

On one thread, for every distinct strided shape of 3x3 in fashion_november.yaml (batch 256 of 14 x 14 pixels) and in
ShuffleNetV2 0.5x and 1.0x (128 of 224 x 224), in the layout that SK's networks have. Times are the least of several,
the ways of a shape taking turns. ResNet's are not depthwise, and are left to PyTorch.
"""

import math
import platform
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
import torch.utils.deterministic

from sweep.networks import layout, table_of
from sweep.networks.sk import DilatedConv
from sweep.networks.table import Conv
from sweep.space import Point

FASHION = Point(width=0.1667, stem_channels=8, last_channels=64, repeats=(1, 1, 1)).resolved(14)
NETS = (
    ("fashion_november.yaml", FASHION, 256),
    ("shufflenet_v2 0.5x", Point(width=0.5).resolved(224), 128),
    ("shufflenet_v2 1.0x", Point(width=1.0).resolved(224), 128),
)
#: Seconds for a shape, and repetitions at least.
SECONDS, LEAST = 3.0, 15


def shapes(point: Point) -> list[Conv]:
    """The distinct strided convolutions of a network that SK replaces."""
    convs = [conv for block in table_of(point, 3, 10).blocks for _, conv in block.convs()]
    plain = [Conv(c.inp, c.oup, c.k, c.stride, c.size, relu=False, depthwise=c.depthwise) for c in convs]
    return [conv for conv in dict.fromkeys(plain) if conv.k > 1 and conv.stride == 2]


def line(point: Point, conv: Conv, batch: int) -> str:
    """Time all ways, in turns, and say what came out."""
    torch.manual_seed(0)
    ours, mine = DilatedConv(conv), layout(point.model_copy(update={"family": "sk", "reduction": 16}))
    x = torch.randn(batch, conv.inp, conv.size, conv.size).to(memory_format=mine).requires_grad_()
    plain = partial(F.conv2d, x, ours.weight, ours.bias, conv.stride, groups=conv.groups)
    todo = {
        "ours": partial(ours, x),
        "torch": partial(plain, padding=2 * (conv.k // 2), dilation=2),
        "undilated": partial(plain, padding=conv.k // 2),
    }
    gradient, best = torch.randn_like(ours(x)), dict.fromkeys(todo, math.inf)
    began, rounds = time.perf_counter(), 0
    while rounds < LEAST or time.perf_counter() - began < SECONDS:
        for name, compute in todo.items():
            x.grad = ours.weight.grad = None
            started = time.perf_counter()
            compute().backward(gradient)
            best[name] = min(best[name], time.perf_counter() - started)
        rounds += 1
    times = "  ".join(f"{name} {1e3 * seconds:6.1f}" for name, seconds in best.items())
    what = f"{conv.inp:>3} -> {conv.oup:<3} {'dw' if conv.depthwise else '  '} {conv.k}x{conv.k}/{conv.stride}"
    return f"{what} {conv.size:>2}px  x{best['torch'] / best['ours']:5.1f}   ms: {times}"


def main() -> None:
    """Print the table, and write it beside this file."""
    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_flush_denormal(True)
    lines = [f"# {platform.processor() or platform.machine()}, torch {torch.__version__}, one thread"]
    for name, point, batch in NETS:
        lines += ["", f"{name}, batch {batch}", *(line(point, conv, batch) for conv in shapes(point))]
    print("\n".join(lines))
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
