"""The initial draw, as the official code means it, and shared between points."""

import hashlib

import torch
from torch import nn

from sweep.networks.grouped_fc import GroupedLinear


def initialise(network: nn.Module, seed: int) -> None:
    """Draw the network's weights anew, in place.

    Every module has a generator of its own, seeded by `seed` and the module's name: what two points share (stem, last
    convolution, classifier, and every layer of equal shape) starts from the same draw.

    The official code draws N(0, std = 1 / weight.shape[1]) in MegEngine, whose grouped weights have five dimensions.
    So a static convolution has std 1 / (inp / groups), and the layer that generates a kernel has std
    groups / outputs = G / (inp * k * k), a generated depthwise one 1 / 9. Copied literally to PyTorch it would be 1.
    CondConv's experts are drawn as static convolutions are.
    """
    for name, module in network.named_modules():
        generator = seeded(seed, name)
        std = _std(name, module)
        if std is not None:
            assert isinstance(module.weight, nn.Parameter)
            nn.init.normal_(module.weight, 0, std, generator=generator)
            if isinstance(getattr(module, "bias", None), nn.Parameter):
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.constant_(module.bias, 1e-4)


def seeded(seed: int, name: str) -> torch.Generator:
    """A generator for one purpose of one seed, independent of those for others."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def _std(name: str, module: nn.Module) -> float | None:
    if (name.startswith("stem.") and isinstance(module, nn.Conv2d)) or name == "classifier":
        return 0.01
    if isinstance(module, GroupedLinear):
        return module.initial_std
    if isinstance(module, nn.Conv2d | nn.Linear):
        return 1 / module.weight.shape[1]
    return None
