"""How images lie in memory: pixels of a channel side by side, as PyTorch has it by itself, or channels of a pixel."""

from torch import Tensor


def channels_last(x: Tensor) -> bool:
    """Whether the channels of a pixel of (B, C, H, W) lie side by side; every second of them does as well."""
    return x.stride(1) < x.stride(3)


def pooled(x: Tensor) -> Tensor:
    """Mean over pixels: (B, C, H, W) -> (B, C).

    Over pixels as they lie in memory, so that the gradient lies as the input does: adding up gradients of two layouts
    costs more than the mean.
    """
    if channels_last(x):
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)
    return x.mean((2, 3))
