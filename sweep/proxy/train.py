"""One run: a point trained with a recipe from a seed, to its validation error at the last epoch."""

import math
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from sweep.networks import drawn, seeded
from sweep.proxy.augment import augment
from sweep.proxy.data import load
from sweep.space import Point, Proxy

#: Raised whenever the same run would come out differently; part of every run's key.
NUMERICS = 1


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    status: 'done', or 'diverged' if the loss or the network's answers are no finite numbers.
    error: top-1 error in per cent on the validation split at the last epoch; None if diverged.
    losses: mean training loss of each epoch.
    seconds: wall-clock time.
    """

    status: str
    error: float | None
    losses: tuple[float, ...]
    seconds: float


def train(point: Point, proxy: Proxy, seed: int) -> Outcome:
    """Train a resolved point's network and evaluate it once, at the end.

    The seed decides the initial draw, the order of the images and their augmentation, each by a generator of its own,
    so that all points see the same images in the same order. One thread, deterministic algorithms: the same run gives
    the same error to the last bit on the same machine.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    started = time.perf_counter()
    data = load(proxy.dataset, point.image_size or 1)
    facts = proxy.dataset.facts
    network = drawn(point, facts.channels, facts.classes, seed)
    # one each: how much augmentation draws must not change the order of the images
    shuffling, augmenting = seeded(seed, "order of images"), seeded(seed, "augmentation")
    # the last batch may be smaller, but batch norm cannot train on a single image
    batches = [b for b in torch.arange(len(data.train)).split(proxy.batch_size) if len(b) > 1]
    optimizer = _optimizer(network, proxy)
    schedule = _schedule(optimizer, proxy, proxy.epochs * len(batches))
    losses = []
    for _ in range(proxy.epochs):
        order = torch.randperm(len(data.train), generator=shuffling)
        images = augment(data.train[order], proxy.augment, augmenting)
        labels = data.train_labels[order]
        total = torch.zeros(())
        for batch in batches:
            first, last = int(batch[0]), int(batch[-1]) + 1
            logits = network(images[first:last])
            loss = F.cross_entropy(logits, labels[first:last], label_smoothing=proxy.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.detach()
        losses.append(float(total) / len(batches))
        if not math.isfinite(losses[-1]):
            return Outcome("diverged", None, tuple(losses), time.perf_counter() - started)
    error = validate(network, data.validation, data.validation_labels)
    if error is None:
        return Outcome("diverged", None, tuple(losses), time.perf_counter() - started)
    return Outcome("done", error, tuple(losses), time.perf_counter() - started)


def validate(network: nn.Module, images: Tensor, labels: Tensor) -> float | None:
    """Top-1 error in per cent; None if the last step left the network without finite answers."""
    network.eval()
    with torch.inference_mode():
        answers = torch.cat([network(x) for x in images.split(256)])
    if not answers.isfinite().all():
        return None
    return 100 * int((answers.argmax(1) != labels).sum()) / len(labels)


def _optimizer(network: nn.Module, proxy: Proxy) -> torch.optim.Optimizer:
    how = proxy.optimizer
    # as the official code: no decay on norms and biases
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": how.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if how.name == "sgd":
        return torch.optim.SGD(groups, lr=how.lr, momentum=0.9 if how.momentum is None else how.momentum, fused=True)
    return torch.optim.AdamW(groups, lr=how.lr, fused=True)


def _schedule(optimizer: torch.optim.Optimizer, proxy: Proxy, steps: int) -> LRScheduler:
    if proxy.schedule == "one_cycle":
        return OneCycleLR(optimizer, proxy.optimizer.lr, total_steps=steps, cycle_momentum=False)
    # as the official code: from the full rate down to nothing, step by step
    return LambdaLR(optimizer, lambda step: 1 - step / steps)
