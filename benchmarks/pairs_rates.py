"""What `pairs` and `pairs-short` show of lambda and of the families at each shared learning rate, and tuned.

    make bench-pairs

Reads the ledgers and trains nothing; printed to benchmarks/pairs_rates.txt.
"""

import math
from pathlib import Path

from sweep import Ledger, frame
from sweep.analysis.estimates import Sample, estimate
from sweep.analysis.naive import Effect
from sweep.analysis.nuisance import tune
from sweep.analysis.rate import rate_effects
from sweep.analysis.separation import separate
from sweep.analysis.study import Study
from sweep.report.cards.contrast_names import comparison

LEDGERS = {name: Path(f"results/{name}/ledger.sqlite") for name in ("pairs", "pairs-short")}


def main():
    print("differences in points of error with 95 % intervals, each by itself")
    for name, path in LEDGERS.items():
        with Ledger.open(path) as ledger:
            study = Study(frame(ledger, kernels=False))
        contrasts = [one.contrast for one in study.compared]
        lengths = study.frame.lengths or {study.frame.recipe["epochs"]: study.frame}
        for epochs, one in lengths.items():
            tuned, found = tune(one), separate(one)
            print(
                f"\n{name}, {len(one.seeds)} seeds, after {epochs} epochs; signal over noise of a run {signals(found)}"
            )
            for effect in rate_effects(one, tuned, contrasts):
                print_effect(effect)
            print_points(one, tuned)


def signals(found):
    return f"{found.error:.2f} by error, {found.loss:.2f} by loss"


def print_effect(effect):
    """A comparison at each shared rate and tuned, with the noise of all points pooled, and by Student's t alone."""
    last = next(iter(effect.effects.values())).tuned
    cells = [f"{rate:g}: {told(estimate(at.naive))}" for (rate,), at in effect.effects.items()]
    many = len(last.seeds) >= 8  # of fewer, Student's t alone says little
    cells.append(f"tuned: {told(estimate(last))}" + (f"; by Student's t alone {told(alone(last))}" if many else ""))
    lowest = effect.effects[effect.lowest]
    if math.isfinite(effect.share.mean):
        plain = Effect(Sample(lowest.naive.values), Sample(lowest.tuned.values)).share
        by_t = f"; by Student's t alone {share(plain)}" if many else ""
        cells.append(f"tuning took {share(effect.share)} of what the lowest rate shows{by_t}")
    print(f"{comparison(effect.contrast).replace(chr(0xA0), ' ')}\n  " + "\n  ".join(cells))


def print_points(one, tuned):
    """Mean errors at each rate, the best one, and the rates that were chosen on the other seeds."""
    best = tuned.points.set_index("point")["optimizer.lr"]
    means = one.runs.pivot_table(index="point", columns="optimizer.lr", values="error")
    print(f"{'mean errors at':20}" + "".join(f"{rate:>8g}" for rate in means) + "    best  chosen at so many seeds")
    for point, rate in best.items():
        chosen = tuned.rows[tuned.rows["point"] == point]["optimizer.lr"].value_counts().sort_index()
        seeds = ", ".join(f"{value:g}: {number}" for value, number in chosen.items())
        print(f"{point:20}" + "".join(f"{error:8.2f}" for error in means.loc[point]) + f"{rate:>8g}  {seeds}")


def alone(sample):
    return estimate(Sample(sample.values))


def share(found):
    return "{:.0f} % [{:.0f}, {:.0f}]".format(*(100 * x for x in (found.mean, found.low, found.high)))


def told(found):
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


if __name__ == "__main__":
    main()
