"""How often intervals cover the truth, and how wide they are: 2,000 simulated sweeps of each kind.

    python -m benchmarks.intervals [sweeps [seeds ...]]

And all 120 triples of ten real seeds (the ledger of `make quick-ten`). Takes 20 minutes of a core.
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np

from sweep import Ledger, frame
from sweep.analysis.nuisance import settings
from sweep.analysis.order import points
from tests.sweep_statistics.coverage import (
    EFFECTS,
    LIKE,
    NOISES,
    Sweeps,
    averaged,
    moderated,
    of_each_alone,
    shrunk,
    simulate,
    together,
)

TEN = Path(__file__).parents[1] / "tests/golden/ledgers/quick-ten/ledger.sqlite"
COLUMNS = {
    "each alone": [("cover", 8), ("rms off", 8)],
    "moderated": [("cover", 9), ("se", 5), ("worst", 7), ("width", 7)],
    "4 pairs": [("cover", 9), ("se", 5)],
    "all together": [("hold", 9), ("se", 5), ("width", 7)],
    "shrunk": [("cover", 9), ("se", 5), ("worst", 7), ("width", 7), ("rms off", 8)],
}
FLAT = [column for columns in COLUMNS.values() for column in columns]
ABOUT = """\
{} sweeps of 10 points each. Coverage in % of 95 % intervals of the differences to the baseline: over all nine, at the
worst of them, and (all together) of all nine at once, whatever the effects. 4 pairs: of the mean difference over four
pairs of points, the baseline in none. se: the standard error of the coverage before it, from sweep to sweep. Width: the
median as a share of that of each difference alone, by Student's t and the jackknife (commit 684e0f8). rms off: how far
estimates are off, root mean square, in points. 3+6: with six more seeds of the baseline, of which "each alone" knows
nothing."""


def row(sweeps, at_once=True, independent=True):
    """A line of the table; where sweeps share runs, as triples of the same seeds do, without standard errors."""
    old, new, small = (judge(sweeps) for judge in (of_each_alone, moderated, shrunk))
    joint = together(sweeps) if at_once else None

    def cover(covered):
        error = 100 * covered.mean(-1).std() / np.sqrt(len(covered))
        return [100 * covered.mean(), error if independent else None]

    def worst(judged):
        return [100 * judged.covered.mean(0).min()]

    def width(judged):
        return [np.median(judged.half) / np.median(old.half)]

    def off(judged):
        return [np.sqrt((judged.off**2).mean())]

    cells = [*cover(old.covered)[:1], *off(old), *cover(new.covered), *worst(new), *width(new)]
    cells += cover(averaged(sweeps).covered)
    cells += [None, None, None] if joint is None else [*cover(joint.covered.all(1)[:, None]), *width(joint)]
    cells += [*cover(small.covered), *worst(small), *width(small), *off(small)]
    digits = {"width": 2, "rms off": 2}
    return "".join(
        " " * wide if cell is None else f"{cell:{wide}.{digits.get(name, 1)}f}"
        for (name, wide), cell in zip(FLAT, cells, strict=True)
    )


def triples(path):
    """All triples of the seeds of a ledger, the first point its baseline; the truth is what all its seeds say."""
    with Ledger.open(path) as ledger:
        seen = frame(ledger, kernels=False)
    order = points(seen)["point"].tolist()
    runs = seen.runs.set_index(["point", *seen.nuisance, "seed"])["error"]
    errors = np.array([[[runs[(point, *one, s)] for s in seen.seeds] for one in settings(seen)] for point in order])
    chosen = [list(three) for three in combinations(range(len(seen.seeds)), 3)]
    truth = of_each_alone(Sweeps(errors[None], np.zeros((1, len(order))))).off[0]
    return Sweeps(np.stack([errors[..., three] for three in chosen]), np.tile([0.0, *truth], (len(chosen), 1)))


def main(sweeps, seeds):
    print(ABOUT.format(sweeps))
    print(f"{'':41}" + "".join(f"{title:>{sum(wide for _, wide in part)}}" for title, part in COLUMNS.items()))
    print(f"{'':41}" + "".join(f"{name:>{wide}}" for name, wide in FLAT))
    for n in seeds:
        for recipe in LIKE:
            for unequal in NOISES:
                for effect in EFFECTS if n in (3, 4) and unequal in ("equal", "baseline 2 x") else EFFECTS[:1]:
                    found = simulate(recipe, effect, unequal, n, sweeps)
                    print(f"{n} seeds, {recipe:8}{unequal:15}{effect:9}{row(found, effect == EFFECTS[0])}", flush=True)
    for n in (n for n in seeds if n > 2):
        more(n, sweeps)
    if TEN.exists():
        print(f"quick's ten seeds, all 120 triples       {row(triples(TEN), independent=False)}")


def more(n, sweeps):
    """Print lines of sweeps whose baseline has twice as many seeds beside those of all points."""
    for recipe in LIKE:
        for unequal in NOISES:
            for effect in EFFECTS if n == 3 and unequal == "equal" else EFFECTS[:1]:
                found = simulate(recipe, effect, unequal, n, sweeps, more=2 * n)
                print(
                    f"{f'{n}+{2 * n},':9}{recipe:8}{unequal:15}{effect:9}{row(found, effect == EFFECTS[0])}", flush=True
                )


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(given[0] if given else 2000, given[1:] or (2, 3, 4, 6))
