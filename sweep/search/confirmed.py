"""Explore, then confirm: the finalists of any explorer get fresh seeds, and only these runs are evidence."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
from moocore import is_nondominated
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.search.budget import Budget, Spending
from sweep.search.draws import Explorer
from sweep.search.history import BARRIER, Barrier, Choice, Seen, Stop
from sweep.search.pool import Pool

#: The finalists are chosen again after so many asks, or after this share of the budget if that is less.
BLOCK, BLOCK_SHARE = 16, 1 / 16
#: At most this share of a budget confirms.
MOST_CONFIRMING = 0.5


class Confirmed:
    """A strategy that explores until the rest of its budget is needed to confirm its finalists.

    Finalists are the points that no point of at most their costs beats, by the means of what was explored, each at its
    best setting; and the points that these are compared with.

    Args:
        explorer: proposes what is explored.
        pool: what it chooses from.
        runs: most runs, confirmation included; None: as many as `hours` allow.
        hours: most hours of training by forecast, confirmation included; None: as many as `runs` take.
        costs: of shape (points, objectives): costs to minimise beside the error; None: the error alone.
        confirm: fresh seeds of each finalist; 0 for none.
        lag: how many asks may be open while the next is made.

    Raises:
        SweepError: the budget cannot hold one run of a point and its confirmation.
    """

    def __init__(
        self,
        explorer: Explorer,
        pool: Pool,
        *,
        runs: int | None = None,
        hours: float | None = None,
        costs: NDArray[np.float64] | None = None,
        confirm: int = 4,
        lag: int = 8,
    ) -> None:
        budget = Budget.of(pool, runs, hours)
        once = f"a point is run once, and confirmed with {confirm} fresh seeds"
        if budget.runs is not None and budget.runs < 1 + confirm:
            raise SweepError(f"runs: {budget.runs:,} is too few: {once}")
        if budget.hours is not None:
            # an explored point may be the cheapest one; finalists are compared with a baseline
            compared = pool.baseline[pool.baseline >= 0]
            least = budget.each[compared if len(compared) else slice(None), -1].min()
            budget.insist_on(least * confirm + budget.each[:, -1].min(), once)
        self._explorer, self._pool, self._budget, self._costs = explorer, pool, budget, costs
        self._spending = Spending(budget)
        expected = budget.expected_runs
        self.lag = min(lag, expected // 4)
        self._block = max(1, min(BLOCK, int(expected * BLOCK_SHARE)))
        self._fresh = tuple(max(pool.seeds) + 1 + place for place in range(confirm))
        self._looked: tuple[int, int] | None = None
        self._history: object = None
        self._found: list[Choice] = []

    def next(self, seen: Seen, number: int) -> Choice | Stop | Barrier:
        """A run that explores, or a fresh seed of a finalist."""
        budget, spent = self._budget, self._spending.hours(seen)
        used = budget.share(len(seen), spent)
        if used >= 1:
            return Stop(budget.spent)
        explored: Choice | Stop | Barrier | None = None
        if not self._fresh or used < 1 - MOST_CONFIRMING:
            explored = self._explorer.explore(seen, number)
            if not isinstance(explored, Stop) or not self._fresh:
                return explored
        every = self._confirming(seen, number)
        remaining = [choice for choice in every if not seen.asked(choice)]
        # after it began to confirm, it explores again only if its budget was raised
        spare = self._block if len(remaining) < len(every) else 0
        hours = spent + budget.hours_of(remaining) + spare * float(budget.mean[-1])
        if explored is None and budget.share(len(seen) + len(remaining) + spare, hours) < 1:
            explored = self._explorer.explore(seen, number)
            if not isinstance(explored, Stop):
                return explored
        if isinstance(explored, Stop) and seen.settled < self._ended(seen):
            # the last runs that explored count as well
            if not seen.all_in:
                return Barrier()
            remaining = [choice for choice in self._confirmation(self._errors(seen, number)) if not seen.asked(choice)]
            return replace(remaining[0], origin={BARRIER: True}) if remaining else Stop("every finalist was confirmed")
        return remaining[0] if remaining else Stop("every finalist was confirmed")

    @staticmethod
    def _ended(seen: Seen) -> int:
        """The number of the last ask that explored."""
        return max((number for number, choice in seen.choices() if choice.phase == "explore"), default=-1)

    def _confirming(self, seen: Seen, number: int) -> list[Choice]:
        """Every fresh run of the finalists, by what was known when they were looked for."""
        looked = max(number - number % self._block - self.lag, seen.settled)
        if self._looked != (looked, id(seen._history)):
            self._found = self._confirmation(self._errors(seen, looked))
            # the cache is for this history only; the reference keeps it alive
            self._looked, self._history = (looked, id(seen._history)), seen._history
        return self._found

    def _errors(self, seen: Seen, before: int) -> dict[tuple[int, int, int, int], float]:
        """Errors of the runs that explored at the length that is judged, of asks before a number."""
        return {
            choice.run: answer.error
            for each, choice, answer in seen
            if each < before and choice.phase == "explore" and answer and answer.error is not None
            if choice.rung == len(self._pool.rungs) - 1
        }

    def _confirmation(self, errors: dict[tuple[int, int, int, int], float]) -> list[Choice]:
        by_cell: dict[tuple[int, int], list[float]] = defaultdict(list)
        for (point, setting, _, _), error in errors.items():
            by_cell[point, setting].append(error)
        best: dict[int, tuple[float, int]] = {}
        for (point, setting), values in sorted(by_cell.items()):
            mean = float(np.mean(values))
            if point not in best or mean < best[point][0]:
                best[point] = mean, setting
        finalists = self._finalists(best)
        baselines = {int(self._pool.baseline[point]) for point in finalists} - {-1}
        # a baseline that was never explored is confirmed at the setting that is best for most finalists
        settings = [best[point][1] for point in finalists]
        usual = max(set(settings), key=lambda setting: (settings.count(setting), -setting), default=0)
        return [
            Choice(point, best[point][1] if point in best else usual, seed, len(self._pool.rungs) - 1, "confirm")
            for seed in self._fresh
            for point in (*finalists, *sorted(baselines - set(finalists)))
        ]

    def _finalists(self, best: dict[int, tuple[float, int]]) -> list[int]:
        """The Pareto front; if it is too large to confirm, its points with the lowest errors."""
        points = np.array(sorted(best), dtype=np.int64)
        errors = np.array([best[point][0] for point in points.tolist()])
        objectives = errors[:, None] if self._costs is None else np.column_stack([errors, self._costs[points]])
        front = np.flatnonzero(is_nondominated(objectives, keep_weakly=True)).tolist() if len(points) else []
        lowest, rung = sorted(front, key=lambda place: errors[place]), len(self._pool.rungs) - 1
        fresh = np.arange(1, 1 + len(lowest)) * max(len(self._fresh), 1)
        each = [self._budget.hours_of([Choice(int(points[place]), 0, 0, rung)]) for place in lowest]
        hours = np.cumsum(each) * len(self._fresh)
        shares = [self._budget.share(*spent) for spent in zip(fresh.tolist(), hours.tolist(), strict=True)]
        most = max(1, sum(share <= MOST_CONFIRMING for share in shares))
        lowest = lowest[:most]
        return sorted(int(points[place]) for place in lowest)
