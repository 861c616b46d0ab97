"""Training steps on random images, for timing: of lanes, captured like those of runs, or of one network."""

from collections.abc import Callable

import torch

from sweep.networks import drawn
from sweep.networks.lanes import LaneNetwork
from sweep.proxy.batches import batches, drawn_epoch, stretches
from sweep.proxy.data import Split
from sweep.proxy.lane_steps import LaneSteps
from sweep.proxy.platform import Platform
from sweep.proxy.train import learn
from sweep.proxy.training import Training
from sweep.space import Point, Proxy

#: The number of random batches, which are used in turn.
BATCHES = 2
#: Steps that there is a learning rate for.
STEPS = 100_000


def random_images(proxy: Proxy, size: int) -> Split:
    """A few batches of images of a recipe's data set, of random pixels."""
    facts, generator = proxy.dataset.facts, torch.Generator().manual_seed(0)
    shape = BATCHES * proxy.batch_size, facts.channels, size, size
    pixels = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    labels = torch.randint(facts.classes, shape[:1], generator=generator)
    mean, deviation = (torch.full((shape[1], 1, 1), value) for value in (127.5, 73.9))
    aspects = torch.ones(len(labels)) if proxy.dataset.fit is not None else None
    return Split(pixels, labels, pixels, labels, mean, deviation, 255.0, aspects)


def network_step(point: Point, proxy: Proxy, platform: Platform, data: Split) -> Callable[[], None]:
    """A step of one network on a batch, as `train` takes it."""
    run = Training(point, proxy, 0, platform)

    def step() -> None:
        images, labels = next(batches(data, proxy, [slice(0, proxy.batch_size)], run.generators, 0, platform))
        learn(run, images, labels, proxy, 1e-4, platform)

    return step


def lane_step(
    point: Point, proxy: Proxy, platform: Platform, data: Split, lanes: int, captured: bool = True
) -> Callable[[], None]:
    """A step of so many lanes on a batch, as `train_together` takes it; not captured if the device is to be watched."""
    run, facts = Training(point, proxy, 0), proxy.facts
    networks = [drawn(point, facts.channels, facts.classes, seed) for seed in range(lanes)]
    products = torch.bfloat16 if proxy.precision == "bfloat16" else None
    network = LaneNetwork(networks, lanes, data.device, products=products)
    steps = LaneSteps(network, [proxy] * lanes, data, STEPS)
    epoch = [drawn_epoch(data, proxy, run.generators)] * lanes
    steps.begin_epoch(epoch)
    size, count = proxy.batch_size, len(stretches(len(data.train), proxy.batch_size))
    count_taken = 0
    take_step = platform.captured(steps, [size], steps.tensors) if captured else steps

    def step() -> None:
        nonlocal count_taken
        if count_taken and count_taken % count == 0:
            steps.go_to(0)
        take_step(size)
        count_taken += 1

    return step
