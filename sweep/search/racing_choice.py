"""Which run would make the undecided claims most certain."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sweep.search.posterior import Posterior, RandomNumbers
from sweep.search.posterior_scale import Array

#: Of runs that are this near to the best, relatively, the first is taken, so that the last bits of a sum decide nothing.
TIE = 1e-9
#: Point, setting and seed of a run, as places.
Run = tuple[int, int, int]


class Outlook:
    """How much each possible run would tell of some targets, once others are in.

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

    def outcome(self, cell: int) -> Array:
        """What a run of a cell would give in each draw, noise and what is known left out."""
        return self._outcomes[cell]


def choose(
    posterior: Posterior,
    targets: Array,
    tried: NDArray[np.bool_],
    pending: Iterable[tuple[int, Run]],
    numbers: range,
    random: RandomNumbers,
) -> list[Run]:
    """Choose the runs that tell most of the targets, one after the other, each as if those before it were in.

    Args:
        posterior: what is known.
        targets: of shape (targets, draws).
        tried: of shape (points, settings, seeds), which runs were asked for or cannot be; seeds are taken in their order.
        pending: number and run of each ask that was made and is not in.
        numbers: the numbers of the asks to come.
        random: the race's random numbers.

    Returns:
        At most `len(numbers)` runs; fewer where no more are left.
    """
    tried = tried.copy()
    points, settings, seeds = tried.shape
    noise = random.rows("noise", numbers.stop) * posterior.noise
    cells = posterior.draws.reshape(points * settings, -1)
    upcoming = np.minimum(tried.reshape(-1, seeds).argmin(axis=1), seeds - 1)
    outlook = Outlook(targets, cells + posterior.seeds[upcoming], posterior.noise**2)
    for number, (point, setting, seed) in pending:
        outlook.observe(posterior.draws[point, setting] + posterior.seeds[seed] + noise[number])
    chosen: list[Run] = []
    for number in numbers:
        gains = np.where(tried.all(axis=2).ravel(), -1.0, outlook.gains())
        cell = int((gains >= gains.max() * (1 - TIE)).argmax())
        if gains[cell] < 0:
            break
        point, setting = divmod(cell, settings)
        seed = int(tried[point, setting].argmin())
        chosen.append((point, setting, seed))
        tried[point, setting, seed] = True
        outlook.observe(outlook.outcome(cell) + noise[number])
    return chosen
