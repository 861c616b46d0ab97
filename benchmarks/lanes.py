"""Runs of a point trained as one network, on one thread of a CPU, beside each trained by itself.

    make bench-lanes

A step of the networks and recipes of benchmarks/quick_november.yaml (25 images of 16 x 16 pixels) and
fashion_november.yaml (256 of 14 x 14): the batch, forward, backward and optimiser. Times are the least of several, the
ways taking turns, in milliseconds of one run: those of lanes divided by their number. They are what the thread spent on
a core, so that whatever else the machine does takes no step apart. Images are random, whose time is no other's.
"""

import math
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from sweep.engine.ray_settings import SETTINGS
from sweep.networks import drawn
from sweep.networks.lanes import LaneNetwork
from sweep.proxy.batches import batches, drawn_epoch
from sweep.proxy.data import Split
from sweep.proxy.lane_steps import LaneSteps
from sweep.proxy.platform import CPU, settled
from sweep.proxy.train import learn
from sweep.proxy.training import Training
from sweep.space import Point, Proxy, Space

LANES = (1, 2, 4, 8, 16)
ROWS = ({"family": "static"}, {"family": "weightnet", "M": 2, "G": 2}, {"family": "weightnet", "M": 8, "G": 1})
#: Seconds for a row, and repetitions at least; lanes pay where 8 take at most this share of the module's time.
SECONDS, LEAST, PAYS = 5.0, 4, 0.75


def images_of(proxy: Proxy, size: int, batches: int = 2, colours: int = 1) -> Split:
    """So many batches of random images."""
    count = batches * proxy.batch_size
    pixels = torch.randint(256, (count, colours, size, size), dtype=torch.uint8)
    labels = torch.randint(proxy.dataset.facts.classes, (count,))
    mean, deviation = (torch.full((colours, 1, 1), value) for value in (128.0, 74.0))
    return Split(pixels, labels, pixels, labels, mean, deviation, 255.0)


def alone(point: Point, proxy: Proxy, data: Split) -> Callable[[], None]:
    """A step of one network, as `train` takes it."""
    run = Training(point, proxy, 0)

    def step() -> None:
        images, labels = next(batches(data, proxy, [slice(0, proxy.batch_size)], run.generators, 0))
        learn(run, images, labels, proxy, 1e-4, CPU)

    return step


def together(point: Point, proxy: Proxy, data: Split, lanes: int) -> Callable[[], None]:
    """A step of so many lanes."""
    facts = proxy.facts
    networks = [drawn(point, facts.channels, facts.classes, seed) for seed in range(lanes)]
    network = LaneNetwork(networks, lanes)
    steps, run = LaneSteps(network, [proxy] * lanes, data, 10_000), Training(point, proxy, 0)

    def step() -> None:
        steps.begin_epoch([drawn_epoch(data, proxy, run.generators)] * lanes)
        steps(proxy.batch_size)

    return step


def row(point: Point, proxy: Proxy, data: Split) -> tuple[float, dict[int, float]]:
    """Milliseconds of a run's step by the module, and by lanes of each number."""
    ways = {0: alone(point, proxy, data)} | {lanes: together(point, proxy, data, lanes) for lanes in LANES}
    best, began, rounds = dict.fromkeys(ways, math.inf), time.thread_time(), 0
    while rounds < LEAST or time.thread_time() - began < SECONDS:
        for lanes, step in ways.items():
            started = time.thread_time()
            step()
            best[lanes] = min(best[lanes], 1e3 * (time.thread_time() - started) / max(1, lanes))
        rounds += 1
    return best.pop(0), best


def main() -> None:
    """Print the table and what it comes to, and write both beside this file."""
    if "GLIBC_TUNABLES" not in os.environ:
        # as the engine's workers have it; it is read when a process starts
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "GLIBC_TUNABLES": SETTINGS["GLIBC_TUNABLES"]})
    lines: list[str] = []

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    machine = platform.processor() or platform.machine()
    say(
        f"# {machine}, torch {torch.__version__}, one thread; make bench-lanes; milliseconds of a core for a run's step"
    )
    say(f"{'':32}" + "".join(f"{name:>10}" for name in ("module", *(f"{n} lanes" for n in LANES))) + "    8 / module")
    ratios = []
    for name in ("quick", "fashion"):
        space = Space.load(Path(__file__).with_name(f"{name}_november.yaml"))
        size = space.network["image_size"]
        with settled():
            data = images_of(space.proxy, size)
            for keys in ROWS:
                point = Point(**space.network, **keys).resolved(size)
                module, lanes = row(point, space.proxy, data)
                ratios.append(lanes[8] / module)
                what = f"{name}, {' '.join(map(str, keys.values()))}"
                say(f"{what:32}" + "".join(f"{ms:10.2f}" for ms in (module, *lanes.values())) + f"{ratios[-1]:14.2f}")
    half = len(ratios) // 2
    for name, mine in (("quick", ratios[:half]), ("fashion", ratios[half:])):
        pays = "at most" if max(mine) <= PAYS else "not at most"
        say(f"{name}: 8 lanes take {min(mine):.2f} to {max(mine):.2f} of the module's time a step, {pays} {PAYS}")
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
