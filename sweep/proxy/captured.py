"""A training step as a CUDA graph: the only code here that no CPU can execute."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

#: Steps before a capture, in which libraries choose and load their kernels.
WARM_UP = 3


def capture(
    step: Callable[[int], None], sizes: Sequence[int], state: Callable[[], list[Tensor]]
) -> Callable[[int], None]:
    """A step for batches of these sizes, each a graph that the host starts with one call.

    The steps that are taken to warm up are taken back. A step reads and writes the same memory each time.
    """
    before = [tensor.clone() for tensor in state()]
    graphs: dict[int, torch.cuda.CUDAGraph] = {}
    side = torch.cuda.Stream()
    pool = torch.cuda.graph_pool_handle()
    for size in sizes:
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                step(size)
                _take_back(state(), before)
        torch.cuda.current_stream().wait_stream(side)
        graphs[size] = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graphs[size], pool=pool):
            step(size)
    _take_back(state(), before)
    return lambda size: graphs[size].replay()


def _take_back(tensors: Sequence[Tensor], before: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
