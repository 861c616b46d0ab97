"""The batches of an epoch: shuffled, augmented and normalised, many of them at once."""

from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from sweep.proxy.augment import color, draw, move
from sweep.proxy.data import Split
from sweep.proxy.tasks import composed, composite_labels, drawn_images
from sweep.space import Proxy

#: Numbers in the images that are made ready at a time: 16 MiB of floats.
READY = 1 << 22


def stretches(count: int, each: int) -> list[slice]:
    """The numbers up to `count`, `each` at a time."""
    return [slice(first, min(first + each, count)) for first in range(0, count, each)]


def batches(
    data: Split, proxy: Proxy, epoch: Sequence[slice], generators: tuple[Generator, Generator], first: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The training images and labels of an epoch, batch by batch from number `first` on.

    The order of the images, or which of them lie over one another, is drawn from the first generator and their
    augmentation from the second, for the whole epoch at once: neither depends on where it begins, nor on how many
    batches are made ready at a time.
    """
    channels, size, count = data.train.shape[1], data.size, len(data.train)
    order = drawn_images(count, proxy.task, generators[0])
    each = order.shape[1]
    aspects = None if data.aspects is None else data.aspects[order.flatten()]
    drawn = draw(proxy.augment, count * each, size, generators[1], aspects)
    at_a_time = max(1, READY // (proxy.batch_size * each * channels * size * size))
    left = epoch[first:]
    for block in stretches(len(left), at_a_time):
        mine = left[block]
        whole = slice(mine[0].start, mine[-1].stop)
        at, random = order[whole], drawn[whole.start * each : whole.stop * each]
        pixels = color(data.train[at.flatten()].float(), proxy.augment, random, data.white, size)
        if proxy.task is None:
            images, labels = move(data.normalised(pixels), proxy.augment, random), data.train_labels[at[:, 0]]
        else:
            # moved as pixels: what moves in is black, and hides nothing of the other image
            moved = move(pixels, proxy.augment, random).unflatten(0, at.shape)
            images = composed(moved, proxy.task, data)
            labels = composite_labels(data.train_labels[at], proxy.task, proxy.dataset.facts.classes)
        for batch in mine:
            where = slice(batch.start - whole.start, batch.stop - whole.start)
            yield images[where], labels[where]
