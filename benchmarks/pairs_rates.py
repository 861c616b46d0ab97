"""What `pairs` shows of lambda and of the families at each shared learning rate, and tuned, after each length.

    make bench-pairs

Reads the ledger and trains nothing; printed to benchmarks/pairs_rates.txt.
"""

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
            print(f"{comparison(effect.contrast).replace(chr(0xA0), ' ')}\n  " + "\n  ".join(cells))
        best = tuned.points.set_index("point")["optimizer.lr"]
        print("best rates: " + ", ".join(f"{point} {rate:g}" for point, rate in best.items()))


def told(found):
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


if __name__ == "__main__":
    main()
