"""The digits of scikit-learn."""

from typing import ClassVar, Literal

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import DatasetKeys

FACTS = DatasetFacts(
    channels=1,
    classes=10,
    image_size=8,
    images=1797,
    test_images=359,  # a fifth
    # of images and labels as the loader returns them
    fingerprint="65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5",
    flip_keeps_class=False,
)


class DigitsKeys(DatasetKeys):
    """8 x 8 grey images of handwritten digits, which scikit-learn ships."""

    facts_by_name: ClassVar = {"digits": FACTS}

    name: Literal["digits"] = "digits"
