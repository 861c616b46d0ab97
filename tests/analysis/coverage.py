"""How often a 95 % interval covers the truth, in 2,000 sweeps with known means of each kind.

    python -m tests.analysis.coverage

Error of a run = mean of its point and setting + luck of the seed, shared by all + luck of the point at the seed + noise
of the run, which has a standard deviation of 1. The truth is the expected error at the setting that n - 1 seeds choose.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sweep.analysis.estimates import standard_error
from sweep.statistics.cross_fit import cross_fit, judged, leave_one_out
from sweep.statistics.noise import quantile

SWEEPS = 2000
SHARED, OWN = 0.5, 0.3


@dataclass(frozen=True)
class Kind:
    """Mean error of a point, and of the baseline, at each setting; in standard deviations of a run's noise."""

    point: tuple[float, ...]
    baseline: tuple[float, ...]


KINDS = {
    "nothing tuned": Kind((1,), (0,)),
    "3 settings tied": Kind((1, 1, 1), (0, 0, 0)),
    "3 settings nearly tied": Kind((1, 1.5, 1.5), (0, 0.5, 0.5)),
    "3 settings apart by one": Kind((1, 2, 3), (2, 1, 0)),
    "3 settings well apart": Kind((1, 5, 9), (9, 5, 0)),
    "baseline alone well apart": Kind((1, 1.5, 1.5), (9, 0, 9)),
    "5 settings tied": Kind((1,) * 5, (0,) * 5),
    "5 settings nearly tied": Kind((1, 1.5, 1.5, 1.5, 1.5), (0, 0.5, 0.5, 0.5, 0.5)),
}


def draw(rng, means, seeds):
    """Draw errors of a point, (sweeps, settings, seeds), from the luck that its seeds bring all points."""
    own = rng.normal(0, OWN, (len(seeds), 1, seeds.shape[-1]))
    noise = rng.normal(0, 1, (len(seeds), len(means), seeds.shape[-1]))
    return np.array(means, dtype=float)[None, :, None] + seeds + own + noise


def expected(means, n, draws=40_000):
    """Tell the expected mean error of the setting that is best on n - 1 seeds, from draws of its own."""
    rng = np.random.default_rng(99)
    errors = draw(rng, means, np.zeros((draws, 1, n - 1)))
    return np.array(means, dtype=float)[errors.mean(-1).argmin(-1)].mean()


def fitted(errors):
    """Cross-fitted errors (sweeps, seeds), and the mean over the others without each seed in turn."""
    complete = np.ones((len(errors), errors.shape[-1]), dtype=bool)
    values = judged(errors, cross_fit(errors, complete))
    left_out = np.empty_like(values)
    for left, chosen in leave_one_out(errors, complete):
        left_out[:, left] = np.delete(judged(errors, chosen), left, axis=1).mean(-1)
    return values, left_out


def simulate(kind, n, sweeps=SWEEPS, seed=0):
    """Draw sweeps of a kind: for the point, and for its difference to the baseline, (values, left out, truth)."""
    rng = np.random.default_rng((seed, n))
    luck = rng.normal(0, SHARED, (sweeps, 1, n))
    point, baseline = (fitted(draw(rng, means, luck)) for means in (kind.point, kind.baseline))
    truth, base = expected(kind.point, n), expected(kind.baseline, n)
    return (*point, truth), (point[0] - baseline[0], point[1] - baseline[1], truth - base)


def covers(values, left_out, truth):
    """Share of sweeps whose interval covers the truth: the product's, plain Student's t, and a jackknife alone."""
    n = values.shape[-1]
    off = np.abs(values.mean(-1) - truth)
    jackknife = np.sqrt((n - 1) * left_out.var(-1))
    errors = (standard_error(values, left_out), stats.sem(values, axis=-1), jackknife)
    return [float((off <= quantile(n - 1) * error).mean()) for error in errors]


def report():
    """Print the coverage of each interval by kind and number of seeds."""
    print(
        f"{SWEEPS} sweeps each; coverage of 95 % intervals in %: ours, Student's t, jackknife with settings chosen anew"
    )
    print(f"{'':28}{'mean':>24}{'paired difference':>24}")
    for n in (2, 3, 6, 10):
        for name, kind in KINDS.items():
            cells = ["  ".join(f"{100 * share:6.1f}" for share in covers(*found)) for found in simulate(kind, n)]
            print(f"{n:2} seeds, {name:27}{cells[0]:>24}{cells[1]:>24}")


if __name__ == "__main__":
    report()
