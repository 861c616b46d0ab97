"""Points a second: the closed form, fvcore and torch.utils.flop_counter, in one run, and whether they agree.

The closed form counts a grid of a million points (spaces/million.yaml) as arrays. The other two build each network and
send a sample through it, so they get as many of the same points, spread evenly, as half a minute allows. Run it on an
idle machine:

    python benchmarks/count.py
"""

import argparse
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from sweep.costs import count_all, meta_flops, plan, trace
from sweep.space import Space, expand, shipped


def timed(function, *arguments):
    started = time.perf_counter()
    found = function(*arguments)
    return found, time.perf_counter() - started


def closed_form(space):
    """Seconds to count every point: the best of five, grid and constraints included, and the arithmetic alone."""
    facts = space.proxy.dataset.facts
    whole, alone = [], []
    for _ in range(5):
        whole.append(timed(lambda: plan(space, traced=0))[1])
        listing = expand(space).listing
        alone.append(timed(count_all, listing, facts.channels, facts.classes)[1])
    return len(listing), min(whole), min(alone)


def one_by_one(space, seconds):
    """Seconds a point of the two that build it, on the same points, and how many of the counts agree."""
    facts = space.proxy.dataset.facts
    planned = plan(space, traced=0)
    times, agree = {"fvcore": [], "flop_counter on meta": []}, 0
    trace(planned.points[0].point, facts.channels, facts.classes)  # imports
    until = time.perf_counter() + seconds
    # a step that visits the whole range, and each point once
    count = len(planned.points)
    step = next(step for step in range(int(count * 0.618), count) if math.gcd(step, count) == 1)
    index = 0
    while time.perf_counter() < until:
        one = planned.points[index]
        traced, took = timed(lambda p=one.point: trace(p, facts.channels, facts.classes).total)
        times["fvcore"].append(took)
        meta, took = timed(meta_flops, one.point, facts.channels, facts.classes)
        times["flop_counter on meta"].append(took)
        agree += traced == one.cost and meta == one.cost.flops
        index = (index + step) % count
    return times, agree


def command(*words):
    """Seconds and peak memory of the command line as a whole process."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "sweep.cli", *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="for fvcore and flop_counter together")
    parser.add_argument("--space", default="million", help="a space.yaml, or the name of one that ships")
    arguments = parser.parse_args()
    path = shipped().get(arguments.space, Path(arguments.space))
    space = Space.load(path)
    torch.set_num_threads(1)
    points, whole, alone = closed_form(space)
    times, agree = one_by_one(space, arguments.seconds)
    rates = {"closed form, whole plan": points / whole, "closed form, arithmetic alone": points / alone}
    rates |= {name: 1 / statistics.fmean(took) for name, took in times.items()}
    print(f"{path.name}: {points:,} points; Python {platform.python_version()}, torch {torch.__version__}, one thread")
    print(f"{'':<32}{'points a second':>16}{'times fvcore':>14}")
    for name, rate in rates.items():
        print(f"{name:<32}{rate:>16,.1f}{rate / rates['fvcore']:>14,.1f}")
    print(f"all three counts agree on {agree} of {len(times['fvcore'])} points, drawn evenly from the grid")
    with tempfile.TemporaryDirectory() as folder:
        for words in ([], ["--json"], ["--out", f"{folder}/points.parquet"]):
            seconds, memory = command("plan", str(path), *words)
            said = " ".join(word.rpartition("/")[2] for word in ("plan", arguments.space, *words))
            print(f"wn-sweep {said:<35}{seconds:>6.2f} s, {memory:,.0f} MiB at most")


if __name__ == "__main__":
    main()
