"""A training step as a CUDA graph."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

#: Steps before a capture, in which libraries choose and load their kernels.
WARM_UP = 3


def capture(
    step: Callable[[int], None], sizes: Sequence[int], state: Callable[[], list[Tensor]]
) -> Callable[[int], None]:
    """A step for batches of these sizes, each a graph that the host starts with one call.

    The steps that are taken to warm up are taken back: one of every size must be possible from the state as it is.
    A step reads and writes the same memory each time.
    """
    before = [tensor.clone() for tensor in state()]
    graphs = {size: torch.cuda.CUDAGraph() for size in sizes}
    current, side = torch.cuda.current_stream(), torch.cuda.Stream()
    pool = torch.cuda.graph_pool_handle()
    try:
        side.wait_stream(current)
        with torch.cuda.stream(side):
            # all sizes before the first capture, in which libraries may not allocate what a new size needs
            for size in sizes:
                for _ in range(WARM_UP):
                    step(size)
                    _take_back(state(), before)
        current.wait_stream(side)
        for size, graph in graphs.items():
            with torch.cuda.graph(graph, pool=pool):
                step(size)
    finally:
        # torch.cuda.graph leaves its own stream current when it fails
        torch.cuda.set_stream(current)
    _take_back(state(), before)
    return lambda size: graphs[size].replay()


def _take_back(tensors: Sequence[Tensor], before: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
