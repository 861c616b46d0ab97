"""How long the report of a large ledger takes, and how large its page is.

    make bench-report

Ledgers of about 10,000 runs of a made-up sweep: many points with a few runs each, as many points as runs, and a few
points with many seeds. Seconds are those of `wn-sweep report`, a process of its own; benchmarks/report.txt keeps them.
"""

import math
import os
import platform
import random
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


def main():
    """Print the table and keep it beside this file."""
    machine = platform.processor() or platform.machine()
    lines = [f"# {machine}, {os.cpu_count()} cores; make bench-report"]
    lines.append(f"{'ledger':<30}{'runs':>8}{'seconds':>10}{'page, MB':>10}")
    for name, space in SPACES.items():
        with tempfile.TemporaryDirectory() as folder:
            runs = fill(Path(folder) / "results/made/ledger.sqlite", space)
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "sweep.cli", "report", "made"],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            seconds = time.perf_counter() - began
            size = (Path(folder) / "reports/made/index.html").stat().st_size / 1e6
        lines.append(f"{name:<30}{runs:>8,}{seconds:>10.1f}{size:>10.2f}")
        print("\n".join(lines[-1:] if len(lines) > 3 else lines), flush=True)
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
