"""What a network is asked about the images of a set: one image's class, or the classes of several at once."""

import math


def composite_classes(classes: int, images: int, ordered: bool) -> int:
    """How many classes composites of `images` images have: a class for each multiset of classes, or each sequence."""
    return classes**images if ordered else math.comb(classes + images - 1, images)
