"""MNIST and Fashion-MNIST."""

from typing import ClassVar, Literal

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import FileKeys
from sweep.space.official import OFFICIAL


def _facts(name: str, *, flip_keeps_class: bool) -> DatasetFacts:
    return DatasetFacts(
        channels=1,
        classes=10,
        image_size=28,
        images=70_000,
        test_images=10_000,  # the official ones
        validation_images=10_000,
        fingerprint=OFFICIAL[name].fingerprint,
        flip_keeps_class=flip_keeps_class,
    )


class MnistKeys(FileKeys):
    """28 x 28 grey images in 10 classes."""

    facts_by_name: ClassVar = {
        "mnist": _facts("mnist", flip_keeps_class=False),
        "fashion_mnist": _facts("fashion_mnist", flip_keeps_class=True),
    }

    name: Literal["mnist", "fashion_mnist"]
