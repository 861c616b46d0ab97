"""One run: a point trained with a recipe from a seed, to its validation error at the last epoch."""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from sweep.networks import drawn, seeded
from sweep.proxy.augment import augment
from sweep.proxy.checkpoint import Checkpoint
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
    seconds: wall-clock time, over all attempts that a checkpoint connects.
    """

    status: str
    error: float | None
    losses: tuple[float, ...]
    seconds: float


class OutOfTime(Exception):  # noqa: N818 - the run is out of time; nothing is wrong with it
    """A run that has not ended within its recipe's time limit."""


def train(point: Point, proxy: Proxy, seed: int, checkpoint: Checkpoint | None = None) -> Outcome:
    """Train a resolved point's network and evaluate it once, at the end.

    The seed decides the initial draw, the order of the images and their augmentation, each by a generator of its own,
    so that all points see the same images in the same order. One thread, deterministic algorithms: the same run gives
    the same error to the last bit on the same machine, also one that goes on from what `checkpoint` has kept.
    Raises OutOfTime, looked at between batches; and whatever the network raises.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    started = time.perf_counter()
    data = load(proxy.dataset, point.image_size or 1)
    # the last batch may be smaller, but batch norm cannot train on a single image
    batches = [b for b in torch.arange(len(data.train)).split(proxy.batch_size) if len(b) > 1]
    run = _begin(point, proxy, seed, len(batches), checkpoint)
    started -= run.seconds
    for epoch in range(len(run.losses), proxy.epochs):
        before = [generator.get_state() for generator in run.generators]
        order = torch.randperm(len(data.train), generator=run.shuffling)
        images = augment(data.train[order], proxy.augment, run.augmenting)
        labels = data.train_labels[order]
        for batch in batches[run.batch :]:
            if proxy.timeout is not None and time.perf_counter() - started > proxy.timeout:
                raise OutOfTime(f"not done after {proxy.timeout:g} s, in epoch {epoch + 1} of {proxy.epochs}")
            first, last = int(batch[0]), int(batch[-1]) + 1
            logits = run.network(images[first:last])
            loss = F.cross_entropy(logits, labels[first:last], label_smoothing=proxy.label_smoothing)
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
            run.schedule.step()
            run.total += loss.detach()
            run.batch += 1
            if checkpoint is not None and checkpoint.due():
                run.seconds = time.perf_counter() - started
                checkpoint.save(run.state(before))
        run.losses.append(float(run.total) / len(batches))
        run.total, run.batch = torch.zeros(()), 0
        if not math.isfinite(run.losses[-1]):
            return Outcome("diverged", None, tuple(run.losses), time.perf_counter() - started)
    error = validate(run.network, data.validation, data.validation_labels)
    status = "diverged" if error is None else "done"
    return Outcome(status, error, tuple(run.losses), time.perf_counter() - started)


class _Training:
    """A run in progress: all that its next step depends on."""

    def __init__(self, point: Point, proxy: Proxy, seed: int, batches: int) -> None:
        facts = proxy.dataset.facts
        self.network = drawn(point, facts.channels, facts.classes, seed)
        # one each: how much augmentation draws must not change the order of the images
        self.shuffling, self.augmenting = seeded(seed, "order of images"), seeded(seed, "augmentation")
        self.generators = (self.shuffling, self.augmenting)
        self.optimizer = _optimizer(self.network, proxy)
        self.schedule = _schedule(self.optimizer, proxy, proxy.epochs * batches)
        self.losses: list[float] = []
        self.total, self.batch, self.seconds = torch.zeros(()), 0, 0.0

    def state(self, before: list[Tensor]) -> dict[str, Any]:
        """What a checkpoint holds; `before` are the generators' states before this epoch drew its order and images.

        To go on in mid-epoch, the same order and images are drawn again, and the batches that were done left out.
        """
        parts = {name: getattr(self, name).state_dict() for name in ("network", "optimizer", "schedule")}
        progress = {name: getattr(self, name) for name in ("losses", "total", "batch", "seconds")}
        # a network of the user's own may draw as it goes, from PyTorch's generator: dropout does
        return {**parts, **progress, "generators": before, "global": torch.get_rng_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken of."""
        for name in ("network", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        for name in ("losses", "total", "batch", "seconds"):
            setattr(self, name, state[name])
        for generator, before in zip(self.generators, state["generators"], strict=True):
            generator.set_state(before)
        torch.set_rng_state(state["global"])


def _begin(point: Point, proxy: Proxy, seed: int, batches: int, checkpoint: Checkpoint | None) -> _Training:
    """A run as it was left, or at its beginning."""
    run = _Training(point, proxy, seed, batches)
    state = checkpoint.load() if checkpoint is not None else None
    if checkpoint is not None and state is not None:
        try:
            run.restore(state)
        except Exception:
            # whole, and yet not of this run: no reason to fail it
            checkpoint.set_aside()
            return _Training(point, proxy, seed, batches)
    return run


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
