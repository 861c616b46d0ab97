"""ImageNet: networks can be counted for it; this version does not read its images."""

from typing import ClassVar, Literal

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import DatasetKeys

FACTS = DatasetFacts(
    channels=3,
    classes=1000,
    image_size=224,
    images=1_281_167 + 50_000,
    test_images=0,
    validation_images=50_000,  # what the published errors are of
    fingerprint="",
    flip_keeps_class=True,
    readable=False,
)


class ImageNetKeys(DatasetKeys):
    """224 x 224 colour images in 1,000 classes, for `plan` alone."""

    facts_by_name: ClassVar = {"imagenet": FACTS}

    name: Literal["imagenet"] = "imagenet"
