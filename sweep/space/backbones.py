"""Backbones before they are built: their parameters and defaults."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackboneFacts:
    """Defaults of a backbone; every one also has width, image size, stem and repeats."""

    #: blocks per stage
    repeats: tuple[int, ...]
    #: channels of the stem; None where it is as wide as the first stage
    stem_channels: int | None = None
    #: channels of the last 1x1 convolution; None where there is none
    last_channels: int | None = None
    #: the same from the width `broad_from` on
    broad_last_channels: int | None = None
    broad_from: float = float("inf")

    @property
    def own(self) -> tuple[str, ...]:
        """The parameters that not every backbone has."""
        return ("stem_channels", "last_channels", "depthwise") if self.stem_channels else ()

    def last(self, width: float) -> int | None:
        """Channels of the last 1x1 convolution at a width."""
        return self.broad_last_channels if width >= self.broad_from else self.last_channels


BACKBONES = {
    "shufflenet_v2": BackboneFacts((4, 8, 4), stem_channels=24, last_channels=1024),
    "shufflenet_v2_original": BackboneFacts(
        (4, 8, 4), stem_channels=24, last_channels=1024, broad_last_channels=2048, broad_from=2.0
    ),
    "resnet18": BackboneFacts((2, 2, 2, 2)),
    "resnet34": BackboneFacts((3, 4, 6, 3)),
    "resnet50": BackboneFacts((3, 4, 6, 3)),
}
