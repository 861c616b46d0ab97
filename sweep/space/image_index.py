"""Images that lie one by one, by number, with their labels; and the index of a folder of them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: What an image's file is called; others in a folder are left alone.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
#: Up to this many bytes, contents are hashed as well as sizes: a second of work. ImageNet's would take minutes.
CHEAP = 256 << 20


@dataclass(frozen=True)
class ImageIndex:
    """The images of a data set that are read when they are asked for: those of a validation split of its own first."""

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    #: images of a validation split of the set's own
    apart: int
    #: whether the set keeps its test images elsewhere, where nothing here looks
    tested: bool
    fingerprint: str
    #: number -> name of an image, for messages, and its file's bytes
    encoded: Callable[[int], tuple[str, bytes]]

    @property
    def test_images(self) -> int:
        """Images to set aside for a last look: a fifth, where the set has no split of its own to be judged on."""
        return 0 if self.apart or self.tested else len(self.labels) // 5


@lru_cache(maxsize=4)
def folder_index(path: str, apart: str = "val") -> ImageIndex:
    """The index of `path`/train/CLASS/*.jpeg and, if there is one, `path`/val/CLASS; raises ValueError in words.

    A last look names `test` as the split that stands apart.
    Classes are the folders' names in alphabetical order, and numbered so.
    """
    root = Path(path)
    if not root.is_dir():
        raise ValueError(f"there is no folder {path}")
    try:
        classes = _folders(root / "train") if (root / "train").is_dir() else []
        if not classes:
            raise ValueError(
                f"{path} has no classes: images belong in train/CLASS/, and in val/CLASS/ if that is given"
            )
        strange = sorted(set(_folders(root / apart)) - set(classes)) if (root / apart).is_dir() else []
        if strange:
            raise ValueError(f"{root / apart / strange[0]} is no class of {root / 'train'}")
        split = {name: [_files(root, name, one) for one in classes] for name in (apart, "train")}
    except OSError as error:
        raise ValueError(f"{error.filename or path} cannot be read: {error.strerror}") from None
    empty = [name for name, files in zip(classes, split["train"], strict=True) if not files]
    if empty:
        raise ValueError(f"{root / 'train' / empty[0]} holds no image ({', '.join(SUFFIXES)})")
    counts = [len(files) for name in (apart, "train") for files in split[name]]
    labels = np.repeat(np.tile(np.arange(len(classes)), 2), counts).astype(np.int64)
    files = [file for name in (apart, "train") for one in split[name] for file in one]
    sizes = [(root / file).stat().st_size for file in files]

    def encoded(number: int) -> tuple[str, bytes]:
        return str(root / files[number]), (root / files[number]).read_bytes()

    first, tested = sum(counts[: len(classes)]), (root / "test").is_dir()
    fingerprint = index_fingerprint(f"{first} {tested}", files, sizes, encoded)
    return ImageIndex(tuple(classes), labels, first, tested, fingerprint, encoded)


def index_fingerprint(
    splits: str, names: Iterable[str], sizes: Sequence[int], encoded: Callable[[int], tuple[str, bytes]]
) -> str:
    """sha256 of splits, names (what decides the labels) and sizes in bytes, and of contents where that is cheap.

    To read every image of a large set whenever a space is planned would cost minutes; names and sizes are read in
    seconds, and a file that is changed to another of the same size is not noticed there.
    """
    digest = hashlib.sha256(splits.encode())
    contents = sum(sizes) <= CHEAP
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        digest.update(f"{name}\0{size}\0".encode("utf-8", "surrogateescape"))
        if contents:
            digest.update(hashlib.sha256(encoded(number)[1]).digest())
    return digest.hexdigest()


def _folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))


def _files(root: Path, split: str, name: str) -> list[str]:
    """Images of a class, at any depth, as paths from the root with '/' in alphabetical order."""
    return sorted(
        Path(folder, file).relative_to(root).as_posix()
        for folder, _, files in os.walk(root / split / name, followlinks=True)
        for file in files
        if file.lower().endswith(SUFFIXES) and not file.startswith(".")
    )
