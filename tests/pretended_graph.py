"""CUDA graphs that are pretended: the operations of a step are recorded, and replayed into the same memory."""

import contextlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sweep.proxy.platform import Platform

#: Before `pretended_card.pretend` replaces it.
CAPTURED = Platform.captured


class Recording(TorchDispatchMode):
    """Notes each operation that writes memory, with what it was given and what it made; in the end takes all back."""

    def __init__(self):
        super().__init__()
        self.operations, self._before = [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        assert func is not torch.ops.aten._local_scalar_dense.default, "the host waits for the device in a capture"
        for place, expected in enumerate(func._schema.arguments):
            if expected.alias_info is not None and expected.alias_info.is_write:
                written = args[place] if place < len(args) else kwargs.get(expected.name)
                self._before += [(tensor, tensor.clone()) for tensor in tree_leaves(written) if tensor is not None]
        made = func(*args, **kwargs)
        if not func.is_view:
            self.operations.append((func, args, kwargs, made))
        return made

    def take_back(self):
        """Give memory what it held before: a card does nothing of what it captures."""
        for tensor, value in reversed(self._before):
            tensor.copy_(value)


class Graph:
    """As torch.cuda.CUDAGraph: what was recorded, again."""

    @torch.no_grad()
    def replay(self):
        with torch._C._AutoDispatchBelowAutograd():
            for func, args, kwargs, made in self.recording.operations:
                for before, now in zip(tree_leaves(made), tree_leaves(func(*args, **kwargs)), strict=True):
                    if isinstance(before, torch.Tensor) and before.data_ptr() != now.data_ptr():
                        before.copy_(now)


@contextlib.contextmanager
def recorded(graph, pool=None):
    """As torch.cuda.graph."""
    graph.recording = Recording()
    with graph.recording:
        yield
    with torch.no_grad():
        graph.recording.take_back()


class Stream:
    """As torch.cuda.Stream, of a device that does everything at once."""

    def wait_stream(self, other):
        pass


def pretend_graphs(monkeypatch):
    """Let a pretended card capture steps; after `pretended_card.pretend`."""
    monkeypatch.setattr(Platform, "captured", CAPTURED)
    for name, instead in {
        "Stream": Stream,
        "stream": lambda stream: contextlib.nullcontext(),
        "current_stream": Stream,
        "set_stream": lambda stream: None,
        "graph_pool_handle": lambda: 0,
        "CUDAGraph": Graph,
        "graph": recorded,
    }.items():
        monkeypatch.setattr(torch.cuda, name, instead)
