"""Images that lie one by one, by number, with their labels; and the index of a folder of them."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.space.regular import read_regular, require_regular

#: Suffixes of image files; other files in a folder are ignored.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
#: Names of the folder of a validation split.
VALIDATION = ("val", "validation", "valid")
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
    #: whether the fingerprint is of contents as well
    contents: bool = True

    @property
    def test_images(self) -> int:
        """Images to set aside for a last look: a fifth, where the set has no split of its own to be judged on."""
        return 0 if self.apart or self.tested else len(self.labels) // 5


@lru_cache(maxsize=4)
def folder_index(path: str, apart: str = "val") -> ImageIndex:
    """The index of `path`/train/CLASS/*.jpeg and, if there is one, `path`/val/CLASS; raises ValueError in words.

    The validation split may be called val, validation or valid. A last look names `test` as the split that stands
    apart. Classes are the folders' names in alphabetical order, and numbered so. Hidden files and folders are skipped.
    """
    root = Path(path)
    if not root.is_dir():
        raise ValueError(f"there is no folder {path}")
    try:
        return _folder_index(root, _validation_folder(root) if apart == "val" else apart, apart)
    except OSError as error:
        raise ValueError(f"{error.filename or path} cannot be read: {error.strerror}") from None


def _folder_index(root: Path, folder: str, apart: str) -> ImageIndex:
    classes = _classes(root / "train")
    if not classes:
        raise ValueError(f"{root} has no classes: images belong in train/CLASS/, and in val/CLASS/ if that is given")
    strange = sorted(set(_classes(root / folder)) - set(classes))
    if strange:
        raise ValueError(f"{root / folder / strange[0]} is no class of {root / 'train'}")
    split = {name: [images_below(root, f"{name}/{label}") for label in classes] for name in (folder, "train")}
    empty = [name for name, files in zip(classes, split["train"], strict=True) if not files]
    if empty:
        raise ValueError(f"{root / 'train' / empty[0]} holds no image ({', '.join(SUFFIXES)})")
    if apart == "val" and not any(split[folder]) and _holds_images(root / folder):
        raise ValueError(f"{root / folder} has images outside of class folders: put them in {folder}/CLASS/")
    counts = [len(files) for name in (folder, "train") for files in split[name]]
    labels = np.repeat(np.tile(np.arange(len(classes)), 2), counts).astype(np.int64)
    entries = [file for name in (folder, "train") for label in split[name] for file in label]
    files, sizes = [name for name, _ in entries], [size for _, size in entries]

    def encoded(number: int) -> tuple[str, bytes]:
        return str(root / files[number]), read_regular(root / files[number])

    first, tested = sum(counts[: len(classes)]), (root / "test").is_dir()
    # the name of the validation folder does not matter
    names = [f"{apart}/{file.partition('/')[2]}" for file in files[:first]] + files[first:]
    fingerprint = index_fingerprint(f"{first} {tested}", names, sizes, encoded)
    return ImageIndex(tuple(classes), labels, first, tested, fingerprint, encoded, contents_hashed(sizes))


def index_fingerprint(
    splits: str, names: Iterable[str], sizes: Sequence[int], encoded: Callable[[int], tuple[str, bytes]]
) -> str:
    """sha256 of splits, names (what decides the labels) and sizes in bytes, and of contents where that is cheap.

    To read every image of a large set whenever a space is planned would cost minutes; names and sizes are read in
    seconds, and a file that is changed to another of the same size is not noticed there.
    """
    digest = hashlib.sha256(splits.encode())
    contents = contents_hashed(sizes)
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        digest.update(f"{name}\0{size}\0".encode("utf-8", "surrogateescape"))
        if contents:
            digest.update(hashlib.sha256(encoded(number)[1]).digest())
    return digest.hexdigest()


def contents_hashed(sizes: Sequence[int]) -> bool:
    """Whether images of these sizes in bytes are few enough to hash their contents."""
    return sum(sizes) <= CHEAP


def images_below(root: Path, folder: str) -> list[tuple[str, int]]:
    """Images of a class at any depth: paths from the root with '/', in alphabetical order, and sizes in bytes.

    Links are followed, but no folder is entered twice, and none that the class lies in. Raises ValueError for a link
    to nothing and for what is no regular file, and OSError.
    """
    top = root / folder
    if not top.is_dir():
        return []
    real = Path(os.path.realpath(top))
    entered = {_identity(above) for above in (*real.parents, *top.parents)}
    if _identity(top) in entered:
        raise ValueError(f"{top} is a link to a folder that it lies in")
    entered.add(_identity(top))
    images: list[tuple[str, int]] = []
    folders = [folder]
    while folders:
        inner = folders.pop()
        deeper = []
        for name, info in _entries(root / inner):
            if stat.S_ISDIR(info.st_mode):
                if (info.st_dev, info.st_ino) not in entered:
                    entered.add((info.st_dev, info.st_ino))
                    deeper.append(f"{inner}/{name}")
            elif name.lower().endswith(SUFFIXES):
                require_regular(info, root / inner / name)
                images.append((f"{inner}/{name}", info.st_size))
        folders += reversed(deeper)
    return sorted(images)


def _entries(folder: Path) -> list[tuple[str, os.stat_result]]:
    """Names in a folder that are not hidden, in alphabetical order, with what they are once links are followed."""
    entries = []
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not path.name.startswith("."):
            try:
                entries.append((path.name, path.stat()))
            except FileNotFoundError:
                if not path.is_symlink():
                    raise
                raise ValueError(f"{path} is a link to {path.readlink()}, which does not exist") from None
    return entries


def _classes(folder: Path) -> list[str]:
    return [name for name, info in _entries(folder) if stat.S_ISDIR(info.st_mode)] if folder.is_dir() else []


def _holds_images(folder: Path) -> bool:
    return folder.is_dir() and any(name.lower().endswith(SUFFIXES) for name, _ in _entries(folder))


def _validation_folder(root: Path) -> str:
    """The name of the folder of the validation split; raises ValueError if there are two."""
    present = [name for name in VALIDATION if (root / name).is_dir()]
    if len(present) > 1:
        raise ValueError(f"{root} has {present[0]}/ and {present[1]}/: only one can be the validation split")
    return present[0] if present else VALIDATION[0]


def _identity(path: Path) -> tuple[int, int]:
    info = path.stat()
    return info.st_dev, info.st_ino
