"""The quick sweep of November 2026 by wn-sweep beside the same by plain Ray Tune, and where the time goes.

    make bench-sweep

Both do the same points, recipe, seeds and images, two runs at a time, one after the other. It prints wall-clock, mean
errors with their difference, what a step of each network costs, and what every process pays once; benchmarks/sweep.txt
keeps it.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F

from sweep.analysis.estimates import estimate
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.ray_settings import SETTINGS
from sweep.networks import drawn, layout
from sweep.proxy.optimizer import Optimizer
from sweep.proxy.platform import settled
from sweep.space import Space

ROOT = Path(__file__).parent.parent
QUICK = ROOT / "benchmarks/quick_november.yaml"
STEPS = 60


def ours(folder):
    """Wall-clock of `wn-sweep run quick`, and its rows."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sweep.cli", "run", str(QUICK)],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    seconds = time.perf_counter() - began
    with Ledger.open(Path(folder) / "results/quick/ledger.sqlite") as ledger:
        runs = ledger.runs()
    rows = [
        {
            "point": run.point,
            "lr": json.loads(run.recipe)["optimizer"]["lr"],
            "seed": run.seed,
            "error": run.error,
            "seconds": run.seconds,
        }
        for run in runs.itertuples()
    ]
    return seconds, rows


def plain(folder):
    """Wall-clock of the same by plain Ray Tune, and its rows."""
    began = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.plain_tune", str(QUICK)],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    ).stdout
    return time.perf_counter() - began, json.loads(said.splitlines()[-1])


def step_times(batch):
    """Median milliseconds of forward, backward, optimiser and a whole training step of every point, in turns."""
    planned = plan(Space.load(QUICK), traced=False)
    made = {}
    for one in planned.points:
        how = layout(one.point)
        network = drawn(one.point, 1, 10, 0).to(memory_format=how)
        images = torch.randn(batch, 1, one.point.image_size, one.point.image_size).contiguous(memory_format=how)
        made[one.label] = network, images, Optimizer(network, planned.space.recipes()[0][1].optimizer)
    labels, times = torch.randint(10, (batch,)), {label: [] for label in made}
    with settled():
        for _ in range(STEPS):
            for label, (network, images, optimizer) in made.items():
                ends = [time.perf_counter()]
                loss = F.cross_entropy(network(images), labels)
                ends.append(time.perf_counter())
                optimizer.forget_gradients()
                loss.backward()
                ends.append(time.perf_counter())
                optimizer.step(1e-3)
                ends.append(time.perf_counter())
                times[label].append([1e3 * (end - began) for began, end in pairwise(ends)])
    return {
        label: [statistics.median(part) for part in zip(*its, strict=True)] + [statistics.median(map(sum, its))]
        for label, its in times.items()
    }


def started(code):
    """Seconds that a new process takes for some code, the least of three."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        found.append(time.perf_counter() - began)
    return min(found)


def main():
    """Print all of it and keep it beside this file."""
    if "GLIBC_TUNABLES" not in os.environ:
        # as the engine's workers have it; it is read when a process starts
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "GLIBC_TUNABLES": SETTINGS["GLIBC_TUNABLES"]})
    torch.set_num_threads(1)
    lines = []

    def say(text=""):
        lines.append(text)
        print(text, flush=True)

    machine = platform.processor() or platform.machine()
    say(f"# {machine}, {os.cpu_count()} cores, torch {torch.__version__}; make bench-sweep")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        environment = os.environ.pop("GLIBC_TUNABLES")  # neither is helped: our engine sets it by itself
        mine, my_rows = ours(one)
        theirs, their_rows = plain(other)
        os.environ["GLIBC_TUNABLES"] = environment
    trained, they_trained = (sum(row["seconds"] for row in rows) for rows in (my_rows, their_rows))
    for name, seconds, rows, learnt in (
        ("wn-sweep run quick:", mine, my_rows, trained),
        ("plain Ray Tune:", theirs, their_rows, they_trained),
    ):
        say(f"{name:<20}{seconds:6.1f} s for {len(rows)} runs, of which each core trained {learnt / 2:.1f} s")
    say(f"ours over theirs:   {mine / theirs:.2f}")
    say()
    # settings share their seeds' draws, so it is seeds that are drawn anew
    mean = {}
    for whose, rows in (("ours", my_rows), ("theirs", their_rows)):
        for row in rows:
            mean.setdefault((whose, row["seed"]), []).append(row["error"])
    seeds = sorted({row["seed"] for row in my_rows})
    apart = estimate([statistics.fmean(mean["ours", seed]) - statistics.fmean(mean["theirs", seed]) for seed in seeds])
    say(
        f"mean error {statistics.fmean(r['error'] for r in my_rows):.2f} % and "
        f"{statistics.fmean(r['error'] for r in their_rows):.2f} %: {apart.mean:+.2f} points "
        f"[{apart.low:.2f}, {apart.high:.2f}], paired by {len(seeds)} seeds"
    )
    say()
    batch = 25
    times = step_times(batch)
    static = times["static"][-1]
    say(f"a training step at batch {batch}, median ms")
    say(f"  {'':<22}{'forward':>10}{'backward':>10}{'optimiser':>10}{'whole':>10}{'over static':>13}")
    for label, parts in times.items():
        say(f"  {label:<22}{''.join(f'{part:10.2f}' for part in parts)}{parts[-1] / static:13.2f}")
    say()
    say("what every process pays once, s (least of three)")
    base = started("pass")
    for name, code in (
        ("Python itself", "pass"),
        ("torch", "import torch"),
        ("torch and Ray Tune", "import torch, ray.tune"),
        ("a worker of ours", "import sweep.engine.worker"),
        ("an optimiser of torch.optim", "import torch; torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])"),
    ):
        say(f"  {name:<28} {started(code) - (base if name != 'Python itself' else 0):.2f}")
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
