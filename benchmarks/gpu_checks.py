"""What benchmarks/gpu.py shows of correctness: steps, bits, and whether lanes change what seeds come to."""

import time

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import t as student

from benchmarks.gpu_work import POINTS, Work, network, recipe
from sweep.engine.timed_steps import random_images
from sweep.networks import drawn, seeded
from sweep.networks.lanes import LaneNetwork
from sweep.proxy.batches import batches, drawn_epoch
from sweep.proxy.files import lacking
from sweep.proxy.lane_steps import LaneSteps
from sweep.proxy.lanes import LaneRun, train_together
from sweep.proxy.platform import CPU, settled
from sweep.proxy.schedule import rate
from sweep.proxy.train import learn
from sweep.proxy.training import Training
from sweep.space import Point, Proxy
from sweep.space.schema import Augment, Optimizer


def _sgd(work: Work) -> Proxy:
    """A recipe whose first step is the gradient a thousand times over, so that rounding of the weights is nothing."""
    optimizer = {"name": "sgd", "lr": 25_000.0, "momentum": 0.0}
    return recipe(14, work).model_copy(update={"optimizer": Optimizer(**optimizer), "augment": Augment(shift=1)})


def _steps(point: Point, proxy: Proxy, work: Work, seeds: list[int], count: int, steps: int = 1) -> torch.Tensor:
    """The weights (L, P) of lanes after some captured steps, on the CPU."""
    data = random_images(proxy, 14).on(work.platform.device)
    networks = [drawn(point, data.train.shape[1], proxy.facts.classes, seed) for seed in seeds]
    network = LaneNetwork(networks, count, data.device)
    every = LaneSteps(network, [proxy] * count, data, 20)
    lanes = [seeds[lane if lane < len(seeds) else 0] for lane in range(count)]
    draws = {seed: (seeded(seed, "order of images"), seeded(seed, "augmentation")) for seed in seeds}
    drawn_once = {seed: drawn_epoch(data, proxy, draws[seed]) for seed in seeds}
    every.begin_epoch([drawn_once[seed] for seed in lanes])
    go = work.platform.captured(every, [proxy.batch_size], every.tensors)
    for step in range(steps):
        if step % 2 == 0:
            every.go_to(0)
        go(proxy.batch_size)
    work.platform.synchronise()
    return network.flat.cpu()


def correct(work: Work) -> None:
    """Of every family: what a captured step of lanes changes, beside an eager step of each in float64 on the CPU."""
    proxy = _sgd(work)
    for name in POINTS:
        point = network(14, name, work)
        with settled(work.platform, proxy):
            before = [drawn(point, 1, proxy.facts.classes, seed) for seed in range(3)]
            after = _steps(point, proxy, work, [0, 1, 2], 4)
        worst = 0.0
        with settled():
            data = random_images(proxy, 14)
            for seed, module in enumerate(before):
                module.double()
                draws = seeded(seed, "order of images"), seeded(seed, "augmentation")
                x, y = next(batches(data, proxy, [slice(0, proxy.batch_size)], draws, 0))
                F.cross_entropy(module(x.double()), y).backward()
                lr = rate(proxy, 0, 20)
                wanted = torch.cat([-lr * p.grad.flatten() for p in module.parameters() if p.grad is not None])
                start = torch.cat([p.detach().flatten() for p in module.parameters()])
                change = after[seed, : len(start)].double() - start
                worst = max(worst, float((change - wanted).norm() / wanted.norm()))
        work.say(f"correct: {name}: a captured step against float64 on the CPU: {worst:.1e} of its length")


def repeatable(work: Work) -> None:
    """Whether bits depend on neighbours, on the place or on how many lanes are occupied, and whether a run repeats."""
    proxy = recipe(14, work)
    for name in ("static", "(2, 2)", "condconv 4", "sk"):
        point, count = network(14, name, work), work.lanes or 16
        with settled(work.platform, proxy):
            first = _steps(point, proxy, work, list(range(count)), count, 20)
            again = _steps(point, proxy, work, list(range(count)), count, 20)
            turned = _steps(point, proxy, work, list(range(count))[::-1], count, 20)
            lonely = _steps(point, proxy, work, [1], count, 20)
            fewer = _steps(point, proxy, work, [0, 1], max(2, count // 2), 20)
            run = Training(point, proxy, 1, work.platform)
            data = random_images(proxy, 14).on(work.platform.device)
            order = drawn_epoch(data, proxy, run.generators)
            for step in range(20):
                draws = seeded(1, "order of images"), seeded(1, "augmentation")
                half = slice(0, proxy.batch_size) if step % 2 == 0 else slice(proxy.batch_size, 2 * proxy.batch_size)
                x, y = next(batches(data, proxy, [half], draws, 0, work.platform))
                learn(run, x, y, proxy, rate(proxy, step, 20), work.platform)
            eager = torch.cat([p.detach().flatten().cpu() for p in run.network.parameters()])
        assert len(order[0]) == len(data.train)
        told = {
            "repeats": torch.equal(first, again),
            "whatever the place": torch.equal(first, turned.flip(0)),
            "alone among padding": torch.equal(first[1], lonely[0]),
            "with half as many lanes": torch.equal(first[1], fewer[1]),
        }
        apart = float((first[1, : len(eager)] - eager).norm() / eager.norm())
        text = ", ".join(f"{what} {'yes' if same else 'NO'}" for what, same in told.items())
        work.say(f"repeatable: {name}, to the bit over 20 steps: {text}; eager against captured {apart:.1e}")


def lanes_and_seeds(work: Work) -> None:
    """64 seeds at two epochs: captured in one lane against 16, the 90 % interval of the mean difference in error."""
    proxy, seeds, most = recipe(14, work, epochs=2), range(4 if work.tiny else 64), 2 if work.tiny else 16
    if not work.tiny and lacking(proxy.dataset):
        work.say("seeds: Fashion-MNIST is not installed")
        return
    platform = CPU if work.tiny else work.platform
    for name in ("static", "(2, 2)"):
        point, errors = network(14, name, work), {}
        for lanes in (1, most):
            started, errors[lanes] = time.perf_counter(), []
            for first in range(0, len(seeds), lanes):
                group = [LaneRun(proxy, seed) for seed in seeds[first : first + lanes]]
                errors[lanes] += [outcome.error for outcome in train_together(point, group, lanes, platform)]
            took = time.perf_counter() - started
            work.say(f"seeds: {name}, {lanes} lanes: error {np.mean(errors[lanes]):.3f} %, {took:.1f} s")
            if time.perf_counter() > work.limit:
                work.say("seeds: the time is up")
                return
        apart = np.subtract(errors[most], errors[1])
        reach = student.ppf(0.95, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
        low, high = apart.mean() - reach, apart.mean() + reach
        work.say(f"seeds: {name}: {most} lanes less 1: [{low:+.3f}, {high:+.3f}] points, asked for within 0.3")
