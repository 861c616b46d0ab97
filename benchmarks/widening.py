"""Whether each point needs a widening of its own where settings were chosen: what intervals would cover and be wide.

    make bench-widening

Simulated sweeps in which two settings of some points tie, and the best setting of the others is clear. Intervals are
widened by the factor that is pooled over points (`sweep.statistics.noise`), or by a point's own jackknife factor, drawn
toward the pooled one as if that had so many degrees of freedom. Written to benchmarks/widening.txt; seconds.
"""

from itertools import combinations

import numpy as np

from sweep.statistics.cross_fit import cross_fit, judged, leave_one_out
from sweep.statistics.noise import noise, quantile

#: how many degrees of freedom the pooled factor counts as; None for the pooled factor alone, as it is
PRIORS = (None, 2, 4, 8, 16)
#: seeds, points, points whose settings tie, sweeps
KINDS = ((3, 10, 5, 600), (6, 10, 5, 400), (12, 10, 5, 200), (35, 3, 1, 100))
#: deviations in points: the luck of a seed, what a point's settings share at a seed, and the rest of a run
LUCK, SHARED, OWN = 0.5, 0.28, 0.5
#: by how much a setting is worse than the best, in points
WORSE = 3.0
GROUPS = ("both tie", "one ties", "neither ties")


def main():
    print(
        f"differences of two points that are equal; coverage of 95 % intervals in %, and their median half width\n\n"
        f"{'':30}" + "".join(f"{group:>16}" for group in GROUPS)
    )
    for seeds, number, tied, sweeps in KINDS:
        judged_pairs = [pair for seed in range(sweeps) for pair in one_sweep(seeds, number, tied, seed)]
        print(f"{seeds} seeds, {number} points, {tied} with ties, {sweeps} sweeps")
        for place, prior in enumerate(PRIORS):
            cells = []
            for group in GROUPS:
                rows = np.array([pair[1:] for pair in judged_pairs if pair[0] == group])
                cells.append(cell(rows[:, place]) if len(rows) else "")
            name = "pooled" if prior is None else f"own, pooled as {prior} degrees"
            print(f"  {name:28}" + "".join(f"{text:>16}" for text in cells))


def cell(rows):
    covered, halves = rows.T
    return f"{100 * covered.mean():.1f} {np.median(halves):5.2f}"


def one_sweep(seeds, number, tied, seed):
    """For each pair of points its group, and for each prior whether the interval covers zero, and half its width."""
    rng = np.random.default_rng([seeds, seed])
    worse = np.full((number, 3), WORSE)
    worse[:, 1] = 0.0
    worse[:tied, 2] = 0.0
    errors = 50 + worse[..., None] + rng.normal(0, LUCK, seeds) + rng.normal(0, SHARED, (number, 1, seeds))
    errors += rng.normal(0, OWN, errors.shape)
    complete = np.ones((number, seeds), dtype=bool)
    values = judged(errors, cross_fit(errors, complete))
    without = np.full((number, seeds, seeds), np.nan)
    for seed_out, chosen in leave_one_out(errors, complete):
        without[:, seed_out] = judged(errors, chosen)
        without[:, seed_out, seed_out] = np.nan
    left_out = np.nanmean(without, axis=-1)
    pooled = noise(values, left_out)
    # not of residuals: with few points what one point's choices do shows in the residuals of all
    jackknife = (seeds - 1) / seeds * ((left_out - left_out.mean(-1, keepdims=True)) ** 2).sum(-1)
    own = np.sqrt(np.maximum(jackknife / (values.var(-1, ddof=1) / seeds), 1.0))
    variance, _ = pooled.moderated()
    together, degrees = float(pooled.widening), seeds - 1
    factors = [
        np.full(number, together) if prior is None else (prior * together + degrees * own) / (prior + degrees)
        for prior in PRIORS
    ]
    means = values.mean(-1)
    result = []
    for first, second in combinations(range(number), 2):
        _, freedom = pooled.differences(np.array([first]), np.array([second]), seeds)
        row = []
        for factor in factors:
            error = np.sqrt((factor[first] * variance[first] + factor[second] * variance[second]) / seeds)
            half = float(quantile(freedom)[0] * error)
            row.append((float(abs(means[first] - means[second]) <= half), half))
        result.append((GROUPS[(first >= tied) + (second >= tied)], *row))
    return result


if __name__ == "__main__":
    main()
