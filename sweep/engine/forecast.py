"""How long a sweep will take: a range, from timing a few training steps of a few of its points."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from sweep.costs import Plan
from sweep.costs.plan import ALL
from sweep.costs.training import Passes
from sweep.engine.timed_steps import lane_step, network_step, random_images
from sweep.errors import NetworkError
from sweep.networks import drawn
from sweep.proxy.lane_count import lanes_of
from sweep.proxy.platform import Platform, platform_of, settled
from sweep.space import Point, Proxy

#: Seconds within which the timing of a point ends, and no timing of another begins.
EACH, TOGETHER = 0.2, 1.5
#: The second one for a plan that is too large to run.
IN_SHORT = 0.2
#: Steps of a point that are timed at least, after one to warm up.
LEAST_STEPS = 2
#: Multiply-adds of a step that is timed at most; a heavier step is timed on fewer images.
HEAVIEST = 3e8
#: Seconds until the first runs begin: Ray, and what its workers import.
START = (5.0, 15.0)
#: Factors on the fastest and on the slowest step seen: between steps a run augments and validates, and the workers
#: share caches and memory.
MARGIN = (0.9, 1.5)


@dataclass(frozen=True)
class Forecast:
    """Seconds that all runs will take at the least and at the most, and how many points and steps were timed."""

    low: float
    high: float
    points: int
    steps: int


@dataclass(frozen=True)
class Timing:
    """Seconds that a training step took for each of its images."""

    flops: int
    fastest: float
    slowest: float
    steps: int


def forecast(plan: Plan, workers: int, share: NDArray[np.float64] | None = None) -> Forecast | None:
    """Time training steps of each family's cheapest, middle and most expensive point, and interpolate by FLOPs.

    The steps train on random images, and nothing is kept. None if no step can be timed. They are taken on the device
    that `run` would use; raises PlatformError if there is none.

    Args:
        plan: what is to be trained.
        workers: runs at a time.
        share: for each point of the plan the share of its runs that remain; all of them if not given.
    """
    groups, timed = time_steps(plan)
    all_timings = [timing for timings in timed for timing in timings]
    if not all_timings:
        return None
    images = images_learned(plan.passes)
    fastest = slowest = 0.0
    shares = np.ones(len(plan.grid.listing))
    shares[plan.kept] = plan.seed_counts / len(plan.space.seeds) * (1.0 if share is None else share)
    for numbers, timings in zip(groups, timed, strict=True):
        flops, by_flops = plan.counts.flops[numbers], sorted(timings or all_timings, key=lambda timing: timing.flops)
        # the user's own networks that are not counted yet get the mean of the counted ones
        is_counted = plan.counts.known[numbers]
        flops = np.where(is_counted, flops, flops[is_counted].mean() if is_counted.any() else 0)
        timed_flops = [timing.flops for timing in by_flops]
        fastest += images * float(
            np.interp(flops, timed_flops, [timing.fastest for timing in by_flops]) @ shares[numbers]
        )
        slowest += images * float(
            np.interp(flops, timed_flops, [timing.slowest for timing in by_flops]) @ shares[numbers]
        )
    return Forecast(
        START[0] + MARGIN[0] * fastest / workers,
        START[1] + MARGIN[1] * slowest / workers,
        len(all_timings),
        sum(timing.steps for timing in all_timings),
    )


def images_learned(passes: Passes) -> float:
    """Images that take as long to learn from as these passes: judging is a forward pass, a third of learning."""
    return passes.learn + passes.judge / 3


def time_steps(plan: Plan) -> tuple[list[NDArray[np.int64]], list[list[Timing]]]:
    """The points of each family on each backbone, and timings of a few of them.

    Raises PlatformError if there is no device as the space asks for.
    """
    groups, platform = _groups(plan), platform_of(plan.space.resources)
    with settled(platform, plan.space.proxy) if not platform.on_cpu else _one_thread():
        # before the clock: a card takes longer to begin than all of the timing may
        with contextlib.suppress(RuntimeError):
            platform.warm_up()
        try:
            return groups, _time(plan, groups, platform)
        finally:
            # workers on this card, and this process, need the memory for runs
            platform.release()


def _groups(plan: Plan) -> list[NDArray[np.int64]]:
    """The points of each family on each backbone, the cheapest first."""
    family, backbone = (plan.grid.listing.column(name).codes[plan.kept] for name in ("family", "backbone"))
    groups = []
    for group in dict.fromkeys(zip(family.tolist(), backbone.tolist(), strict=True)):
        numbers = plan.kept[(family == group[0]) & (backbone == group[1])]
        groups.append(numbers[np.argsort(plan.counts.flops[numbers], kind="stable")])
    return groups


def _time(plan: Plan, groups: list[NDArray[np.int64]], platform: Platform) -> list[list[Timing]]:
    """Timings of each group's cheapest, most expensive and middle point, within the time limit."""
    _, proxy = plan.space.recipes()[0]
    timed: list[list[Timing]] = [[] for _ in groups]
    # a search asks for few runs of a point at a time
    runs = plan.settings * len(plan.space.seeds) if plan.space.strategy.name == "grid" else 1
    until = time.perf_counter() + (TOGETHER if len(plan.kept) <= ALL else IN_SHORT)
    for place in (0.5, 1.0, 0.0):
        for numbers, timings in zip(groups, timed, strict=True):
            number = int(numbers[round(place * (len(numbers) - 1))])
            plan.count(number)
            flops = int(plan.counts.flops[number])
            if time.perf_counter() < until and flops not in {timing.flops for timing in timings}:
                point = plan.grid.listing.point(number)
                if platform.on_cpu and lanes_of(point, proxy, platform) == 1:
                    timing = _timing(point, flops, proxy)
                else:
                    timing = _timing_of_lanes(point, flops, proxy, platform, runs)
                timings += [timing] if timing else []
    return timed


def _timing(point: Point, flops: int, proxy: Proxy) -> Timing | None:
    facts = proxy.facts
    batch = max(2, min(proxy.batch_size, proxy.dataset.counts()[0], int(HEAVIEST / (3 * flops + 1))))
    size = point.image_size or 1
    try:
        network = drawn(point, facts.channels, facts.classes, seed=0)
        images, labels = torch.randn(batch, facts.channels, size, size), torch.randint(facts.classes, (batch,))
        # a step by hand: torch's optimisers take two seconds to import
        parameters = list(network.parameters())
        seconds: list[float] = []
        until = time.perf_counter() + EACH
        while len(seconds) <= LEAST_STEPS or time.perf_counter() < until:
            started = time.perf_counter()
            loss = F.cross_entropy(network(images), labels)
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    if gradient is not None:
                        parameter.sub_(gradient, alpha=1e-6)
            seconds.append((time.perf_counter() - started) / batch)
    except (NetworkError, RuntimeError, MemoryError, ValueError, TypeError):
        # the user's own network cannot be trained, or does not fit in memory: the sweep itself will report it
        return None
    return _of(flops, seconds)


def _timing_of_lanes(point: Point, flops: int, proxy: Proxy, platform: Platform, runs: int) -> Timing | None:
    """Time a step of all lanes of a point with so many runs; empty lanes cost as much as others."""
    try:
        data = random_images(proxy, point.image_size or 1).on(platform.device)
        lanes = lanes_of(point, proxy, platform)
        if lanes > 1:
            step = lane_step(point, proxy, platform, data, lanes)
        else:
            step = network_step(point, proxy, platform, data)
        occupied = runs / math.ceil(runs / lanes)
        seconds: list[float] = []
        until = time.perf_counter() + EACH
        while len(seconds) <= LEAST_STEPS or time.perf_counter() < until:
            platform.synchronise()
            started = time.perf_counter()
            step()
            platform.synchronise()
            seconds.append((time.perf_counter() - started) / (proxy.batch_size * occupied))
    except (NetworkError, RuntimeError, MemoryError, ValueError, TypeError):
        return None
    return _of(flops, seconds)


def _of(flops: int, seconds: list[float]) -> Timing:
    """The timing of the measured steps, without the first."""
    fastest, slowest = (float(q) for q in np.quantile(seconds[1:], (0.1, 0.9)))
    return Timing(flops, fastest, slowest, len(seconds) - 1)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
