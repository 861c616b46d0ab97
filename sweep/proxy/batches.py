"""The batches of an epoch: shuffled, augmented and normalised, many of them at once."""

from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from sweep.proxy.augment import Drawn, color, draw, move
from sweep.proxy.data import Split
from sweep.proxy.platform import CPU, Platform
from sweep.proxy.tasks import class_counts, composed, composite_labels, drawn_images
from sweep.space import Proxy

#: Numbers in the images that are made ready at a time: 16 MiB of floats.
READY = 1 << 22


def stretches(count: int, each: int) -> list[slice]:
    """The numbers up to `count`, `each` at a time."""
    return [slice(first, min(first + each, count)) for first in range(0, count, each)]


def batches(
    data: Split,
    proxy: Proxy,
    epoch: Sequence[slice],
    generators: tuple[Generator, Generator],
    first: int,
    platform: Platform = CPU,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The training images and labels of an epoch, batch by batch from number `first` on.

    The order of the images, or which of them lie over one another, is drawn from the first generator and their
    augmentation from the second, for the whole epoch at once: neither depends on where it begins, nor on how many
    batches are made ready at a time. Both are drawn on the CPU, whatever the platform.
    """
    channels, size = data.train.shape[1], data.size
    order, drawn = drawn_epoch(data, proxy, generators)
    order, drawn = order.to(data.device), drawn.to(data.device)
    per_composite, classes = order.shape[1], proxy.dataset.facts.classes
    counts = class_counts(proxy.task, classes, data.device)
    at_a_time = max(1, READY // (proxy.batch_size * per_composite * channels * size * size))
    remaining = epoch[first:]
    for block in stretches(len(remaining), at_a_time):
        slices = remaining[block]
        span = slice(slices[0].start, slices[-1].stop)
        with platform.step():
            at, random = order[span], drawn[span.start * per_composite : span.stop * per_composite]
            images, labels = made(data, proxy, at, random, counts)
        for batch in slices:
            where = slice(batch.start - span.start, batch.stop - span.start)
            yield images[where], labels[where]


def drawn_epoch(data: Split, proxy: Proxy, generators: tuple[Generator, Generator]) -> tuple[Tensor, Drawn]:
    """The random numbers of an epoch, on the CPU: the images (count, images of a sample), and their augmentation."""
    order = drawn_images(len(data.train), proxy.task, generators[0])
    aspects = None if data.aspects is None else data.aspects[order.flatten()]
    return order, draw(proxy.augment, order.numel(), data.size, generators[1], aspects)


def made(data: Split, proxy: Proxy, at: Tensor, random: Drawn, counts: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Images (B, C, H, W), augmented and normalised, and labels (B,) of training images at (B, images of a sample)."""
    pixels = color(data.taken(data.train, at.flatten()).float(), proxy.augment, random, data.white, data.size)
    if proxy.task is None:
        return move(data.normalised(pixels), proxy.augment, random), data.train_labels[at[:, 0]]
    # moved as pixels: what moves in is black, and hides nothing of the other image
    moved = move(pixels, proxy.augment, random).unflatten(0, at.shape)
    labels = composite_labels(data.train_labels[at], proxy.task, proxy.dataset.facts.classes, counts)
    return composed(moved, proxy.task, data), labels
