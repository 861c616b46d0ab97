"""What `pairs` shows of lambda and of the families at each shared learning rate, and tuned, after each length.

    make bench-pairs

Reads the ledger and trains nothing; printed to benchmarks/pairs_rates.txt.
"""

import math
from pathlib import Path

from sweep import Ledger, frame
from sweep.analysis.estimates import estimate
from sweep.analysis.nuisance import tune
from sweep.analysis.rate import rate_effects
from sweep.analysis.separation import separate
from sweep.analysis.study import Study
from sweep.report.cards.contrast_names import comparison

LEDGER = Path("results/pairs/ledger.sqlite")


def main():
    with Ledger.open(LEDGER) as ledger:
        study = Study(frame(ledger, kernels=False))
    contrasts = [one.contrast for one in study.compared]
    print("pairs: differences in points of error with 95 % intervals, each by itself")
    for epochs, one in study.frame.lengths.items():
        tuned, found = tune(one), separate(one)
        signals = f"{found.error:.2f} by error, {found.loss:.2f} by loss"
        print(f"\nafter {epochs} epochs; signal over noise of a run {signals}")
        for effect in rate_effects(one, tuned, contrasts):
            cells = [f"{rate:g}: {told(estimate(at.naive))}" for (rate,), at in effect.effects.items()]
            cells.append(f"tuned: {told(estimate(next(iter(effect.effects.values())).tuned))}")
            if math.isfinite(effect.share.mean):
                share = (100 * x for x in (effect.share.mean, effect.share.low, effect.share.high))
                cells.append("tuning took {:.0f} % [{:.0f}, {:.0f}] of what the lowest rate shows".format(*share))
            print(f"{comparison(effect.contrast).replace(chr(0xA0), ' ')}\n  " + "\n  ".join(cells))
        best = tuned.points.set_index("point")["optimizer.lr"]
        means = one.runs.pivot_table(index="point", columns="optimizer.lr", values="error")
        print(f"{'mean errors at':20}" + "".join(f"{rate:>8g}" for rate in means) + "    best")
        for point, rate in best.items():
            print(f"{point:20}" + "".join(f"{error:8.2f}" for error in means.loc[point]) + f"{rate:>8g}")


def told(found):
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


if __name__ == "__main__":
    main()
