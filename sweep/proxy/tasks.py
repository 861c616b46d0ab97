"""Composite tasks: several images laid over one another, whose classes have to be told together.

Networks of a small proxy learn single images of a simple set to the noise of its labels, and then differ in nothing.
Pairs of them are a task that they underfit, and there are practically endless pairs.
"""

import hashlib
import math

import numpy as np
import torch
from torch import Generator, Tensor

from sweep.proxy.data import Split
from sweep.space import Proxy
from sweep.space.schema import Task


def drawn_images(count: int, task: Task | None, generator: Generator) -> Tensor:
    """Numbers of the images of an epoch (count, images of a sample): each once, or any for each part of a composite."""
    if task is None:
        return torch.randperm(count, generator=generator)[:, None]
    return torch.randint(count, (count, task.images), generator=generator)


def judged_images(count: int, task: Task, fingerprint: str) -> Tensor:
    """Numbers of the images (task.validation, task.images) in the composites that runs are judged on, of `count`.

    They follow from the set's fingerprint and the number of images in a composite, never from a seed; fewer are the
    first of more, and another mix is of the same images.
    """
    digest = hashlib.sha256(f"composites of {task.images}: {fingerprint}".encode()).digest()
    draws = np.random.default_rng(int.from_bytes(digest[:16]))
    return torch.from_numpy(draws.integers(count, size=(task.validation, task.images)))


def composed(parts: Tensor, task: Task, data: Split) -> Tensor:
    """Composites, normalised as single images are.

    Shapes: (B, images, C, H, W), pixels as floats -> (B, C, H, W).
    """
    if task.mix == "difference":
        return (parts[:, 0] - parts[:, 1]) / data.deviation
    return data.normalised(parts.amax(1) if task.mix == "max" else parts.mean(1))


def class_counts(task: Task | None, classes: int, device: torch.device) -> list[Tensor]:
    """What `composite_labels` looks up, on a device: for each image of a composite a number for each class and none."""
    if task is None or task.ordered:
        return []
    tables = []
    for after in reversed(range(task.images)):
        # how many multisets begin as this one does, and go on with a smaller class
        continued = [math.comb(classes - label + after - 1, after) for label in range(classes)]
        tables.append(torch.tensor([0, *continued]).cumsum(0).to(device))
    return tables


def composite_labels(labels: Tensor, task: Task, classes: int, counts: list[Tensor] | None = None) -> Tensor:
    """Labels (n,) of composites of images with these labels (n, images), in the order that itertools gives them.

    A class is a multiset of classes (`combinations_with_replacement`), or a sequence where order counts (`product`).
    `counts` are those of `class_counts`, where they have been made.
    """
    places = labels.unbind(1)
    if task.ordered:
        number = torch.zeros_like(places[0])
        for place in places:
            number = number * classes + place
        return number
    number, before = torch.zeros_like(places[0]), torch.zeros_like(places[0])
    tables = class_counts(task, classes, labels.device) if counts is None else counts
    for smaller, place in zip(tables, labels.sort(1).values.unbind(1), strict=True):
        number += smaller[place] - smaller[before]
        before = place
    return number


class Shown:
    """What a network is judged on: images of a split as they are, or composites of them.

    Shapes: images (n, C, H, W) and labels (n,).
    """

    def __init__(self, images: Tensor, labels: Tensor, data: Split, proxy: Proxy) -> None:
        self._images, self._data, self._task = images, data, proxy.task
        self._at: Tensor | None = None
        #: the right answers
        self.labels = labels
        if proxy.task is not None:
            facts = proxy.dataset.facts
            self._at = judged_images(len(images), proxy.task, facts.fingerprint).to(data.device)
            self.labels = composite_labels(labels[self._at], proxy.task, facts.classes)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, stretch: slice) -> Tensor:
        """Some of what is shown (B, C, H, W), normalised."""
        if self._task is None or self._at is None:
            return self._data.normalised(self._data.taken(self._images, stretch))
        return composed(self._data.taken(self._images, self._at[stretch]).float(), self._task, self._data)
