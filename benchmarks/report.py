"""How long the report of a large ledger takes, and how large its page is.

    make bench-report
    python -m benchmarks.report --beside FOLDER

Ledgers of about 10,000 runs of a made-up sweep: many points with a few runs each, as many points as runs, and a few
points with many seeds. Seconds are those of `wn-sweep report`, a process of its own; benchmarks/report.txt keeps them.
With a clone of another commit in FOLDER, each writes its own ledgers and reports them in turn, three times, by the same
Python; what is kept then are the least seconds of both and their ratio.
"""

import argparse
import math
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.result import Result
from sweep.engine.runs import wanted
from sweep.space import Space

ROOT = Path(__file__).parent.parent
PAGE = "reports/made/index.html"
LAMBDAS = [1, 2, 3, 4, 6, 8, 12, 16, 24]
QUICK = {
    "name": "made",
    "network": {"width": 0.25, "image_size": 16, "stem_channels": 16, "last_channels": 64, "repeats": [1, 2, 1]},
    "proxy": {"dataset": {"name": "digits", "train": 100, "validation": 1300}, "epochs": 30, "optimizer": {"lr": 0.01}},
    "baseline": {"family": "static"},
}
RATES = {"optimizer.lr": [0.001, 0.01, 0.05]}


def widths(count):
    """So many widths."""
    return [round(0.25 + 0.01 * step, 2) for step in range(count)]


def grid(count, lambdas):
    """Static and SE, and WeightNet at G of 1 and 2."""
    return [
        {"family": ["static", "se"], "width": widths(2)},
        {"family": "weightnet", "G": [1, 2], "lambda": lambdas, "width": widths(count)},
    ]


SPACES = {
    "1,100 points, 9 runs each": {"grid": grid(61, LAMBDAS), "nuisance": RATES, "seeds": 3},
    "10,000 points, one run each": {"grid": grid(100, list(range(1, 51))), "seeds": 1},
    "22 points, 450 runs each": {"grid": grid(1, LAMBDAS), "nuisance": RATES, "seeds": 150},
}


def fill(path, space):
    """A ledger in which every run of the space is done, with an error that lambda and the rate move."""
    parsed, noise = Space.parse({**QUICK, **space}), random.Random(0)
    planned = plan(parsed, traced=False)
    runs = wanted(planned)

    def error(run):
        lam = float(run.point.value("lambda") or 1)
        tuned = abs(math.log(run.proxy.optimizer.lr / 0.012)) / 2
        return max(0.1, 8 - 0.3 * math.log2(lam) + tuned + noise.gauss(0, 0.4))

    path.parent.mkdir(parents=True)
    with Ledger.create(path) as ledger:
        asked = PlannedRuns(planned)
        ledger.describe(parsed.name, parsed.data, planned.axes, asked.described())
        ledger.ask(asked.complete([]))
        ledger.record([Result(run.key, "done", error(run), None, (2.0, 1.0), 3.0) for run in runs])
    return len(runs)


FILL = """
from pathlib import Path
from benchmarks.report import SPACES, fill
print(fill(Path("results/made/ledger.sqlite"), SPACES[{name!r}]))
"""


def python(root, folder, *words):
    """What Python prints in a folder, with the packages of a tree, and how many seconds it takes."""
    # a program of -c looks into the tree for what it imports, and not into the folder
    env = os.environ | {"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"}
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True, env=env)
    return done.stdout, time.perf_counter() - began


def report(root, folder):
    """Seconds of a report that is not there yet."""
    shutil.rmtree(folder / "reports", ignore_errors=True)
    return python(root, folder, "-m", "sweep.cli", "report", "made")[1]


def measured(name, roots, rounds):
    """How many runs a ledger has, the least seconds of each tree, and how large the first one's page is."""
    with tempfile.TemporaryDirectory() as base:
        folders = [Path(base) / str(number) for number in range(len(roots))]
        for root, folder in zip(roots, folders, strict=True):
            folder.mkdir()
            runs = int(python(root, folder, "-c", FILL.format(name=name))[0])
        taken = [[report(*each) for each in zip(roots, folders, strict=True)] for _ in range(rounds)]
        return runs, [min(times) for times in zip(*taken, strict=True)], (folders[0] / PAGE).stat().st_size / 1e6


def main():
    """Print the table and keep it beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="a clone of another commit")
    other = parser.parse_args().beside
    machine = platform.processor() or platform.machine()
    command = "python -m benchmarks.report --beside FOLDER" if other else "make bench-report"
    heads = f"{'ledger':<30}{'runs':>8}{'seconds':>10}{'page, MB':>10}"
    if other:
        commit = subprocess.run(
            ["git", "-C", str(other), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        )
        heads += f"{commit.stdout.strip() or 'other':>10}{'ratio':>7}"
    lines = [f"# {machine}, {os.cpu_count()} cores; {command}", heads]
    print("\n".join(lines), flush=True)
    for name in SPACES:
        runs, (seconds, *others), size = measured(name, [ROOT, *filter(None, [other])], 3 if other else 1)
        beside = "".join(f"{theirs:>10.1f}{seconds / theirs:>7.2f}" for theirs in others)
        lines.append(f"{name:<30}{runs:>8,}{seconds:>10.1f}{size:>10.2f}{beside}")
        print(lines[-1], flush=True)
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
