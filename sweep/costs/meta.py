"""What torch.utils.flop_counter counts on the meta device: a third opinion, of networks that need no memory."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from sweep.networks import build
from sweep.space import Point


def meta_flops(point: Point, channels: int, classes: int, batch: int = 1) -> int:
    """Multiply-adds per sample of a resolved point's network, forward; raises NetworkError if there is none.

    It is right forward, for every family here. Backward it is not, for a convolution folded into a group a sample.
    """
    with torch.device("meta"):
        network = build(point, channels, classes).eval()
        images = torch.empty(batch, channels, point.image_size or 1, point.image_size or 1)
    with FlopCounterMode(display=False) as counter:
        network(images)
    # it counts two operations a multiply-add
    return int(counter.get_total_flops()) // (2 * batch)
