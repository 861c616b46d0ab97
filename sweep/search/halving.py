"""Successive halving: many points on short schedules, the better ones on longer ones, rung by rung.

A run of a rung is a whole schedule of that many epochs, not a part of a longer one. Jamieson and Talwalkar 2016
(arXiv 1502.07943); rungs are synchronous, so that which runs go on depends on no worker's speed.
"""

from collections.abc import Mapping

import numpy as np
from moocore import pareto_rank
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.search.budget import Budget
from sweep.search.history import BARRIER, Answer, Barrier, Choice, Seen, Stop
from sweep.search.pool import Pool

#: The share of a budget for exploring, if it also confirms.
EXPLORING = 0.6
#: After so many draws that were made before, the first cell that was not is taken.
DRAWS = 64

Cell = tuple[int, int]


class Halving:
    """Proposes points and settings at random at the shortest length, then the best of each length at the next one.

    Args:
        pool: what to choose from; with two lengths or more.
        runs: most runs, those that confirm included; None: as many as `hours` allow.
        hours: most hours of training by forecast; None: as many as `runs` take.
        keep: one of so many goes on to the next length.
        costs: of shape (points, objectives): costs to minimise beside the error; None: the error alone.
        confirm: whether finalists are confirmed.
        seed: of its random numbers.

    Raises:
        SweepError: the pool has one length, no setting is tried at all lengths, or the budget ends before the last.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        runs: int | None = None,
        hours: float | None = None,
        keep: int = 3,
        costs: NDArray[np.float64] | None = None,
        confirm: bool = True,
        seed: int = 0,
    ) -> None:
        rungs = range(len(pool.rungs))
        if len(rungs) < 2:
            raise SweepError("halving needs lengths: two numbers of epochs or more, the last of which is judged")
        self._settings = [
            place
            for place in range(len(pool.settings))
            if all(pool.combinations is None or (place, rung) in pool.combinations for rung in rungs)
        ]
        if not self._settings:
            raise SweepError("halving needs a nuisance setting that is tried at every length")
        self._pool, self._costs, self._seed = pool, costs, seed
        budget = Budget.of(pool, runs, hours)
        exploring = EXPLORING if confirm else 1
        firsts = [len(pool) * len(self._settings)]
        if budget.runs is not None:
            firsts.append(int(budget.runs * exploring / sum(keep**-rung for rung in rungs)))
        if budget.hours is not None:
            firsts.append(int(budget.hours * exploring / sum(keep**-rung * budget.mean[rung] for rung in rungs)))
        self._sizes = [min(firsts) // keep**rung for rung in rungs]
        if not self._sizes[-1]:
            halving = f"halve over {len(rungs)} lengths"
            if budget.hours is not None:
                hours = sum(keep ** rungs[-1 - rung] * budget.mean[rung] for rung in rungs) / exploring
                budget.insist_on(float(hours), f"the least is to {halving}")
            least = int(np.ceil(sum(keep**rung for rung in rungs) / exploring))
            raise SweepError(f"runs: {budget.runs:,} is too few to {halving}; it takes {least:,}")

    @property
    def most(self) -> tuple[int, int]:
        """The largest number of runs over all lengths, and of those at the longest length."""
        return sum(self._sizes), self._sizes[-1]

    def explore(self, seen: Seen, number: int) -> Choice | Stop | Barrier:
        """A draw at the first length, or the best of a length that was not yet run at the next one."""
        seed = self._pool.seeds[0]
        answers: list[dict[Cell, Answer | None]] = [{} for _ in self._sizes]
        for _, choice, answer in seen:
            if choice.phase == "explore" and choice.seed == seed:
                answers[choice.rung][choice.point, choice.setting] = answer
        if len(answers[0]) < self._sizes[0]:
            return Choice(*self._drawn(answers[0], number), seed, 0)
        for rung in range(1, len(self._sizes)):
            if len(answers[rung]) >= self._sizes[rung]:
                continue
            has_begun = bool(answers[rung])
            if not has_begun and any(answer is None for answer in answers[rung - 1].values()):
                return Barrier()
            for point, setting in self._best(answers[rung - 1], self._sizes[rung]):
                if (point, setting) not in answers[rung]:
                    return Choice(point, setting, seed, rung, origin={} if has_begun else {BARRIER: True})
        return Stop("every length was run")

    def _drawn(self, answers: Mapping[Cell, Answer | None], number: int) -> Cell:
        generator = np.random.default_rng([self._seed, number])
        for _ in range(DRAWS):
            cell = (
                int(generator.integers(len(self._pool))),
                self._settings[int(generator.integers(len(self._settings)))],
            )
            if cell not in answers:
                return cell
        return next(
            (point, setting)
            for point in range(len(self._pool))
            for setting in self._settings
            if (point, setting) not in answers
        )

    def _best(self, answers: Mapping[Cell, Answer | None], size: int) -> list[Cell]:
        """The best cells of a length: those on the front, then those on the front of the others, and so on."""
        done = {cell: answer.error for cell, answer in sorted(answers.items()) if answer and answer.error is not None}
        if not done:
            return []
        cells, errors = list(done), np.array(list(done.values()), dtype=float)
        ranks = errors
        if self._costs is not None:
            costs = self._costs[[point for point, _ in cells]]
            ranks = pareto_rank(np.column_stack([errors, costs]))
        order = np.lexsort((np.arange(len(cells)), errors, ranks))
        return [cells[place] for place in order[:size].tolist()]
