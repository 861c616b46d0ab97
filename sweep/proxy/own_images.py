"""Images of a set of the user's own, decoded by number."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sweep.proxy.decode import Framing, aspect, decode
from sweep.proxy.errors import DataError
from sweep.space.image_index import ImageIndex
from sweep.space.schema import Dataset

#: Numbers of images (n,) -> images (n, channels, size, size), as bytes.
Images = Callable[[NDArray[np.int64]], NDArray[np.uint8]]


def checked_index(dataset: Dataset) -> ImageIndex:
    """The index of a set; raises DataError if its images are missing, or are not those that runs are keyed on."""
    try:
        index = dataset.index
        current = dataset.model_copy(update={"known": None}).settled.known
    except ValueError as error:
        raise DataError(str(error)) from None
    if current != dataset.settled.known:
        raise DataError(f"the images of {dataset.path} are not those that they were ({index.fingerprint[:12]})")
    return index


def decoded(dataset: Dataset, index: ImageIndex, framing: Framing | None = None, size: int | None = None) -> Images:
    """What gives the images of some numbers of an index, and raises DataError.

    They are framed as a network is judged on them, and as large as the set says, unless told otherwise.
    """
    facts = dataset.facts
    framing = framing or ("judged" if dataset.fit == "whole" else "middle")
    side = size or facts.image_size

    def images(at: NDArray[np.int64]) -> NDArray[np.uint8]:
        pixels = np.empty((len(at), facts.channels, side, side), dtype=np.uint8)
        for place, number in enumerate(at.tolist()):
            name, content = _encoded(dataset, index, number)
            pixels[place] = decode(content, name, facts.channels, side, framing)
        return pixels

    return images


def aspects(dataset: Dataset, index: ImageIndex, at: NDArray[np.int64]) -> list[float]:
    """Widths over heights of the images of some numbers, from their headers; raises DataError."""
    return [aspect(content, name) for name, content in (_encoded(dataset, index, number) for number in at.tolist())]


def _encoded(dataset: Dataset, index: ImageIndex, number: int) -> tuple[str, bytes]:
    try:
        return index.encoded(number)
    except (OSError, ValueError) as error:
        raise DataError(f"an image of {dataset.path} cannot be read: {error}") from None
