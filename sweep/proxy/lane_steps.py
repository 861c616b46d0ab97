"""A training step of several runs at once, and judging them: all on the device, nothing of it waits for the host."""

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from sweep.networks.lanes import LaneNetwork
from sweep.proxy.augment import Drawn
from sweep.proxy.batches import made
from sweep.proxy.data import Split
from sweep.proxy.lane_optimizer import LaneOptimizer
from sweep.proxy.tasks import Shown, class_counts
from sweep.space import Proxy


class LaneSteps:
    """Steps of all lanes: each takes its own images in its own order, augmented in its own way.

    Args:
        network: the lanes.
        recipes: one for each lane; they differ in what `LaneOptimizer` allows and in label smoothing.
        data: the images, on the device.
        steps: training steps in all.
        parts: what each lane trains on, if that is a part of the images: so many of them, with a mean and a deviation.
    """

    def __init__(
        self,
        network: LaneNetwork,
        recipes: Sequence[Proxy],
        data: Split,
        steps: int,
        parts: Sequence[Split] | None = None,
    ) -> None:
        self.network, self.optimizer = network, LaneOptimizer(network, recipes, steps)
        self._proxy, self._data = recipes[0], data
        task, device, dtype = self._proxy.task, data.device, network.flat.dtype
        images, count = len(data.train if parts is None else parts[0].train), network.count
        #: mean and deviation (L, channels, 1, 1) of what each lane trains on, if they differ
        self.moments = None if parts is None else moments_of(parts, device)
        each = 1 if task is None else task.images
        self._counts = class_counts(task, self._proxy.dataset.facts.classes, device)
        self._smoothing = torch.tensor([proxy.label_smoothing for proxy in recipes], dtype=dtype).to(device)
        self._smooth = any(proxy.label_smoothing for proxy in recipes)
        #: the images of the epoch in their order (L, n, images of a sample), and their augmentation (L, n, ...)
        self._order = torch.zeros(count, images, each, dtype=torch.long, device=device)
        self._random: dict[str, Tensor] = {}
        self._offsets = torch.arange(self._proxy.batch_size, device=device)
        #: the first image of the next step, and the sum of the losses (L,) of the epoch
        self._first = torch.zeros(1, dtype=torch.long, device=device)
        self.total = torch.zeros(count, dtype=dtype, device=device)

    @torch.no_grad()
    def begin_epoch(self, drawn: Sequence[tuple[Tensor, Drawn]]) -> None:
        """Take what was drawn for an epoch, for each lane, and begin at the first image.

        Into the same memory each time, since a captured step reads it there.
        """
        count, images, each = self._order.shape
        self._order.copy_(torch.stack([order for order, _ in drawn]))
        for name in drawn[0][1].values:
            values = torch.stack([random.values[name] for _, random in drawn])
            values = values.view(count, images, each, *values.shape[2:])
            if name not in self._random:
                self._random[name] = torch.empty_like(values, device=self._order.device)
            self._random[name].copy_(values)
        self.go_to(0)

    def go_to(self, image: int) -> None:
        """Take the next step from an image of the epoch on."""
        self._first.fill_(image)

    def __call__(self, size: int) -> None:
        """A step on the next `size` images of each lane."""
        network, at = self.network, self._first + self._offsets[:size]
        with torch.no_grad():
            numbers = self._order.index_select(1, at).flatten(0, 1)
            random = Drawn({name: values.index_select(1, at).flatten(0, 2) for name, values in self._random.items()})
            images, labels = made(self._of_each(size), self._proxy, numbers, random, self._counts)
            lanes = images.to(network.flat.dtype).unflatten(0, (network.count, size)).transpose(1, 2)
            labels = labels.view(network.count, size)
        logits = network(lanes).to(network.flat.dtype)
        losses = cross_entropy(logits, labels)
        if self._smooth:
            even = -F.log_softmax(logits, 2).mean(2)
            losses = losses + self._smoothing[:, None] * (even - losses)
        each = losses.mean(1)
        gradients = network.gradients(each.sum())
        self.optimizer.step(gradients, each.detach())
        self.total += each.detach()
        self._first += size

    def _of_each(self, size: int) -> Split:
        """The images, with what each of `size` images of every lane is normalised by."""
        if self.moments is None:
            return self._data
        mean, deviation = (each.repeat_interleave(size, 0) for each in self.moments)
        return replace(self._data, mean=mean, deviation=deviation)

    def tensors(self) -> list[Tensor]:
        """All that a step changes."""
        return [
            self.network.flat,
            *self.network.statistics.values(),
            *self.optimizer.tensors(),
            self._first,
            self.total,
        ]


def moments_of(parts: Sequence[Split], device: torch.device) -> tuple[Tensor, Tensor]:
    """Means and deviations (L, channels, 1, 1) of what lanes train on."""
    each = [torch.stack(values) for values in zip(*((part.mean, part.deviation) for part in parts), strict=True)]
    return each[0].to(device), each[1].to(device)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Of each lane and image: logits (L, B, classes), labels (L, B) -> (L, B)."""
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)


class LaneJudge:
    """Counts the wrong answers of every lane to the validation images, a batch at a time."""

    def __init__(
        self, network: LaneNetwork, data: Split, proxy: Proxy, moments: tuple[Tensor, Tensor] | None = None
    ) -> None:
        self._network = network
        if moments is not None:
            # (L, 1, channels, 1, 1): what is shown to each lane is normalised as what it was trained on
            data = replace(data, mean=moments[0][:, None], deviation=moments[1][:, None])
        self.shown = Shown(data.validation, data.validation_labels, data, proxy)
        self.wrong = torch.zeros(network.count, dtype=torch.long, device=data.device)
        self.loss = torch.zeros(network.count, dtype=torch.float64, device=data.device)
        self.finite = torch.ones(network.count, dtype=torch.bool, device=data.device)

    @torch.no_grad()
    def __call__(self, batch: slice) -> None:
        """Judge all lanes on some of the images."""
        network = self._network
        images = self.shown[batch].to(network.flat.dtype)
        of_lanes = images if images.ndim == 5 else images.expand(network.count, *images.shape)
        logits = network(of_lanes.transpose(1, 2)).to(network.flat.dtype)
        labels = self.shown.labels[batch].expand(network.count, -1)
        self.wrong += (logits.argmax(2) != labels).sum(1)
        # in doubles: the difference of two finite floats may be no finite float
        self.loss += cross_entropy(logits.double(), labels).sum(1)
        self.finite &= logits.isfinite().flatten(1).all(1)
