"""What would make shrunk intervals narrower at four seeds, and what it costs: 300 simulated sweeps of each kind.

    python -m benchmarks.shrunk [sweeps]

Takes five minutes of a core. On sweeps like fashion they are 0.57 of the width of each difference alone where effects
are a trend or a lone outlier; 0.55 was asked for. What shrunk.txt says of that:

- Told the scatter of points exactly, intervals are as wide (0.56, 0.57): that it is estimated from ten points costs
  nothing, so no exact degrees of freedom and no other prior for it gain anything without a loss.
- A prior that leans toward less scatter does narrow them, to 0.53 to 0.56, by drawing points too far: coverage of a
  trend falls from 94.0 to 92.8 or 91.4 %, at its worst point from 90 to 86 or 83 %, and estimates are further off.
  So does a prior by which points have more equal noise (93.3 %; it would cost most where the baseline is noisier).
- A line in what the trend follows makes that 0.53 and covers 95.3 %, but whoever compares points does not know what
  it follows, and where there is no trend intervals are wider by 0.04: 0.57 and 0.61.
- For a lone outlier 0.46 would do for the other nine, and the outlier itself is covered in 47 %.

So the estimate stays as it is. More seeds of the baseline narrow shrunk intervals by a tenth (intervals.txt, 4+8).
"""

import sys
from contextlib import contextmanager

import numpy as np

from sweep.statistics import hierarchy
from tests.sweep_statistics.coverage import LIKE, POINTS, Judged, of_each_alone, simulate

ABOUT = """\
{} sweeps of 10 points and 4 seeds, like fashion. Coverage in % of shrunk 95 % intervals of the differences to the
baseline, over all nine and at the worst of them; se: the standard error of the first, from sweep to sweep. Width: the
median as a share of that of each difference alone (commit 684e0f8)."""
#: scatter of points about their level, beside that of the point at a setting, as `coverage.simulate` makes it
EFFECTS = {
    "scatter": LIKE["fashion"].effect ** 2,
    "trend": float(np.var(np.linspace(-1.6, 1.6, POINTS) * LIKE["fashion"].effect, ddof=1)),
    "outlier": float(np.var([0.0] * (POINTS - 1) + [2 * min(LIKE["fashion"].noise)], ddof=1)),
}
AT_A_SETTING = LIKE["fashion"].scatter[0] ** 2


def known(variance):
    """Scatters that are told, in place of those that the runs leave open."""
    return lambda means, noise, has, x, uniform: np.full(len(uniform), variance)


def half_cauchy(width):
    """Scatters with a prior that falls beyond so many standard errors of a typical mean, in place of a flat one."""

    def drawn(means, noise, has, x, uniform):
        y, v = means[has], noise[has]
        tried = (hierarchy.SCATTERS * np.sqrt(np.median(v))) ** 2
        weights = 1 / (v + tried[:, None])
        level, _, total, across, _ = hierarchy._line(y, weights, None)
        rest = (weights * (y - level[:, None]) ** 2).sum(-1)
        log = 0.5 * (np.log(weights).sum(-1) - np.log(total) - np.log(across) - rest)
        prior = np.gradient(hierarchy.SCATTERS) / (1 + (hierarchy.SCATTERS / width) ** 2)
        share = np.cumsum(np.exp(log - log.max()) * prior)
        return tried[np.minimum(np.searchsorted(share / share[-1], uniform), len(tried) - 1)]

    return drawn


@contextmanager
def changed(**values):
    """Let the estimate have other priors meanwhile."""
    before = {name: getattr(hierarchy, name) for name in values}
    for name, value in values.items():
        setattr(hierarchy, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(hierarchy, name, value)


def shrunk(sweeps, covariate=None):
    """Intervals of the hierarchical estimate, about a line in a covariate if there is one."""
    drawn = [hierarchy.draw(one, np.random.default_rng(0), [0], covariate) for one in sweeps.errors]
    apart = np.stack(drawn)
    apart = apart[:, :, 1:] - apart[:, :, :1]
    low, high = np.quantile(apart, [0.025, 0.975], axis=1)
    truth = sweeps.truth[:, 1:] - sweeps.truth[:, :1]
    return Judged((low <= truth) & (truth <= high), (high - low) / 2, apart.mean(1) - truth)


def main(sweeps):
    """Print the table."""
    print(ABOUT.format(sweeps))
    print(f"{'':10}{'':52}   cover   se  worst  width  rms off")
    for effect, variance in EFFECTS.items():
        found = simulate("fashion", effect, "equal", 4, sweeps)
        alone = np.median(of_each_alone(found).half)
        variants = {
            "as it is": ({}, None),
            "the scatter of points told": ({"_scatters": known(variance + AT_A_SETTING)}, None),
            "the scatter of the points that are no outliers told": ({"_scatters": known(AT_A_SETTING)}, None),
            "half-Cauchy prior of scatter, 2 standard errors": ({"_scatters": half_cauchy(2.0)}, None),
            "half-Cauchy prior of scatter, 1 standard error": ({"_scatters": half_cauchy(1.0)}, None),
            "noise more alike: priors of 8, baseline 4": ({"PRIOR": 8.0, "BASELINE": 4.0}, None),
            "a line in the order of the points": ({}, np.arange(float(POINTS))),
        }
        for name, (values, covariate) in variants.items():
            if "outliers" in name and effect != "outlier":
                continue
            with changed(**values):
                made = shrunk(found, covariate)
            cover, error = 100 * made.covered.mean(), 100 * made.covered.mean(1).std() / np.sqrt(sweeps)
            worst, width = 100 * made.covered.mean(0).min(), np.median(made.half) / alone
            off = np.sqrt((made.off**2).mean())
            print(f"{effect:10}{name:52}{cover:8.1f}{error:5.1f}{worst:7.1f}{width:7.2f}{off:9.3f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
