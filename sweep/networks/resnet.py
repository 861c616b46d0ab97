"""ResNet-18, 34 and 50 (He et al., CVPR 2016, arXiv 1512.03385), at any width, with a stem for small images too."""

import numpy as np

from sweep.networks.cost import Whole
from sweep.networks.table import Block, Conv, Table
from sweep.space import Point

#: Channels of the first stage at width 1; each later stage has twice as many.
FIRST = 64
#: A bottleneck ends in a 1x1 convolution to four times its channels.
EXPANSION = {"resnet18": 1, "resnet34": 1, "resnet50": 4}


def stage_channels(width: float, stages: int) -> list[Whole]:
    """Channels of each stage's 3x3 convolutions: a multiple of 4."""
    channels = np.maximum(4, 4 * np.rint(np.asarray(width) * FIRST / 4).astype(np.int64))
    return [(channels if np.ndim(width) else int(channels)) << stage for stage in range(stages)]


def table(point: Point, channels: int, classes: int) -> Table:
    """The convolutions of a resolved point's network, for images of `channels` colours in `classes` classes.

    As today's implementations have it, a bottleneck's stride is in its 3x3 convolution. The stem for small images is a
    3x3 convolution of stride 1 and no pool, as is usual for CIFAR.
    """
    assert point.repeats is not None
    imagenet = point.stem == "imagenet"
    expansion = EXPANSION[point.backbone]
    make = _bottleneck if expansion > 1 else _basic
    stages = stage_channels(point.width, len(point.repeats))
    stem = Conv(channels, stages[0], 3 + 4 * imagenet, 1 + imagenet, point.image_size, relu=True)
    # the ImageNet stem halves the image once more by a 3x3 max pool of stride 2
    inp, size = stem.oup, (stem.size_out - 1) // (1 + imagenet) + 1
    blocks = []
    for stage, (mid, repeats) in enumerate(zip(stages, point.repeats, strict=True), start=1):
        oup, stride = expansion * mid, 1 if stage == 1 else 2
        branch = make(inp, mid, oup, stride, size)
        # where the shape stays what it was, the input itself is added
        projection = (Conv(inp, oup, 1, stride, size, relu=False),) if stage > 1 or expansion > 1 else ()
        size = branch[-1].size_out
        blocks += [
            Block("add", stage, inp, stride, branch, projection),
            Block("add", stage, oup, 1, make(oup, mid, oup, 1, size), times=repeats - 1),
        ]
        inp = oup
    return Table(stem, imagenet, tuple(blocks), None, inp, classes)


def _basic(inp: Whole, mid: Whole, oup: Whole, stride: int, size: Whole) -> tuple[Conv, ...]:
    first = Conv(inp, mid, 3, stride, size, relu=True)
    return first, Conv(mid, oup, 3, 1, first.size_out, relu=False)


def _bottleneck(inp: Whole, mid: Whole, oup: Whole, stride: int, size: Whole) -> tuple[Conv, ...]:
    middle = Conv(mid, mid, 3, stride, size, relu=True)
    return Conv(inp, mid, 1, 1, size, relu=True), middle, Conv(mid, oup, 1, 1, middle.size_out, relu=False)
