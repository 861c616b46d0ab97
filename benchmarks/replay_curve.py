"""Races to one contrast of two points, each at its own best setting, beside the full grid's paired t interval.

    python -m benchmarks.replay_curve [REPLICATIONS]

prints how often the interval of a race holds the true difference, and how wide it is beside the interval of the full
grid: the two points at every setting with 5 seeds. It is written to benchmarks/replay_curve.txt, too. The factor
WIDENING was not fitted to these tables.
"""

import sys
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.replay import pool_of, replay
from benchmarks.replay_tables import DATA_SETS, hpobench, simulated, with_known_truth
from sweep.search.racing import Racing
from sweep.search.racing_claims import Curve

SEEDS, ALL_SEEDS = 5, 9
#: Runs of a race: 0.30 of the two points' 100 at ten settings, 0.53 of their 30 at three.
BUDGETS = {"HPOBench, 10 settings": 30, "simulated, 3 settings": 16}


def contrast(known, pair, budget, replication):
    """Whether a race's interval holds the true difference, and its half-width."""
    race = Racing(pool_of(known, ALL_SEEDS), Curve([pair], 0.0), lag=3, confirm=0, runs=budget, seed=replication)
    history = replay(race, known.errors)
    (found,) = race.standing(history.seen(len(history), 0)).judgement.contrasts
    tuned = known.truth.min(1)
    return abs(found.difference - (tuned[pair[0]] - tuned[pair[1]])) < found.half_width, found.half_width


def full_grid(known, pair):
    """Half-width of the paired t interval between the settings that are best by the same runs."""
    errors = known.errors[list(pair), :, :SEEDS]
    best = errors.mean(-1).argmin(1)
    difference = errors[0, best[0]] - errors[1, best[1]]
    return stats.t.ppf(0.975, SEEDS - 1) * difference.std(ddof=1) / np.sqrt(SEEDS)


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
        print("\n".join(lines), flush=True)
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
