"""What a run costs apart from its training: the engine and its ledger beside plain Ray Tune, and `quick` as a whole.

    python -m benchmarks.engine

prints a table and writes it to benchmarks/engine.txt. Every figure comes from a process of its own.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ray
import torch
from ray import tune

from sweep import Space
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.loop import Loop
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.ray_settings import SETTINGS
from sweep.engine.result import Result
from sweep.engine.tune_executor import Tune
from sweep.engine.work import keys_of
from sweep.engine.worker import versions
from sweep.search import Grid, History, Stop

WORKERS = 2
SIZES = (100, 1_000, 10_000, 20_000)
#: Seconds that plain Tune is given for a size; after one that took longer, no larger one is tried.
PATIENCE = 120
ROOT = Path(__file__).parent.parent
QUICK = ROOT / "benchmarks/quick_november.yaml"
VERSIONS = versions()
#: What a trial of plain Tune reports.
NOTHING = {"status": "done", "error": 0.0, "losses": [0.0] * 30, "seconds": 0.0, "versions": VERSIONS}


def nothing(text):
    """Do nothing, and report it as runs that were done."""
    return [Result(key, "done", 0.0, 0.0, (0.0,) * 30, versions=VERSIONS) for key in keys_of(text)]


def engine(size):
    """The real loop, executor and ledger; cost from the first results to the last."""
    space = Space.load(QUICK)
    each = plan(space, traced=False).runs // len(space.seeds)
    planned = plan(Space.parse({**space.data, "seeds": size // each + 1}), traced=False)
    runs, landings = PlannedRuns(planned), []
    pool = runs.pool()
    with tempfile.TemporaryDirectory() as folder, Ledger.create(Path(folder) / "ledger.sqlite") as ledger:
        ledger.describe("quick", space.data, planned.axes, runs.described())

        class First(Grid):
            """The first runs of the grid."""

            def next(self, seen, number):
                return super().next(seen, number) if number < size else Stop()

        began = time.perf_counter()
        loop = Loop(First(pool), runs, History(), 0)
        with Tune(space.resources, WORKERS, do="benchmarks.engine:nothing") as executor:
            loop.do(ledger, executor, None, lambda pairs: landings.append((time.perf_counter(), len(pairs))))
        assert len(ledger.statuses()) == size
    (first, at_once), (last, _) = landings[0], landings[-1]
    return {"cost": (last - first) / (size - at_once), "start": first - began, "writes": len(landings)}


class PlainClass(tune.Trainable):
    def reset_config(self, new_config):
        return True

    def step(self):
        return NOTHING | {"done": True}


def plain_function(config):
    tune.report(NOTHING)


def plain(size, trainable, reuse):
    """Ray Tune as it comes, a trial a run, for as long as patience lasts."""
    os.environ.update(SETTINGS | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"})
    ray.init(address="local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    landings = []

    class Count(tune.Callback):
        def on_trial_complete(self, iteration, trials, trial, **info):
            landings.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        tune.Tuner(
            trainable,
            param_space={"x": tune.grid_search(list(range(size)))},
            tune_config=tune.TuneConfig(reuse_actors=reuse, time_budget_s=PATIENCE, max_concurrent_trials=WORKERS),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                callbacks=[Count()],
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
    return {"cost": (landings[-1] - landings[0]) / (len(landings) - 1), "done": len(landings)}


MEASURES = {
    "engine": engine,
    "class": lambda size: plain(size, PlainClass, reuse=True),
    "function": lambda size: plain(size, plain_function, reuse=False),
}


def apart(what, size):
    """A measure from a process of its own, with the memory of it and of Ray's driver in MB."""
    return in_process("benchmarks.engine", "--measure", what, str(size))


def in_process(*module):
    """What a module prints as JSON, and its wall-clock time."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", *module], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) | {"wall": time.perf_counter() - began}


def measure(what, size):
    found = MEASURES[what](size)
    for name, who in (("memory", resource.RUSAGE_SELF), ("ray_memory", resource.RUSAGE_CHILDREN)):
        found[name] = resource.getrusage(who).ru_maxrss / 1024
    print(json.dumps(found))
    sys.stdout.flush()
    # plain Tune's Ray needs no polite end
    os._exit(0)


def table(sizes):
    """The lines of the report, as they are measured."""
    yield f"$ {Path(sys.executable).name} -m benchmarks.engine {' '.join(sys.argv[1:])}".rstrip()
    yield f"{platform.machine()}, {os.cpu_count()} cores, {WORKERS} workers; load {os.getloadavg()[0]:.1f} at the start"
    yield f"python {platform.python_version()}, torch {torch.__version__}, ray {ray.__version__}"
    yield ""
    yield "Runs that do nothing; ms a run from the first result to the last, ledger writes included"
    yield f"{'runs':>8} {'engine':>8} {'start, s':>9} {'writes':>8} {'driver, MB':>11} {'Ray driver, MB':>15}"
    costs = {}
    for size in sizes:
        one = apart("engine", size)
        costs[size] = 1e3 * one["cost"]
        yield (
            f"{size:>8,} {costs[size]:>8.2f} {one['start']:>9.1f} {one['writes']:>8,}"
            f" {one['memory']:>11.0f} {one['ray_memory']:>15.0f}"
        )
    if {1_000, 20_000} <= set(costs):
        yield f"cost at 20,000 runs / cost at 1,000 runs: {costs[20_000] / costs[1_000]:.2f}"
    for kind, what in (("class", "class trainable, actors reused"), ("function", "function trainable")):
        yield ""
        yield f"Plain Ray Tune, a trial a run, no ledger; {what}; at most {PATIENCE} s each"
        for size in sizes:
            one = apart(kind, size)
            yield f"{size:>8,} {1e3 * one['cost']:>8.1f} ms a run, {one['done']:,} done"
            if one["done"] < size:
                break
    one = in_process("benchmarks.quick", str(WORKERS))
    yield ""
    ideal, rest = one["training"] / WORKERS, one["wall"] - one["start"]
    yield f"wn-sweep run {QUICK.name}: {one['wall']:.1f} s, of which Ray's start took {one['start']:.1f} s"
    yield f"without it {rest:.1f} s; training seconds / workers: {ideal:.1f}; ratio {rest / ideal:.3f}"
    yield f"from the last result to the end, the report included: {one['after']:.1f} s"
    yield f"load at the end: {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "SIZE"), help=argparse.SUPPRESS)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure[0], int(asked.measure[1]))
    lines = []
    for line in table(asked.sizes):
        print(line, flush=True)
        lines.append(line)
    (ROOT / "benchmarks/engine.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
