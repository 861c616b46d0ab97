"""The choice of the run that makes the undecided claims most certain."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sweep.search.posterior import Posterior, RandomNumbers
from sweep.search.posterior_scale import Array

#: Of runs that are relatively this near to the best the first is taken, so that the last bits of a sum decide nothing.
TIE = 1e-9
#: Point, setting and seed of a run, as places.
Run = tuple[int, int, int]
#: Whether a run was asked for or cannot be, of shape (points, settings, seeds).
Tried = NDArray[np.bool_]
#: More runs than these are not counted when it is asked how many would decide a claim.
MOST_COUNTED = 50


class Outlook:
    """How much each possible run would reduce the variance of some targets, given other runs.

    Args:
        targets: of shape (targets, draws), what shall become certain.
        outcomes: of shape (cells, draws), what the next run of each cell would give in each draw, noise left out.
        noise: variance of a run.
    """

    def __init__(self, targets: Array, outcomes: Array, noise: float) -> None:
        targets = targets - targets.mean(axis=1, keepdims=True)
        self._outcomes = outcomes - outcomes.mean(axis=1, keepdims=True)
        self._noise, self._draws = noise, outcomes.shape[1]
        self._covariance = self._outcomes @ targets.T / self._draws
        self._variance = (self._outcomes**2).mean(axis=1)
        self._targets = targets

    def observe(self, result: Array) -> None:
        """Count a run as known whose result in each draw is given, noise included: what it explains is taken away."""
        result = result - result.mean()
        unit = result / np.sqrt((result**2).mean())
        of_outcomes, of_targets = self._outcomes @ unit / self._draws, self._targets @ unit / self._draws
        self._outcomes -= of_outcomes[:, None] * unit
        self._targets -= of_targets[:, None] * unit
        self._covariance -= of_outcomes[:, None] * of_targets
        self._variance -= of_outcomes**2

    def gains(self) -> Array:
        """Variance of the targets, summed, that a run of each cell would take away; of shape (cells,)."""
        explained: Array = (self._covariance**2).sum(axis=1) / (np.maximum(self._variance, 0) + self._noise)
        return explained

    def deviations(self) -> Array:
        """The remaining deviation of each target, of shape (targets,)."""
        remaining: Array = np.sqrt((self._targets**2).mean(axis=1))
        return remaining

    def outcome(self, cell: int) -> Array:
        """The result of a run of a cell in each draw, without noise and without what other runs explain."""
        outcome: Array = self._outcomes[cell]
        return outcome


def choose(
    posterior: Posterior,
    targets: Array,
    tried: Tried,
    pending: Iterable[tuple[int, Run]],
    numbers: range,
    random: RandomNumbers,
) -> list[Run]:
    """Choose the runs that tell most of the targets, one after the other, each as if those before it were in.

    Args:
        posterior: what is known.
        targets: of shape (targets, draws).
        tried: which runs were asked for or cannot be; a point's seeds are taken in their order.
        pending: number and run of each ask that was made and is not in.
        numbers: the numbers of the asks to come.
        random: the race's random numbers.

    Returns:
        At most `len(numbers)` runs; fewer where no more are left.
    """
    tried = tried.copy()
    noise = random.rows("noise", numbers.stop) * posterior.noise
    outlook = _outlook(posterior, targets, tried)
    for number, (point, setting, seed) in pending:
        outlook.observe(posterior.draws[point, setting] + posterior.seeds[seed] + noise[number])
    chosen: list[Run] = []
    for number in numbers:
        run = _take(outlook, tried, noise[number])
        if run is None:
            break
        chosen.append(run)
    return chosen


def runs_to_decide(
    posterior: Posterior, target: Array, deviation: float, tried: Tried, random: RandomNumbers
) -> int | None:
    """How many more runs, chosen for this alone, would bring the deviation of a target down to what is wanted.

    Args:
        posterior: what is known.
        target: of shape (draws,).
        deviation: the deviation that is wanted.
        tried: which runs were asked for or cannot be.
        random: the race's random numbers.

    Returns:
        None if it takes more than `MOST_COUNTED`, or more than are left.
    """
    tried = tried.copy()
    noise = random.rows("what if", MOST_COUNTED) * posterior.noise
    outlook = _outlook(posterior, target[None], tried)
    for count in range(MOST_COUNTED):
        if outlook.deviations()[0] <= deviation:
            return count
        if _take(outlook, tried, noise[count]) is None:
            return None
    return None


def _outlook(posterior: Posterior, targets: Array, tried: Tried) -> Outlook:
    points, settings, seeds = tried.shape
    cells = posterior.draws.reshape(points * settings, -1)
    upcoming = tried.reshape(-1, seeds).argmin(axis=1)
    return Outlook(targets, cells + posterior.seeds[upcoming], posterior.noise**2)


def _take(outlook: Outlook, tried: Tried, noise: Array) -> Run | None:
    """The run that tells most, marked as tried and counted as known; None if no run is left."""
    gains = np.where(tried.all(axis=2).ravel(), -1.0, outlook.gains())
    cell = int((gains >= gains.max() * (1 - TIE)).argmax())
    if gains[cell] < 0:
        return None
    point, setting = divmod(cell, tried.shape[1])
    seed = int(tried[point, setting].argmin())
    tried[point, setting, seed] = True
    outlook.observe(outlook.outcome(cell) + noise)
    return point, setting, seed
