"""What stands beside racing: calls about a front by simpler means, from the same recorded runs.

Each takes errors of shape (points, settings, seeds), points cheapest first, and returns `Calls`.
"""

import numpy as np
from scipy import stats

from benchmarks.replay_scores import Calls


def front_of(errors):
    """1 where a point is better than all cheaper ones, else -1; unknown errors are inf."""
    cheaper = np.concatenate([[np.inf], np.minimum.accumulate(errors)[:-1]])
    return np.where(errors < cheaper, 1, -1)


def means(errors, seeds):
    """The front of the means of so many seeds of everything."""
    return Calls(front_of(errors[..., :seeds].mean(-1).min(1)), errors[..., :seeds].size)


def intervals(errors, seeds, confidence=0.95):
    """Calls where a one-sided paired t interval of every difference that matters excludes zero."""
    runs = errors[..., :seeds]
    tuned = runs[np.arange(len(runs)), runs.mean(-1).argmin(1)]
    difference = tuned.mean(-1)[:, None] - tuned.mean(-1)
    deviation = (tuned[:, None] - tuned[None]).std(-1, ddof=1)
    return Calls(
        _by_radius(difference, stats.t.ppf(confidence, seeds - 1) * deviation / np.sqrt(seeds)), float(runs.size)
    )


def _by_radius(difference, radius):
    cheaper = np.tril(np.ones_like(difference, dtype=bool), -1)
    off = ((difference > radius) & cheaper).any(1)
    on = ((difference < -radius) | ~cheaper).all(1)
    return np.where(on, 1, np.where(off, -1, 0))


def naive_race(errors, seeds, deviations=1.64):
    """Seed by seed, without settings that are worse by so many deviations, and without points that are called."""
    points, settings, _ = errors.shape
    active = np.ones((points, settings), dtype=bool)
    mean, called, paid = np.full((points, settings), np.inf), np.zeros(points, dtype=int), 0
    cheaper, variance = np.tril(np.ones((points, points), dtype=bool), -1), None
    for count in range(1, seeds + 1):
        mean = np.where(active, errors[..., :count].mean(-1), mean)
        paid += int(active.sum())
        if count == 1:
            continue
        live = active.any(1)
        tuned = errors[np.arange(points), mean.argmin(1), :count][live]
        residual = tuned - tuned.mean(1, keepdims=True)
        residual = residual - residual.mean(0)
        if len(tuned) >= 3 or variance is None:
            variance = (residual**2).sum() / max((len(tuned) - 1) * (count - 1), 1)
        radius = deviations * np.sqrt(2 * variance / count)
        lowest = mean.min(1)
        active &= mean - lowest[:, None] <= radius
        difference = lowest[:, None] - lowest
        called = np.where(called == 0, _by_radius(difference, radius), called)
        undecided = called == 0
        rivals = (np.abs(difference) <= radius) & cheaper & undecided[:, None]
        active &= (undecided | ((called != -1) & rivals.any(0)))[:, None]
        if not active.any():
            break
    return Calls(called, paid)


def halving(errors, seeds):
    """Seed by seed the better half of each point's settings, and the points nearest to a call, with their rivals."""
    points, settings, _ = errors.shape
    active = np.ones((points, settings), dtype=bool)
    mean, paid, kept_settings, kept_points = np.full((points, settings), np.inf), 0, settings, points
    for count in range(1, seeds + 1):
        mean = np.where(active, errors[..., :count].mean(-1), mean)
        paid += int(active.sum())
        kept_settings, kept_points = max(1, -(-kept_settings // 2)), max(2, -(-kept_points // 2))
        active &= mean.argsort(1).argsort(1) < kept_settings
        lowest = mean.min(1)
        gap = np.concatenate([[np.inf], np.abs(lowest[1:] - np.minimum.accumulate(lowest)[:-1])])
        kept = gap.argsort().argsort() < kept_points
        rivals = np.zeros(points, dtype=bool)
        for point in np.flatnonzero(kept):
            if point:
                rivals[lowest[:point].argmin()] = True
        active &= (kept | rivals)[:, None]
    return Calls(front_of(mean.min(1)), paid)


def optuna_search(sampler, errors, costs, runs):
    """A front as found by an Optuna sampler over points and settings, error against cost, first seed first.

    Every run of a point and setting takes the next seed; points that were never run are off the front.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    points, settings, seeds = errors.shape
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    count, total = np.zeros((points, settings), dtype=int), np.zeros((points, settings))
    space = {
        "point": optuna.distributions.IntDistribution(0, points - 1),
        "setting": optuna.distributions.IntDistribution(0, settings - 1),
    }
    for _ in range(runs):
        trial = study.ask(space)
        cell = trial.params["point"], trial.params["setting"]
        error = float(errors[cell][count[cell] % seeds])
        count[cell] += 1
        total[cell] += error
        study.tell(trial, [error, float(costs[cell[0]])])
    mean = np.where(count > 0, total / np.maximum(count, 1), np.inf)
    return Calls(front_of(mean.min(1)), runs)


def constant(points, call):
    """The same call of every point, the cheapest on the front."""
    return Calls(np.concatenate([[1], np.full(points - 1, call)]), 0)
