"""Checking every image of the user's own data set once, before anything is trained on it."""

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from sweep.proxy.data import places
from sweep.proxy.decode import decode, oriented
from sweep.proxy.errors import DataError
from sweep.proxy.files import cache
from sweep.space.image_index import ImageIndex
from sweep.space.schema import Dataset

#: Images that cannot be read are named up to this number.
NAMED = 5
Numbers = NDArray[np.int64]


def check_images(dataset: Dataset) -> tuple[str, ...]:
    """Decode every image of a set, those set aside among them; what was found is kept, and not looked for again.

    Of a set whose contents are too many to be hashed (`image_index.CHEAP`) only the images that were set aside are
    decoded: the training and validation images are when they are loaded, and the others are never read.
    Returns what a user should know: validation images that are copies of training images, images that lie in two
    classes, orientations that are not applied. Raises DataError that names images that cannot be read, before runs
    depend on the fingerprint of a set that has to change.
    """
    if not dataset.of_the_user:
        return ()
    try:
        index = dataset.index
    except ValueError as error:
        raise DataError(str(error)) from None
    # of images that seeds draw from, any may be trained on
    all_images = dataset.whole
    train, validation = places(index.labels, all_images)
    numbers = np.arange(len(index.labels)) if index.contents else _set_aside(index, dataset)
    key_text = f"{index.fingerprint} {all_images.counts()} {dataset.path} {version('pillow')}"
    file_name = f"{hashlib.sha256(key_text.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"
    notes = _kept(file_name)
    if notes is None:
        images = _looked_at(index, numbers)
        broken = [image.broken for image in images if image.broken]
        if broken:
            raise DataError(_together(broken))
        notes = tuple(_notes(dataset, index, dict(zip(numbers.tolist(), images, strict=True)), train, validation))
        _keep(file_name, notes)
    return notes


@dataclass(frozen=True)
class _Image:
    """The result of reading an image's file; `broken` says why it cannot be read."""

    name: str
    digest: bytes
    oriented: bool
    broken: str = ""


def _set_aside(index: ImageIndex, dataset: Dataset) -> Numbers:
    train, validation = places(index.labels, dataset, everything=True)
    return np.setdiff1d(np.arange(len(index.labels)), np.concatenate((train, validation)))


def _looked_at(index: ImageIndex, numbers: Numbers) -> list[_Image]:
    def look(number: int) -> _Image:
        try:
            name, content = index.encoded(number)
            decode(content, name, 1, 1)
        except DataError as error:
            return _Image("", b"", False, str(error))
        except (OSError, ValueError) as error:
            return _Image("", b"", False, f"an image cannot be read: {error}")
        return _Image(name, hashlib.sha256(content).digest(), oriented(content))

    # Pillow decodes outside of Python's lock
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(look, numbers.tolist()))


def _together(broken: Sequence[str]) -> str:
    if len(broken) == 1:
        return broken[0]
    more = f"; and {len(broken) - NAMED:,} more" if len(broken) > NAMED else ""
    return f"{len(broken):,} images cannot be used: {'; '.join(broken[:NAMED])}{more}"


def _notes(
    dataset: Dataset, index: ImageIndex, images: dict[int, _Image], train: Numbers, validation: Numbers
) -> list[str]:
    notes = []
    learned = {images[number].digest: number for number in train.tolist() if number in images}
    copies = [n for n in validation.tolist() if n in images and images[n].digest in learned]
    if copies:
        first, original = images[copies[0]].name, images[learned[images[copies[0]].digest]].name
        notes.append(
            f"{dataset.path}: {len(copies):,} of the {len(validation):,} validation images are copies of training "
            f"images ({first} of {original}): errors will be lower than those of new images"
        )
    classes: dict[bytes, dict[int, str]] = {}
    for number, image in images.items():
        classes.setdefault(image.digest, {}).setdefault(int(index.labels[number]), image.name)
    in_several = [names for names in classes.values() if len(names) > 1]
    if in_several:
        first_name, second_name, *_ = in_several[0].values()
        notes.append(
            f"{dataset.path}: {len(in_several):,} images lie in more than one class ({first_name} and {second_name})"
        )
    turned = Counter(image.oriented for image in images.values())[True]
    if turned:
        notes.append(
            f"{dataset.path}: {turned:,} of {len(images):,} images carry a camera's orientation (EXIF), "
            "which is not applied"
        )
    return notes


def _kept(name: str) -> tuple[str, ...] | None:
    try:
        notes = json.loads((cache("checked") / name).read_text())
    except (OSError, ValueError, DataError):
        return None
    return tuple(notes) if isinstance(notes, list) and all(isinstance(note, str) for note in notes) else None


def _keep(name: str, notes: Sequence[str]) -> None:
    """Store the result; if the cache cannot be written, the check is repeated next time."""
    with contextlib.suppress(OSError, DataError):
        path = cache("checked") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(list(notes)))
        part.replace(path)
