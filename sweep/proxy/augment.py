"""Augmentation of a whole batch at once, from a generator of its own."""

import torch
import torch.nn.functional as F
from torch import Tensor

from sweep.space.schema import Augment


def augment(x: Tensor, how: Augment, generator: torch.Generator) -> Tensor:
    """Shift each image by up to `how.shift` pixels each way, zeros moving in, and mirror half of them if `how.flip`.

    Shapes: (B, C, H, W) -> (B, C, H, W). Zero is the mean of normalised images.
    """
    batch, _, height, width = x.shape
    if how.shift:
        d = how.shift
        rows, columns = torch.randint(0, 2 * d + 1, (2, batch, 1), generator=generator)
        at_rows, at_columns = rows + torch.arange(height), columns + torch.arange(width)
        padded = F.pad(x, (d, d, d, d))
        x = padded[torch.arange(batch)[:, None, None], :, at_rows[:, :, None], at_columns[:, None, :]]
        x = x.permute(0, 3, 1, 2)
    if how.flip:
        mirrored = torch.rand(batch, generator=generator) < 0.5
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    return x
