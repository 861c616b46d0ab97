"""Images of a data set, split once and for all: in memory, or on disk where they are too many."""

import functools
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from sweep.proxy.errors import DataError
from sweep.proxy.files import cache, read
from sweep.proxy.mapped import mapped
from sweep.proxy.own_images import Images, aspects, checked_index, decoded
from sweep.space import DATASETS, DatasetFacts
from sweep.space.schema import Dataset

#: Images that are resized at a time.
BLOCK = 1024
#: Whole images are held so many times as large as what a network sees, so that crops of over
#: half of their area are as sharp.
WHOLE = 4 / 3
#: Bytes of images that a process holds in memory; more of them lie on disk, shared by the processes of a machine.
IN_MEMORY = 1 << 30


@dataclass(frozen=True)
class Split:
    """Images (n, channels, size, size) and labels (n,): bytes, or floats where the images had to be resized.

    mean, deviation: of each channel over the training images (channels, 1, 1).
    white: the largest value there is.
    aspects: width over height of each training image before all of it was squeezed into a square (n,), or None where
        training images are as networks see them. On the CPU, where crops are drawn, so that this waits for no device.
    """

    train: Tensor
    train_labels: Tensor
    validation: Tensor
    validation_labels: Tensor
    mean: Tensor
    deviation: Tensor
    white: float
    aspects: Tensor | None = None

    @property
    def size(self) -> int:
        """Side of the images that a network sees, in pixels."""
        return self.validation.shape[3]

    @property
    def device(self) -> torch.device:
        """The device that batches are made on; images that are too many for it lie elsewhere."""
        return self.mean.device

    @property
    def bytes(self) -> int:
        """Bytes of the images."""
        return self.train.nbytes + self.validation.nbytes

    def on(self, device: torch.device, images: bool = True) -> "Split":
        """The same on a device; without `images` what belongs to them alone, and they stay where they are."""
        small = ("train_labels", "validation_labels", "mean", "deviation")
        names = (*small, "train", "validation") if images else small
        moved = {name: getattr(self, name).to(device) for name in names if getattr(self, name) is not None}
        return replace(self, **moved)

    def taken(self, images: Tensor, at: Tensor | slice) -> Tensor:
        """Some of the images, on the device that batches are made on."""
        where = at if isinstance(at, slice) else at.to(images.device)
        return images[where].to(self.device)

    def normalised(self, pixels: Tensor) -> Tensor:
        """Pixels with mean 0 and deviation 1 over the training images, channel by channel, as floats."""
        return (pixels - self.mean) / self.deviation


@functools.lru_cache(maxsize=4)
def load(dataset: Dataset, image_size: int, draw: int | None = None) -> Split:
    """The training and validation images of a data set, `image_size` pixels a side.

    Which images are in which split follows from the data set alone, never from a seed: classes in turn, each in an
    order drawn from the data set's fingerprint. More training images leave the validation images as they are. An
    official test split is not opened; where there is none, the first images of that order are set aside in its place.
    With `subset: by seed` training images are drawn from all that validation leaves, by the fingerprint and `draw`, the
    seed; that is `Dataset.draw`.
    Raises DataError if the images are missing, or not those that runs are keyed on.
    """
    if dataset.subset is None:
        return _load(dataset, image_size)
    if draw is None:
        raise ValueError("each seed has training images of its own: load needs the seed")
    all_images = load(dataset.whole, image_size)
    at = subset_of(all_images, dataset, draw)
    images = all_images.train[at]
    moments = _moments(images, len(images))
    mean, deviation = (torch.tensor(moments[name])[:, None, None] for name in ("mean", "deviation"))
    aspects = None if all_images.aspects is None else all_images.aspects[at]
    return replace(
        all_images,
        train=images,
        train_labels=all_images.train_labels[at],
        mean=mean,
        deviation=deviation,
        aspects=aspects,
    )


def _load(dataset: Dataset, image_size: int) -> Split:
    if dataset.fit is not None:
        return _load_whole(dataset, image_size)
    images, labels, moments = _chosen(dataset)
    train = dataset.counts()[0]
    if moments and images.shape[2:] != (image_size, image_size):
        raise DataError(
            f"the images of {dataset.path} are too many to be resized in memory: give the data set the network's "
            f"image_size, {image_size}"
        )
    x = sized(images, image_size)
    y = torch.from_numpy(labels)
    moments = moments or _moments(x, train)
    mean, deviation = (torch.tensor(moments[name])[:, None, None] for name in ("mean", "deviation"))
    return Split(x[:train], y[:train], x[train:], y[train:], mean, deviation, moments["white"][0])


def _load_whole(dataset: Dataset, image_size: int) -> Split:
    """The same, with training images whole, to be cropped, and validation images as the official code judges them."""
    index = checked_index(dataset)
    facts, numbers = dataset.facts, places(index.labels, dataset)
    side = math.ceil(WHOLE * facts.image_size)

    def facts_of(images: NDArray[np.uint8]) -> dict[str, list[float]]:
        return {**_moments(torch.from_numpy(images), len(images)), "aspects": aspects(dataset, index, numbers[0])}

    train_images, facts_of_images = _held(dataset, numbers[0], decoded(dataset, index, "whole", side), side, facts_of)
    judged, _ = _held(dataset, numbers[1], decoded(dataset, index), facts.image_size, lambda images: {})
    x, y = torch.from_numpy(train_images), sized(judged, image_size)
    mean, deviation = (torch.tensor(facts_of_images[name])[:, None, None] for name in ("mean", "deviation"))
    white = max(facts_of_images["white"][0], float(y.max()))
    train_labels, validation_labels = (torch.from_numpy(index.labels[at]) for at in numbers)
    return Split(
        x, train_labels, y, validation_labels, mean, deviation, white, torch.tensor(facts_of_images["aspects"])
    )


def _held(
    dataset: Dataset,
    at: NDArray[np.int64],
    images: Images,
    side: int,
    facts: Callable[[NDArray[np.uint8]], dict[str, list[float]]],
) -> tuple[NDArray[np.uint8], dict[str, list[float]]]:
    """Images of some numbers in memory, or on disk where they are too many, and what `facts` says of them."""
    shape = dataset.facts.channels, side, side
    if len(at) * math.prod(shape) > IN_MEMORY:
        return mapped(_on_disk(dataset, f"{dataset.fit} {shape} of {len(at)}"), at, shape, images, facts)
    pixels = images(at)
    return pixels, facts(pixels)


def sized(images: NDArray[np.uint8], image_size: int) -> Tensor:
    """Images (n, channels, size, size), `image_size` pixels a side: the bytes as they are, or floats if resized."""
    x = torch.from_numpy(images)
    if x.shape[2:] == (image_size, image_size):
        return x
    x = torch.empty((*images.shape[:2], image_size, image_size))
    # a block at a time: floats of every image before they are resized would be as much memory again
    for block in range(0, len(x), BLOCK):
        part = torch.from_numpy(images[block : block + BLOCK]).float()
        x[block : block + BLOCK] = F.interpolate(part, size=x.shape[2:], mode="bilinear", antialias=True)
    return x


def _moments(images: Tensor, train: int) -> dict[str, list[float]]:
    """Mean and deviation of each channel over the first `train` images, and the largest value of all."""
    x = images[:train]
    pixels = x.shape[0] * x.shape[2] * x.shape[3]
    blocks = x.split(BLOCK)
    # of doubles, a block at a time: sums of so many floats would be wrong in the fourth digit
    mean = torch.stack([block.double().sum((0, 2, 3)) for block in blocks]).sum(0)[:, None, None] / pixels
    squares = torch.stack([(block.double() - mean).square().sum((0, 2, 3)) for block in blocks]).sum(0)
    deviation = (squares / max(1, pixels - 1)).sqrt()[:, None, None]
    # a channel that is the same everywhere says nothing, and must not be divided by zero
    deviation = torch.where(deviation > 0, deviation, 1)
    white = max(float(block.max()) for block in images.split(BLOCK))
    return {"mean": mean.flatten().tolist(), "deviation": deviation.flatten().tolist(), "white": [white]}


@functools.lru_cache(maxsize=1)
def _chosen(dataset: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64], dict[str, list[float]]]:
    """Images and labels of the training split, and then of the validation split; of many, also their moments."""
    labels, images = _source(dataset)
    numbers = places(labels, dataset)
    at, facts = np.concatenate(numbers), dataset.facts
    shape = facts.channels, facts.image_size, facts.image_size
    if not dataset.of_the_user or len(at) * math.prod(shape) <= IN_MEMORY:
        return images(at), labels[at], {}
    path = _on_disk(dataset, f"{shape}")
    pixels, moments = mapped(
        path, at, shape, images, lambda pixels_made: _moments(torch.from_numpy(pixels_made), len(numbers[0]))
    )
    return pixels, labels[at], moments


def _on_disk(dataset: Dataset, shape: str) -> Path:
    """Where images of a set lie when they are too many for memory."""
    # another decoder, other pixels
    key_text = f"{dataset.facts.fingerprint} {shape} {dataset.counts()} {version('pillow')}"
    return cache("images") / f"{hashlib.sha256(key_text.encode()).hexdigest()[:32]}.bytes"


def places(
    labels: NDArray[np.int64], dataset: Dataset, everything: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the training images and of the validation images; with `everything`, of all that could be either."""
    facts = dataset.facts
    train, validation = dataset.counts()
    if facts.apart:
        own, others = _balanced(labels[: facts.apart], facts), facts.apart + _balanced(labels[facts.apart :], facts)
        return (others, own) if everything else (others[len(others) - train :], own[:validation])
    order = _balanced(labels, facts)
    # what is set aside comes first, validation next, and training images are taken from the end
    pool = order[len(order) - facts.pool :]
    return (pool, pool[:0]) if everything else (pool[len(pool) - train :], pool[:validation])


def fingerprint(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    """sha256 of images and labels."""
    return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()


def set_aside(dataset: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels that were set aside for a last look, of a set without a test split; raises DataError."""
    labels, images = _source(dataset)
    facts = dataset.facts
    at = _balanced(labels, facts)[: len(labels) - facts.pool]
    return images(at), labels[at]


def _source(dataset: Dataset) -> tuple[NDArray[np.int64], Images]:
    """Labels of all images, and what gives the images (n, channels, size, size) of some numbers, as bytes."""
    if not dataset.facts.readable:
        raise DataError(f"the images of {dataset.name} cannot be read by this version: it can be planned for, not run")
    if dataset.of_the_user:
        index = checked_index(dataset)
        return index.labels, decoded(dataset, index)
    images, labels = _digits() if dataset.name == "digits" else read(dataset)
    return labels, lambda at: images[at]


def _digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    # scikit-learn takes a second to import, of which every worker would pay one for a file of 57 KB
    package = find_spec("sklearn")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0]) / "datasets/data/digits.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    images, labels = table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1].astype(np.int64)
    digest = fingerprint(images, labels)
    if digest != DATASETS["digits"].fingerprint:
        raise DataError(f"the images of digits are not those that this version knows ({digest[:12]})")
    return images, labels


def subset_of(all_images: Split, dataset: Dataset, draw: int) -> Tensor:
    """Numbers of the training images that a seed draws from those of the whole set."""
    labels = all_images.train_labels.cpu().numpy()
    return torch.from_numpy(drawn_by(draw, labels, dataset.facts)[: dataset.counts()[0]])


def drawn_by(seed: int, labels: NDArray[np.int64], facts: DatasetFacts) -> NDArray[np.int64]:
    """An order of images that a seed draws, in which every stretch holds the classes in equal shares."""
    return _in_turn(labels, np.random.default_rng([int(facts.fingerprint[:16], 16), seed]))


def _balanced(labels: NDArray[np.int64], facts: DatasetFacts) -> NDArray[np.int64]:
    """An order of the images in which every stretch holds the classes in equal shares, as far as they go."""
    return _in_turn(labels, np.random.default_rng(int(facts.fingerprint[:16], 16)))


def _in_turn(labels: NDArray[np.int64], draw: np.random.Generator) -> NDArray[np.int64]:
    within = np.empty(len(labels))
    for label in np.unique(labels):
        at = draw.permutation(np.flatnonzero(labels == label))
        within[at] = (np.arange(len(at)) + draw.random()) / len(at)
    return np.argsort(within, kind="stable")
