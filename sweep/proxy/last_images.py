"""The test split of a data set: for a last look (`wn-sweep report --final`), and for nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweep.proxy.data import set_aside
from sweep.proxy.errors import DataError
from sweep.proxy.files import read
from sweep.proxy.own_images import decoded
from sweep.space.official import OFFICIAL
from sweep.space.schema import Dataset


@dataclass(frozen=True)
class LastImages:
    """Test images (n, channels, size, size), as bytes, and labels (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    #: whether they are the set's own test split, not some of its other images that were set aside
    official: bool


def last_images(dataset: Dataset) -> LastImages:
    """The official test split, or what was set aside in its place; raises DataError if there is neither, or not here.

    Sets with a validation split of their own, and no test split, have none.
    """
    if dataset.name in OFFICIAL:
        return LastImages(*read(dataset, test=True), official=True)
    if dataset.facts.test_images:
        return LastImages(*set_aside(dataset), official=False)
    if not dataset.of_the_user:
        raise DataError(f"{dataset.name} has no test split")
    try:
        for split, use in ((dataset.split, "trained"), (dataset.validation_split, "judged")):
            if split == "test":
                raise DataError(f"the split test of {dataset.path} is what runs were {use} on: there is no other")
        if not dataset.index.tested:
            raise DataError(f"{dataset.path} has no test split: all of its images are for training and validation")
        index = dataset.test_index
    except ValueError as error:
        raise DataError(str(error)) from None
    if not index.apart:
        raise DataError(f"{dataset.path}/test has no images in folders of classes, so nothing says what they show")
    return LastImages(decoded(dataset, index)(np.arange(index.apart)), index.labels[: index.apart], official=True)
