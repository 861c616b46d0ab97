"""Small data sets in the formats of the large ones, made by the tests without the code under test."""

import gzip
import hashlib
import io
import pickle
import struct
from dataclasses import replace

import numpy as np
from PIL import Image

from sweep.space import DATASETS
from sweep.space.datasets.registry import CHOICE
from sweep.space.official import OFFICIAL, Official

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def drawn(count, shape, classes=10, seed=0):
    """Images and labels of which each class has as many."""
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, *shape), dtype=np.uint8), np.arange(count) % classes


def make_idx(folder, monkeypatch, name="mnist", count=200, zipped=False):
    """An MNIST of `count` images whose checksums are taken for the official ones."""
    images, labels = drawn(count, (28, 28))
    contents = {IMAGES: idx(images), LABELS: idx(labels.astype(np.uint8))}
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        path = folder / (f"{file}.gz" if zipped else file)
        path.write_bytes(gzip.compress(content) if zipped else content)
    pretend(monkeypatch, name, count, {file: sha256(content) for file, content in contents.items()})
    return images, labels


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def make_test_idx(folder, monkeypatch, name="mnist"):
    """Ten test images beside those of `make_idx`."""
    images, labels = drawn(10, (28, 28), seed=1)
    contents = {TEST_IMAGES: idx(images), TEST_LABELS: idx(labels.astype(np.uint8))}
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    sums = {file: sha256(content) for file, content in contents.items()}
    monkeypatch.setitem(OFFICIAL, name, replace(OFFICIAL[name], test_files=sums))
    return images, labels


def pretend(monkeypatch, name, count, files, archives=None, downloads=None, test_files=None):
    """Take other files for those of an official data set."""
    official = Official(files, downloads or {}, "1 kB", archives or {}, None, test_files or {})
    monkeypatch.setitem(OFFICIAL, name, official)
    facts = replace(
        DATASETS[name],
        images=count + 10,
        test_images=10,
        validation_images=count // 5,
        fingerprint=official.fingerprint,
    )
    monkeypatch.setitem(DATASETS, name, facts)
    monkeypatch.setitem(CHOICE.members[name].facts_by_name, name, facts)


class Python2(pickle._Pickler):
    """Pickles as Python 2 did, which had no bytes: strings of letters and of bytes are one thing."""

    dispatch = dict(pickle._Pickler.dispatch)

    def string(self, value):
        data = value if isinstance(value, bytes) else value.encode()
        self.write(b"T" + struct.pack("<i", len(data)) + data)

    dispatch[str] = dispatch[bytes] = string


def python2(content):
    """Protocol 2 by Python 2, with the names that numpy had then."""
    out = io.BytesIO()
    Python2(out, 2).dump(content)
    return out.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def batch(images, labels, key="labels"):
    """A Python batch of CIFAR as it was published."""
    labels = [int(label) for label in labels]
    return python2({"batch_label": "a batch", "data": images.reshape(len(images), -1), key: labels})


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def make_folder(root, classes=("cat", "dog"), train=10, val=0, size=8):
    """ImageNet's layout, in which the first pixel's red says the class and its green the number."""
    for split, count in (("train", train), ("val", val)):
        for number, name in enumerate(classes):
            for one in range(count):
                pixels = np.full((size, size, 3), 100 + (split == "val"), np.uint8)
                pixels[..., 0], pixels[..., 1] = number, one
                save(root / split / name / f"{one:03}.png", pixels)
