"""Races to one contrast of two points, each at its own best setting, beside the full grid's paired t interval.

    python -m benchmarks.replay_curve [REPLICATIONS]

prints how often the interval of a race holds the true difference, and how wide it is beside the interval of the full
grid: the two points at every setting with 5 seeds. And every neighbouring pair of lambda of a sweep of ours at once,
beside its full grid of 3 seeds. It is written to benchmarks/replay_curve.txt, too. The factor WIDENING was not fitted
to these tables.
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.replay import pool_of, replay
from benchmarks.replay_tables import DATA_SETS, hpobench, own_sweep, simulated, with_known_truth
from sweep.search.racing import Racing
from sweep.search.racing_claims import Curve, full_grid_half_width

SEEDS, ALL_SEEDS = 5, 9
#: Runs of a race: 0.30 of the two points' 100 at ten settings, 0.53 of their 30 at three.
BUDGETS = {"HPOBench, 10 settings": 30, "simulated, 3 settings": 16}
#: quick as it was in November 2026 with ten seeds, of which its full grid has three, and the share that a race may run.
TEN = Path(__file__).parents[1] / "tests/golden/ledgers/quick-ten/ledger.sqlite"
GRID_SEEDS, SHARE = 3, 0.6


def contrast(known, pair, budget, replication):
    """Whether a race's interval holds the true difference, and its half-width."""
    race = Racing(pool_of(known, ALL_SEEDS), Curve([pair], 0.0), lag=3, confirm=0, runs=budget, seed=replication)
    history = replay(race, known.errors)
    (found,) = race.standing(history.seen(len(history), 0)).judgement.contrasts
    tuned = known.truth.min(1)
    return abs(found.difference - (tuned[pair[0]] - tuned[pair[1]])) < found.half_width, found.half_width


def full_grid(known, pair, seeds=SEEDS):
    """Half-width of the paired t interval between the settings that are best by the same runs."""
    errors = known.errors[list(pair), :, :seeds]
    best = errors.mean(-1).argmin(1)
    difference = errors[0, best[0]] - errors[1, best[1]]
    return stats.t.ppf(0.975, seeds - 1) * difference.std(ddof=1) / np.sqrt(seeds)


def neighbours(points):
    """Places of the points that lie next to one another along lambda, of each G."""
    return [(place, place + 1) for place, (one, other) in enumerate(pairwise(points)) if one["G"] == other["G"]]


def curve_of_own(half_width, replications, generator):
    """Lines of every neighbouring pair of lambda: coverage, and widths beside those of the full grid."""
    recorded = own_sweep(TEN)
    pairs = neighbours(recorded.points)
    grid = len(recorded.points) * len(recorded.settings) * GRID_SEEDS
    covered, widths, full, asked = [], [], [], []
    for replication in range(replications):
        known = with_known_truth(recorded, ALL_SEEDS, generator, smooth=False)
        goal = Curve(pairs, half_width)
        race = Racing(pool_of(known, ALL_SEEDS), goal, lag=3, confirm=0, runs=int(SHARE * grid), seed=replication)
        history = replay(race, known.errors)
        contrasts = race.standing(history.seen(len(history), 0)).judgement.contrasts
        found = {(each.first, each.second): each for each in contrasts}
        tuned = known.truth.min(1)
        covered.append([abs(found[p].difference - (tuned[p[0]] - tuned[p[1]])) < found[p].half_width for p in pairs])
        widths.append([found[pair].half_width for pair in pairs])
        full.append([full_grid(known, pair, GRID_SEEDS) for pair in pairs])
        asked.append(len(history))
    coverage, ratios = np.mean(covered, axis=0), np.mean(widths, axis=0) / np.mean(full, axis=0)
    yield (
        f"{recorded.name}, all {len(pairs)} neighbours at once, {np.mean(asked):.0f} of {grid} runs: coverage "
        f"{np.mean(coverage):.3f}, width {np.mean(widths) / np.mean(full):.2f} of the full grid's"
    )
    for (first, second), holds, wide in zip(pairs, coverage, ratios, strict=True):
        low, high = recorded.points[first], recorded.points[second]
        yield f"  G {low['G']:g}, lambda {low['lambda']:g} to {high['lambda']:g}".ljust(22) + f"{holds:6.3f}{wide:6.2f}"


def table(title, make, replications, generator):
    covered, widths, full = [], [], []
    for replication in range(replications):
        known = make()
        pair = tuple(int(point) for point in generator.choice(len(known.truth), 2, replace=False))
        holds, width = contrast(known, pair, BUDGETS[title], replication)
        covered.append(holds)
        widths.append(width)
        full.append(full_grid(known, pair))
    return np.mean(covered), np.mean(widths) / np.mean(full)


def main():
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    generator = np.random.default_rng(5)
    lines = [f"{replications} replications a table"]
    for title in BUDGETS:
        rows = {}
        for name in DATA_SETS if title.startswith("HPO") else ("simulated",):
            recorded = hpobench(name) if title.startswith("HPO") else None

            def make(recorded=recorded):
                if recorded is None:
                    return simulated(ALL_SEEDS, generator)
                return with_known_truth(recorded, ALL_SEEDS, generator)

            rows[name] = table(title, make, replications * (1 if recorded is not None else 8), generator)
        coverage, width = np.mean(list(rows.values()), axis=0)
        lines += ["", f"{title}, {BUDGETS[title]} runs: coverage {coverage:.3f}, width {width:.2f} of the full grid's"]
        lines += [f"  {name:20}{holds:6.3f}{wide:6.2f}" for name, (holds, wide) in rows.items()]
    for half_width in (full_grid_half_width(GRID_SEEDS, 0.95), 0.0):  # until all are so narrow, and to the last run
        lines += ["", *curve_of_own(half_width, replications, generator)]
    print("\n".join(lines), flush=True)
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
