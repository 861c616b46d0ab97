"""CIFAR-10 and CIFAR-100."""

from typing import ClassVar, Literal

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import FileKeys
from sweep.space.official import OFFICIAL


def _facts(name: str, classes: int) -> DatasetFacts:
    return DatasetFacts(
        channels=3,
        classes=classes,
        image_size=32,
        images=60_000,
        test_images=10_000,
        validation_images=10_000,
        fingerprint=OFFICIAL[name].fingerprint,
        flip_keeps_class=True,
    )


class CifarKeys(FileKeys):
    """32 x 32 colour images in 10 or 100 classes."""

    facts_by_name: ClassVar = {"cifar10": _facts("cifar10", 10), "cifar100": _facts("cifar100", 100)}

    name: Literal["cifar10", "cifar100"]
