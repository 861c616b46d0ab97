"""Backbones before they are built: their parameters and defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: Channels of ShuffleNetV2's first stage at the published widths, narrowed as in the official WeightNet code and
#: original; each later stage has twice as many.
NARROWED = {0.0: 0, 0.5: 48, 1.0: 112, 1.5: 176, 2.0: 248}
ORIGINAL = {0.0: 0, 0.5: 48, 1.0: 116, 1.5: 176, 2.0: 244}


def first_stage(width: Any, published: Mapping[float, int] = NARROWED) -> Any:
    """Channels of ShuffleNetV2's first stage: the published ones, and a multiple of 4 on the line between them.

    `width` is a number or an array of them.
    """
    # the line goes on beyond the widest, and through nothing at 0
    scale = np.maximum(1, np.asarray(width) / max(published))
    first = np.interp(width, [*published], [*published.values()]) * scale
    channels = np.maximum(4, 4 * np.rint(first / 4).astype(np.int64))
    return channels if np.ndim(width) else int(channels)


@dataclass(frozen=True)
class BackboneFacts:
    """Defaults of a backbone; every one also has width, image size, stem and repeats."""

    #: blocks per stage
    repeats: tuple[int, ...]
    #: channels of the stem, for as long as the first stage has more; None where it is as wide as the first stage
    stem_channels: int | None = None
    #: width -> channels of the first stage, of a backbone whose stem has channels of its own
    first_stage: Mapping[float, int] = field(default_factory=dict)
    #: channels of the last 1x1 convolution; None where there is none
    last_channels: int | None = None
    #: the same from the width `broad_from` on
    broad_last_channels: int | None = None
    broad_from: float = float("inf")

    @property
    def own(self) -> tuple[str, ...]:
        """The parameters that not every backbone has."""
        return ("stem_channels", "last_channels", "depthwise") if self.stem_channels else ()

    def stem(self, width: float) -> int | None:
        """Channels of the stem at a width: the published number, or half of the first stage if that has no more.

        The first block of a stage must widen, and 24 of 48 is the narrowest published network's stem.
        """
        # no published width needs a look at the line between them
        if self.stem_channels is None or width >= 0.5:
            return self.stem_channels
        first: int = first_stage(width, self.first_stage)
        return self.stem_channels if first > self.stem_channels else first // 2

    def last(self, width: float) -> int | None:
        """Channels of the last 1x1 convolution at a width."""
        return self.broad_last_channels if width >= self.broad_from else self.last_channels


BACKBONES = {
    "shufflenet_v2": BackboneFacts((4, 8, 4), stem_channels=24, first_stage=NARROWED, last_channels=1024),
    "shufflenet_v2_original": BackboneFacts(
        (4, 8, 4),
        stem_channels=24,
        first_stage=ORIGINAL,
        last_channels=1024,
        broad_last_channels=2048,
        broad_from=2.0,
    ),
    "resnet18": BackboneFacts((2, 2, 2, 2)),
    "resnet34": BackboneFacts((3, 4, 6, 3)),
    "resnet50": BackboneFacts((3, 4, 6, 3)),
}
