"""ShuffleNetV2 as the official WeightNet code narrows it, in its original widths, and at any other width.

Ma et al., ECCV 2018 (arXiv 1807.11164); narrowed widths, stem and shuffle from megvii-model/WeightNet.
"""

from collections.abc import Mapping

from sweep.networks.cost import Whole
from sweep.networks.families import FAMILIES
from sweep.networks.table import Block, Conv, Demand, Table
from sweep.space import Point
from sweep.space.backbones import BACKBONES, NARROWED, first_stage


def stage_channels(width: float, stages: int, published: Mapping[float, int] = NARROWED) -> list[Whole]:
    """Output channels of each stage: twice as many as those of the stage before."""
    return [first_stage(width, published) << stage for stage in range(stages)]


def table(point: Point, channels: int, classes: int) -> Table:
    """The convolutions of a resolved point's network, for images of `channels` colours in `classes` classes.

    A stem must be narrower than the first stage: the first block of a stage must widen.
    """
    assert point.repeats is not None
    published = BACKBONES[point.backbone].first_stage
    # the official WeightNet code has a bias before these two norms, ShuffleNetV2's own has none: it changes no output,
    # but the published sizes count it
    bias = FAMILIES[point.family].biased_ends
    imagenet = point.stem == "imagenet"
    stem = Conv(channels, point.stem_channels, 3, 1 + imagenet, point.image_size, relu=True, bias=bias)
    # the ImageNet stem halves the image once more by a 3x3 max pool of stride 2
    size = (stem.size_out - 1) // (1 + imagenet) + 1
    inp, blocks, demands = stem.oup, [], []
    stages = stage_channels(point.width, len(point.repeats), published)
    for stage, (oup, repeats) in enumerate(zip(stages, point.repeats, strict=True), start=1):
        demands.append(_widens(inp, oup, point))
        first = _block(inp, oup, 2, size, stage)
        size = first.branch[-1].size_out
        blocks += [first, _block(oup // 2, oup, 1, size, stage, times=repeats - 1)]
        inp = oup
    last = Conv(inp, point.last_channels, 1, 1, size, relu=True, bias=bias)
    return Table(stem, imagenet, tuple(blocks), last, last.oup, classes, tuple(demands))


def _widens(inp: Whole, oup: Whole, point: Point) -> Demand:
    return Demand(
        inp < oup,
        lambda: (
            f"a stage of {oup} channels cannot follow {inp}: the first block of a stage must widen "
            f"(stem_channels {point.stem_channels}, width {point.width:g})"
        ),
    )


def _block(inp: Whole, oup: Whole, stride: int, size: Whole, stage: int, times: int = 1) -> Block:
    mid, out = oup // 2, oup - inp
    wide = Conv(inp, mid, 1, 1, size, relu=True)
    depthwise = Conv(mid, mid, 3, stride, size, relu=False, depthwise=True)
    branch = (wide, depthwise, Conv(mid, out, 1, 1, depthwise.size_out, relu=True))
    if stride == 1:
        return Block("shuffle", stage, inp, stride, branch, times=times)
    shrink = Conv(inp, inp, 3, stride, size, relu=False, depthwise=True)
    projection = (shrink, Conv(inp, inp, 1, 1, shrink.size_out, relu=True))
    return Block("shuffle", stage, inp, stride, branch, projection, times)
