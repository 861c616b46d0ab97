"""Searches replayed on the grid of benchmarks/search_grid.yaml, beside random search; benchmarks/search_grid.txt.

    python -m benchmarks.search_grid [LEDGER]

500 points x 3 settings x 1 seed on digits were all trained (`make search-grid`). A search's hypervolume is that of the
runs that it explored: error against FLOPs, cost on a log scale, reference point the worst of the grid in both. Medians
of 20 seeds, with intervals of 95 % from their order statistics.
"""

import json
import sys
from pathlib import Path

import moocore
import numpy as np
from scipy import stats

from sweep.engine.ledger import Ledger
from sweep.search import Answer, Barrier, History, Pool, Stop
from sweep.search.strategy import STRATEGIES
from sweep.space import Point, Space, canonical

OUT = Path(__file__).with_suffix(".txt")
LEDGER = Path(__file__).parent / "search-grid" / "ledger.sqlite"
SEEDS, SEARCH, RANDOM = 20, 150, 300
SEARCHES = ("random", "qmc", "tpe", "nsga2", "nsga3")


def table_of(path):
    """Points, their FLOPs, settings, and errors of shape (points, settings)."""
    with Ledger.open(path) as ledger:
        space, planned, axes = Space.recorded(ledger.space()), ledger.planned(), ledger.axes()
        recipes = {canonical(proxy.decisive()): place for place, (_, proxy) in enumerate(space.recipes())}
        places = {one.point: place for place, one in enumerate(planned)}
        errors = np.full((len(planned), len(recipes)), np.nan)
        for _, point, recipe, error in ledger.errors():
            if point in places and recipe in recipes and error is not None:
                errors[places[point], recipes[recipe]] = error
    points = [Point(**json.loads(one.point)) for one in planned]
    rows = [{axis: point.value(axis) for axis in axes} for point in points]
    flops = np.array([one.flops for one in planned], dtype=float)
    return rows, flops, [setting for setting, _ in space.recipes()], errors


def replay(name, runs, seed, rows, flops, settings, errors):
    """Error and log FLOPs of the runs that a search asked for, in its order."""
    pool = Pool(
        points=rows,
        labels=[str(row) for row in rows],
        costs={"flops": flops},
        settings=settings,
        seeds=(0,),
        baseline=np.full(len(rows), -1),
        key=lambda choice: repr(choice.run),
    )
    keys = {"runs": runs, "objectives": ("error", "flops"), "confirm": 0, "lag": 8, "seed": seed}
    strategy, history, found = STRATEGIES[name](pool, keys), History(), []
    for number in range(runs):
        choice = strategy.next(history.seen(number, strategy.lag), number)
        if isinstance(choice, Barrier):
            choice = strategy.next(history.seen(number, 0), number)
        if isinstance(choice, Stop):
            break
        error = float(errors[choice.point, choice.setting])
        history.ask(number, choice)
        history.answer(number, Answer("done", error))
        found.append((error, np.log(flops[choice.point])))
    return np.array(found)


def median(values):
    """The median and its interval of 95 % from order statistics."""
    values = np.sort(values)
    low = int(stats.binom.ppf(0.025, len(values), 0.5))
    return f"{np.median(values):.4f} [{values[low]:.4f}, {values[-1 - low]:.4f}]"


def main():
    rows, flops, settings, errors = table_of(Path(sys.argv[1]) if sys.argv[1:] else LEDGER)
    missing = int(np.isnan(errors).sum())
    if missing:
        print(f"{missing:,} of {errors.size:,} runs are not in: those points count at their other settings only")
        errors = np.where(np.isnan(errors), np.nanmax(errors), errors)
    worst = np.array([errors.max(), np.log(flops).max()])
    everything = np.column_stack([errors.ravel(), np.repeat(np.log(flops), errors.shape[1])])
    best = float(moocore.hypervolume(everything, ref=worst))
    lines = [
        f"{len(rows)} points x {len(settings)} settings; share of the whole grid's hypervolume, median of {SEEDS} seeds"
    ]
    for name in SEARCHES:
        for runs in (SEARCH, RANDOM):
            shares = []
            for seed in range(SEEDS):
                found = replay(name, runs, seed, rows, flops, settings, errors)
                shares.append(float(moocore.hypervolume(found, ref=worst)) / best)
            lines.append(f"{name:8}{runs:5} runs  {median(shares)}")
            print(lines[-1], flush=True)
    if not missing:
        OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
