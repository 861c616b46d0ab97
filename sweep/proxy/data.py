"""Images of a data set, split once and for all, whole in memory."""

import functools
import hashlib
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from sweep.errors import SweepError
from sweep.space import DATASETS
from sweep.space.schema import Dataset


class DataError(SweepError):
    """Images that are missing, or not those that they should be."""


@dataclass(frozen=True)
class Split:
    """Images (n, channels, size, size), normalised to mean 0 and deviation 1 over the training images; labels (n,)."""

    train: Tensor
    train_labels: Tensor
    validation: Tensor
    validation_labels: Tensor


@functools.lru_cache(maxsize=4)
def load(dataset: Dataset, image_size: int) -> Split:
    """The training and validation images of a data set, `image_size` pixels a side.

    Which images are in which split follows from the data set alone, never from a seed: classes in turn, each in an
    order drawn from the data set's fingerprint. More training images leave the validation images as they are.
    Raises DataError if the images are not those that runs are keyed on.
    """
    if not DATASETS[dataset.name].readable:
        raise DataError(f"the images of {dataset.name} cannot be read by this version: it can be planned for, not run")
    images, labels = _read(dataset.name)
    order = _balanced(labels, DATASETS[dataset.name].fingerprint)
    # the first images are the test split; validation comes next, and training images are taken from the end
    pool = order[DATASETS[dataset.name].test_images :]
    train, validation = dataset.counts()
    at_train, at_validation = pool[len(pool) - train :], pool[:validation]
    x = F.interpolate(torch.from_numpy(images).float(), size=(image_size, image_size), mode="bilinear", antialias=True)
    y = torch.from_numpy(labels)
    mean, deviation = x[at_train].mean(), x[at_train].std()
    x = (x - mean) / deviation
    return Split(x[at_train], y[at_train], x[at_validation], y[at_validation])


def fingerprint(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    """sha256 of images and labels."""
    return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()


def _read(name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (n, channels, size, size) as bytes and labels (n,)."""
    # scikit-learn takes a second to import, and much of what imports this module reads no image
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64)
    found = fingerprint(images, labels)
    if found != DATASETS[name].fingerprint:
        raise DataError(f"the images of {name} are not those that this version knows ({found[:12]})")
    return images, labels


def _balanced(labels: NDArray[np.int64], seed: str) -> NDArray[np.int64]:
    """An order of the images in which every stretch holds the classes in equal shares, as far as they go."""
    draw = np.random.default_rng(int(seed[:16], 16))
    within = np.empty(len(labels))
    for label in np.unique(labels):
        at = draw.permutation(np.flatnonzero(labels == label))
        within[at] = (np.arange(len(at)) + draw.random()) / len(at)
    return np.argsort(within, kind="stable")
