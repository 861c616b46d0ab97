"""Plain loops that know nothing of the code: what a cross-fitted sum of points should come to."""

from statistics import fmean, stdev

from scipy import stats


def cross_fit(table, seeds, order=None):
    """Error at each of the seeds, at the setting with the lowest mean on the other ones; no run failed.

    `table` is a list of errors by seed for each setting; of equal settings the first of `order` is taken.
    """
    order = [k for k in order or range(len(table)) if k < len(table)]
    found = {}
    for seed in seeds:
        others = [other for other in seeds if other != seed] or [seed]
        best = min(order, key=lambda k: round(fmean(table[k][other] for other in others), 9))
        found[seed] = table[best][seed]
    return found


def interval(parts, order=None):
    """Mean and 95 % interval of a weighted sum of points, each cross-fitted: `parts` are (weight, table)."""
    seeds = range(len(parts[0][1][0]))

    def total(kept):
        fits = [(weight, cross_fit(table, kept, order)) for weight, table in parts]
        return [sum(weight * fit[seed] for weight, fit in fits) for seed in kept]

    values, n = total(list(seeds)), len(seeds)
    left_out = [fmean(total([seed for seed in seeds if seed != left])) for left in seeds]
    plain = stdev(values) ** 2 / n
    jackknife = (n - 1) / n * sum((one - fmean(left_out)) ** 2 for one in left_out)
    half = stats.t.ppf(0.975, n - 1) * max(plain, (plain * jackknife) ** 0.5) ** 0.5
    return fmean(values), fmean(values) - half, fmean(values) + half
