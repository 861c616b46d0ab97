"""Plain loops that know nothing of the code: what a cross-fitted sum of points should come to."""

from statistics import fmean, median, stdev

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


def pooled_interval(tables, weights, order=None):
    """Mean and 95 % interval of a weighted sum of points that sums to zero, from the noise of all points.

    `tables` are lists of errors by seed for each setting, by point, and `weights` numbers by point; a list of several
    (factor, tables) is a sum of numbers that were judged in several ways. Each point and seed has an error. None where
    a point is so wild that it would count less than others.
    """
    ways = tables if isinstance(tables, list) else [(1, tables)]
    points, seeds = list(ways[0][1]), range(len(next(iter(ways[0][1].values()))[0]))

    def judged(point, kept):
        fits = [(factor, cross_fit(found[point], kept, order)) for factor, found in ways]
        return [sum(factor * fit[seed] for factor, fit in fits) for seed in kept]

    def leftover(rows):
        columns = [fmean(row[s] for row in rows.values()) for s in seeds]
        grand = fmean(columns)
        return {p: [row[s] - fmean(row) - columns[s] + grand for s in seeds] for p, row in rows.items()}

    n, number = len(seeds), len(points)
    values = {p: judged(p, list(seeds)) for p in points}
    without = {p: [fmean(judged(p, [s for s in seeds if s != left])) for left in seeds] for p in points}
    squares = {p: sum(x * x for x in row) for p, row in leftover(values).items()}
    moved = {p: sum(x * x for x in row) for p, row in leftover(without).items()}
    own = {p: squares[p] / (n - 1) * number / (number - 1) for p in points}
    typical = min(fmean(own.values()), median(own.values()) / (stats.chi2.median(n - 1) / (n - 1)))
    if max(own.values()) > 8.9 * typical:
        return None
    variance = {p: (typical + (n - 1) * own[p]) / n for p in points}
    jackknife, plain = (n - 1) / n * sum(moved.values()), sum(squares.values()) / n / (n - 1)
    parts = [weight**2 * variance[p] for p, weight in weights.items()]
    freedom = min(sum(parts) ** 2 / sum(part**2 / n for part in parts), (n - 1) * (number - 1))
    widening = max(1, (jackknife / plain) ** 0.5)
    if widening > 1 + 1e-9:  # more than rounding
        # no more than a difference of two points has
        freedom = min(freedom, 2 * n)
    half = stats.t.ppf(0.975, freedom) * (sum(parts) / n * widening) ** 0.5
    mean = sum(weight * fmean(values[p]) for p, weight in weights.items())
    return mean, mean - half, mean + half
