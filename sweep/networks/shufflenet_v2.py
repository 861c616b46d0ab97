"""ShuffleNetV2 as the official WeightNet code narrows it, and at any smaller width.

Ma et al., ECCV 2018 (arXiv 1807.11164); widths, stem and shuffle from megvii-model/WeightNet.
"""

import numpy as np
import torch
from torch import Tensor, nn

from sweep.errors import NetworkError
from sweep.networks.cost import Cost, conv_cost, linear_cost, norm_cost
from sweep.networks.family import Family, StaticConv
from sweep.networks.table import Block, Conv, Table
from sweep.space import Point

#: Channels of the first stage at the published widths; each later stage has twice as many.
NARROWED = {0.0: 0, 0.5: 48, 1.0: 112, 1.5: 176, 2.0: 248}


def stage_channels(width: float, stages: int) -> list[int]:
    """Output channels of each stage: the published ones, and a multiple of 4 on the line between them elsewhere."""
    widths = sorted(NARROWED)
    if width > widths[-1]:
        first = NARROWED[2.0] * width / 2
    else:
        first = float(np.interp(width, widths, [NARROWED[w] for w in widths]))
    return [max(4, 4 * round(first / 4)) << stage for stage in range(stages)]


def table(point: Point, channels: int, classes: int) -> Table:
    """The convolutions of a point's network, for images of `channels` colours in `classes` classes.

    Raises NetworkError if the stem is as wide as the first stage, whose first block must widen it.
    """
    if point.image_size is None or point.stem is None:
        raise ValueError("the point leaves its image size or its stem open: use Point.resolved")
    # the official WeightNet code has a bias before these two norms, ShuffleNetV2's own has none: it changes no output,
    # but the published sizes count it
    bias = point.family == "weightnet"
    stride = 2 if point.stem == "imagenet" else 1
    stem = Conv(channels, point.stem_channels, 3, stride, point.image_size, relu=True, bias=bias)
    # the ImageNet stem halves the image once more by a 3x3 max pool of stride 2
    size = (stem.size_out - 1) // 2 + 1 if point.stem == "imagenet" else stem.size_out
    inp, blocks = point.stem_channels, []
    for oup, repeats in zip(stage_channels(point.width, len(point.repeats)), point.repeats, strict=True):
        if inp >= oup:
            raise NetworkError(
                f"a stage of {oup} channels cannot follow {inp}: the first block of a stage must widen "
                f"(stem_channels {point.stem_channels}, width {point.width:g})"
            )
        for repeat in range(repeats):
            block = _block(inp if repeat == 0 else oup // 2, oup, 2 if repeat == 0 else 1, size)
            size = block.branch[-1].size_out
            blocks.append(block)
        inp = oup
    last = Conv(inp, point.last_channels, 1, 1, size, relu=True, bias=bias)
    return Table(stem, point.stem == "imagenet", tuple(blocks), last, classes)


def _block(inp: int, oup: int, stride: int, size: int) -> Block:
    mid, out = oup // 2, oup - inp
    wide = Conv(inp, mid, 1, 1, size, relu=True)
    depthwise = Conv(mid, mid, 3, stride, size, relu=False, depthwise=True)
    branch = (wide, depthwise, Conv(mid, out, 1, 1, depthwise.size_out, relu=True))
    if stride == 1:
        return Block(inp, stride, branch)
    shrink = Conv(inp, inp, 3, stride, size, relu=False, depthwise=True)
    return Block(inp, stride, branch, (shrink, Conv(inp, inp, 1, 1, shrink.size_out, relu=True)))


class ConvNorm(nn.Module):
    """Convolution, batch norm and, where the table says so, ReLU."""

    def __init__(self, conv: Conv, module: nn.Module) -> None:
        super().__init__()
        self.conv = module
        self.norm = nn.BatchNorm2d(conv.oup)
        self.relu = conv.relu

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        x = self.norm(self.conv(x, context))
        return torch.relu(x) if self.relu else x


class ShuffleBlock(nn.Module):
    """Half of the channels through the branch and half past it; at stride 2 all through branch and projection."""

    def __init__(self, block: Block, family: Family) -> None:
        super().__init__()
        self.stride = block.stride
        self.context = family.context(block)
        self.branch = nn.ModuleList(ConvNorm(conv, family.conv(conv, block)) for conv in block.branch)
        self.projection = nn.ModuleList(ConvNorm(conv, family.conv(conv, block)) for conv in block.projection)
        self.gate = family.gate(block)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        # the official shuffle: even channels pass by, odd ones are processed
        past, x = (x[:, ::2], x[:, 1::2]) if self.stride == 1 else (x, x)
        context = self.context(x) if self.context is not None else None
        for step in self.projection:
            past = step(past, context)
        for step in self.branch:
            x = step(x, context)
        return torch.cat((past, self.gate(x) if self.gate is not None else x), 1)


class ShuffleNetV2(nn.Module):
    """The network of a table, its stage convolutions of one family; stem, last convolution and classifier are static.

    Shapes: (B, channels, H, W) -> (B, classes).
    """

    def __init__(self, table: Table, family: Family) -> None:
        super().__init__()
        self.stem = ConvNorm(table.stem, StaticConv(table.stem))
        self.pool = nn.MaxPool2d(3, 2, 1) if table.pool else nn.Identity()
        self.blocks = nn.Sequential(*(ShuffleBlock(block, family) for block in table.blocks))
        self.last = ConvNorm(table.last, StaticConv(table.last))
        self.classifier = nn.Linear(table.last.oup, table.classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        x = self.last(self.blocks(self.pool(self.stem(x))))
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits


def costs(table: Table, family: Family) -> dict[str, Cost]:
    """The cost of every layer, by the name of its module."""
    layers = _static("stem", table.stem)
    for index, block in enumerate(table.blocks):
        name = f"blocks.{index}"
        layers[f"{name}.context"] = family.context_cost(block)
        for step, conv in block.convs():
            layers[f"{name}.{step}.conv"] = family.conv_cost(conv, block)
            layers[f"{name}.{step}.norm"] = norm_cost(conv.oup)
        layers[f"{name}.gate"] = family.gate_cost(block)
    layers |= _static("last", table.last)
    layers["classifier"] = linear_cost(table.last.oup, table.classes)
    return layers


def _static(name: str, conv: Conv) -> dict[str, Cost]:
    cost = conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, bias=conv.bias)
    return {f"{name}.conv": cost, f"{name}.norm": norm_cost(conv.oup)}
