"""The files of official data sets: where they are looked for, and their images once the checksums are right."""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.proxy.cifar import parse_batch, parse_records
from sweep.proxy.errors import DataError
from sweep.proxy.idx import parse_idx, unpacked
from sweep.space import DATASETS
from sweep.space.official import OFFICIAL
from sweep.space.schema import Dataset

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class Found:
    """Where the training or the test images of a data set lie: a folder, or an archive."""

    place: Path
    #: name of each file -> where it lies; of an archive, nothing
    files: Mapping[str, Path]


def cache(name: str) -> Path:
    """Where downloads of a data set are kept; raises DataError where there is no home directory to keep them in."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # a relative one would be another folder for every worker; the XDG specification has it ignored
    if cache_home.is_absolute():
        return cache_home / "wn-sweep" / name
    try:
        return Path.home() / ".cache" / "wn-sweep" / name
    except RuntimeError:
        raise DataError("there is no home directory; XDG_CACHE_HOME can name a folder for images") from None


def find(dataset: Dataset, test: bool = False) -> Found:
    """Where the files of an official data set lie: at its path, else in the cache, else where Debian puts them.

    Of its training images, or of its test images. Raises DataError that says how to get them.
    """
    official = OFFICIAL[dataset.name]
    files = official.test_files if test else official.files
    if dataset.path:
        places = [Path(dataset.path)]
    else:
        places = [cache(dataset.name), *([Path(official.debian[0])] if official.debian else [])]
    for place in places:
        if location := _at(place, dataset.name, files):
            return location
    forms = " and ".join(f"{name}[.gz]" for name in files)
    if official.archives:
        forms = f"{' or '.join(official.archives)}, or of the folder that the first of them holds"
    images = "test images" if test else "images"
    if dataset.path:
        raise DataError(f"{dataset.path} does not hold the {images} of {dataset.name}: needs {forms}")
    package = f"`apt-get install {official.debian[1]}` installs them, " if official.debian else ""
    raise DataError(
        f"the {images} of {dataset.name} are not on this machine: {package}`wn-sweep data {dataset.name} --download` "
        f"downloads them ({official.size}) to {cache(dataset.name)}, or path: names a folder of {forms}"
    )


def lacking(dataset: Dataset) -> str:
    """How to get the files of a data set that are not here; '' if there is nothing to get."""
    try:
        if dataset.name in OFFICIAL:
            find(dataset)
    except DataError as error:
        return str(error)
    return ""


def read(dataset: Dataset, test: bool = False) -> Arrays:
    """Images (n, channels, size, size) and labels (n,) of an official data set's training files, or its test files.

    Raises DataError if they are missing, damaged, or not the official ones.
    """
    location, facts, official = find(dataset, test), DATASETS[dataset.name], OFFICIAL[dataset.name]
    checksums = official.test_files if test else official.files
    batches = [*(_idx if "mnist" in dataset.name else _cifar)(dataset.name, location, checksums)]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    expected = (facts.test_images if test else facts.pool, facts.channels, facts.image_size, facts.image_size)
    if images.shape != expected or labels.shape != expected[:1]:
        raise DataError(f"{location.place}: images {images.shape} and labels {labels.shape}, not {expected}")
    if not 0 <= labels.min() <= labels.max() < facts.classes:
        raise DataError(f"{location.place}: labels from {labels.min()} to {labels.max()}, of {facts.classes} classes")
    return images, labels


def _at(place: Path, name: str, names: Mapping[str, str]) -> Found | None:
    official = OFFICIAL[name]
    for archive in official.archives:
        for path in (place, place / archive):
            if path.name == archive and path.is_file():
                return Found(path, {})
    inner = {archive: place / folder for archive, folder in _FOLDERS.items() if archive in official.archives}
    for folder in (place, *inner.values()):
        files = {}
        for file in names:
            forms = [folder / file, *([] if official.archives else [folder / f"{file}.gz"])]
            if path_found := next((path for path in forms if path.is_file()), None):
                files[file] = path_found
        if len(files) == len(names):
            return Found(folder, files)
    return None


#: The folder that an archive holds.
_FOLDERS = {
    "cifar-10-python.tar.gz": "cifar-10-batches-py",
    "cifar-10-binary.tar.gz": "cifar-10-batches-bin",
    "cifar-100-python.tar.gz": "cifar-100-python",
    "cifar-100-binary.tar.gz": "cifar-100-binary",
}


def _idx(name: str, location: Found, checksums: Mapping[str, str]) -> Iterator[Arrays]:
    parsed = []
    for file, path in location.files.items():
        content = unpacked(_content(path), str(path))
        parsed.append(parse_idx(content, str(path)))
        _insist(content, checksums[file], path)
    images, labels = parsed
    yield images[:, None], labels.astype(np.int64)


def _cifar(name: str, location: Found, checksums: Mapping[str, str]) -> Iterator[Arrays]:
    for file, path in location.files.items():
        content = _content(path)
        _insist(content, checksums[file], path)
        yield parse_batch(content, str(path))
    if location.files:
        return
    archive_bytes = _content(location.place)
    _insist(archive_bytes, OFFICIAL[name].archives[location.place.name], location.place)
    binary = "binary" in location.place.name
    with tarfile.open(location.place) as archive:
        for file in checksums:
            member = f"{_FOLDERS[location.place.name]}/{file}{'.bin' if binary else ''}"
            reader = archive.extractfile(member)
            content = reader.read() if reader else b""
            where = f"{location.place}/{member}"
            # a record of CIFAR-100 has a coarse label first
            yield parse_records(content, where, 1 + (name == "cifar100")) if binary else parse_batch(content, where)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _insist(content: bytes, checksum: str, path: Path) -> None:
    """Raise DataError if a file does not hold what was published."""
    kind = "md5" if len(checksum) == 32 else "sha256"
    digest = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
    if digest != checksum:
        raise DataError(f"{path} is not the official file: damaged, cut short or another ({kind} {digest[:12]}...)")
