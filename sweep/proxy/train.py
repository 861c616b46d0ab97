"""One run: a point trained with a recipe from a seed, to its validation error at the last epoch."""

import math
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sweep.proxy.batches import batches, stretches
from sweep.proxy.checkpoint import Checkpoint
from sweep.proxy.data import Split
from sweep.proxy.platform import CPU, Platform, settled
from sweep.proxy.schedule import rate
from sweep.proxy.tasks import Shown
from sweep.proxy.training import Training, begin
from sweep.proxy.weights import Weights
from sweep.space import Point, Proxy

#: Raised whenever the same run would come out differently; part of every run's key.
NUMERICS = 3
#: Images that are judged at a time.
JUDGED = 256


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    status: 'done', or 'diverged' if the loss or the network's answers are no finite numbers.
    error: top-1 error in per cent on the validation split at the last epoch; None if diverged.
    loss: mean cross-entropy (nats) on the same images, without label smoothing; None if diverged.
    losses: mean training loss of each epoch.
    seconds: wall-clock time, over all attempts that a checkpoint connects.
    notes: what a person should know of the run.
    """

    status: str
    error: float | None
    loss: float | None
    losses: tuple[float, ...]
    seconds: float
    notes: tuple[str, ...] = ()


class OutOfTime(Exception):  # noqa: N818 - the run is out of time; nothing is wrong with it
    """A run that has not ended within its recipe's time limit."""


def train(
    point: Point,
    proxy: Proxy,
    seed: int,
    checkpoint: Checkpoint | None = None,
    weights: Weights | None = None,
    platform: Platform = CPU,
) -> Outcome:
    """Train a resolved point's network and evaluate it once, at the end.

    The seed decides the initial draw, the order of the images and their augmentation, each by a generator of its own,
    so that all points see the same images in the same order. One thread, deterministic algorithms: the same run gives
    the same error to the last bit on the same machine, also one that goes on from what `checkpoint` has kept.
    The weights that the error was measured with are left in `weights` before the outcome is told.
    Raises OutOfTime, looked at between batches; and whatever the network raises.
    """
    with settled(platform, proxy) as notes:
        outcome = _train(point, proxy, seed, checkpoint, weights, platform)
    return replace(outcome, notes=tuple(notes)) if notes else outcome


def _train(
    point: Point,
    proxy: Proxy,
    seed: int,
    checkpoint: Checkpoint | None,
    weights: Weights | None,
    platform: Platform,
) -> Outcome:
    started = time.perf_counter()
    data = platform.images(proxy.dataset, point.image_size or 1, proxy.dataset.draw(seed))
    # the last batch may be smaller, but batch norm cannot train on a single image
    epoch_of = [batch for batch in stretches(len(data.train), proxy.batch_size) if batch.stop - batch.start > 1]
    steps = proxy.epochs * len(epoch_of)
    run = begin(point, proxy, seed, checkpoint, len(epoch_of), platform)
    started -= run.seconds
    for epoch in range(len(run.losses), proxy.epochs):
        before = [generator.get_state() for generator in run.generators]
        for images, labels in batches(data, proxy, epoch_of, run.generators, run.batch, platform):
            if proxy.timeout is not None and time.perf_counter() - started > proxy.timeout:
                raise OutOfTime(f"not done after {proxy.timeout:g} s, in epoch {epoch + 1} of {proxy.epochs}")
            learn(run, images, labels, proxy, rate(proxy, epoch * len(epoch_of) + run.batch, steps), platform)
            if checkpoint is not None and checkpoint.due():
                run.seconds = time.perf_counter() - started
                checkpoint.save(run.state(before))
        run.losses.append(float(run.total) / len(epoch_of))
        run.total, run.batch = run.no_loss(), 0
        if not math.isfinite(run.losses[-1]):
            return Outcome("diverged", None, None, tuple(run.losses), time.perf_counter() - started)
    if run.average is not None:
        run.average.take_over()
    judged = validate(run.network, data, proxy, platform)
    if judged is None:
        return Outcome("diverged", None, None, tuple(run.losses), time.perf_counter() - started)
    if weights is not None:
        weights.save(run.network)
    return Outcome("done", judged.error, judged.loss, tuple(run.losses), time.perf_counter() - started)


def learn(run: Training, images: Tensor, labels: Tensor, proxy: Proxy, lr: float, platform: Platform) -> None:
    """One training step at a learning rate; nothing in it waits for the device."""
    with platform.step():
        with platform.precision(proxy):
            logits = run.network(run.laid_out(images))
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=proxy.label_smoothing)
        run.optimizer.forget_gradients()
        loss.backward()
        run.optimizer.step(lr)
        if run.average is not None:
            run.average.step()
        run.total += loss.detach()
    run.batch += 1


class Judged(NamedTuple):
    """What a network's answers come to: top-1 error in per cent, and mean cross-entropy in nats."""

    error: float
    loss: float


def validate(network: nn.Module, data: Split, proxy: Proxy, platform: Platform = CPU) -> Judged | None:
    """Error and loss on the validation images; None if the network gives no finite answers."""
    return judge(network, data, data.validation, data.validation_labels, proxy, platform)


def judge(
    network: nn.Module, data: Split, images: Tensor, labels: Tensor, proxy: Proxy, platform: Platform = CPU
) -> Judged | None:
    """Error and loss on some images of a data set; None if the network gives no finite answers.

    Of a composite task it is shown composites of the images. The loss is without label smoothing, so that recipes with
    and without it can be compared.
    """
    shown = Shown(images, labels, data, proxy)
    logits = answers(network, shown, proxy, platform)
    if not logits.isfinite().all():
        return None
    error = 100 * int((logits.argmax(1) != shown.labels).sum()) / len(logits)
    # in doubles: the difference of two finite floats may be no finite float
    return Judged(error, float(F.cross_entropy(logits.double(), shown.labels)))


def answers(network: nn.Module, shown: Shown, proxy: Proxy, platform: Platform) -> Tensor:
    """A network's logits (n, classes) to all that is shown, a batch at a time."""
    network.eval()
    batches_of_logits = []
    with torch.inference_mode(), platform.precision(proxy):
        for batch in stretches(len(shown), JUDGED):
            with platform.step():
                batches_of_logits.append(network(shown[batch]).float())
    return torch.cat(batches_of_logits)
