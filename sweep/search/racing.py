"""A race: points and settings that can no longer matter get no more runs, and the finalists get fresh seeds."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.search.budget import Budget
from sweep.search.history import Choice, Phase, Seen, Stop
from sweep.search.pool import Pool
from sweep.search.posterior import Posterior, RandomNumbers, condition
from sweep.search.posterior_model import Hyper, Model
from sweep.search.posterior_scale import Array, Runs, Scale
from sweep.search.racing_choice import choose, runs_to_decide
from sweep.search.racing_claims import Goal, Judgement
from sweep.search.racing_features import point_features, setting_features
from sweep.search.racing_record import Record
from sweep.search.racing_start import best_cells, first_runs, repeats

EXPLORED: tuple[Phase, ...] = ("explore",)
PHASES: tuple[Phase, ...] = ("explore", "confirm")
#: Joint draws that a claim's probability is counted in.
DRAWS = 256
#: The model is consulted anew when the asks have grown by this share; until then it plans ahead.
BLOCK = 1 / 25
#: Its deviations and length scales are fitted anew when the asks have grown by this.
REFIT = 1.4
SWEEPS_FIRST, SWEEPS = 4, 2
#: Degrees of freedom of the fitted deviations: runs through this, at least three.
RUNS_PER_DEGREE, LEAST_DEGREES = 4, 3
#: Finalists get their fresh seeds as soon as every claim's doubt is at most this many times what it may be in the end:
#: those runs tell of the claims, too. What they leave undecided is explored further.
EARLY = 3.0
#: Most points, and most points x settings, that a race can hold in memory and think about in a second.
MOST_POINTS, MOST_CELLS = 2_000, 10_000


@dataclass(frozen=True)
class Standing:
    """Where a race stands.

    judgement: what is claimed. settings: place of each point's best setting, by explored runs alone.
    to_decide: point -> how many more runs would decide it, None if more than is worth counting.
    errors: expected error of each point at its best setting, and its 95 % interval, in per cent, of shape (points, 3).
    """

    judgement: Judgement
    settings: tuple[int, ...]
    to_decide: dict[int, int | None]
    errors: Array


class Racing:
    """Asks for the run that decides most about the undecided claims, and for fresh seeds of the finalists.

    Args:
        pool: what to choose from; at most 2,000 points and 10,000 points x settings.
        goal: the question.
        confidence: a claim is made if it has this probability.
        lag: how many asks may be open while the next is made.
        confirm: number of fresh seeds of each finalist and its baseline; 0 for none.
        runs: most runs to ask for, confirmation included; None: until nothing is undecided, or nothing is left to run.
        hours: most hours of training by forecast, as `runs`; whichever is spent first ends the race.
        seed: of the race's own random numbers.

    Raises:
        SweepError: the pool is too large, or `runs` or `hours` are fewer than a race begins with.
    """

    def __init__(
        self,
        pool: Pool,
        goal: Goal,
        *,
        confidence: float = 0.95,
        lag: int = 8,
        confirm: int = 4,
        runs: int | None = None,
        hours: float | None = None,
        seed: int = 0,
    ) -> None:
        points, settings, seeds = len(pool), len(pool.settings), len(pool.seeds)
        if points > MOST_POINTS or points * settings > MOST_CELLS:
            raise SweepError(
                f"racing takes at most {MOST_POINTS:,} points and {MOST_CELLS:,} points x settings, not {points:,} x "
                f"{settings:,}; use constraints, or another strategy"
            )
        self._points = goal.points(points)
        first = first_runs(
            self._points,
            settings,
            goal.first_settings(settings),
            np.random.default_rng([seed, points, settings, seeds]),
        )
        self._repeats = min(repeats(len(self._points), seeds), len(first))
        begun = len(first) + self._repeats
        if runs is not None and runs < begun:
            raise SweepError(f"racing begins with {begun:,} runs of these points; runs: {runs:,} is too few")
        self._budget = Budget.of(pool, runs, hours)
        # enough of the first runs must be finished when the model is used first
        self.lag = min(lag, len(first) // 2)
        self._pool, self._goal, self._confirm = pool, goal, confirm
        self._confidence, self._early = confidence, 1 - EARLY * (1 - confidence)
        self._rung = len(pool.rungs) - 1
        self._first = [Choice(point, setting, pool.seeds[0], self._rung) for point, setting in first]
        repeated = self._repeats * float(self._budget.mean[-1])
        self._budget.insist_on(self._budget.hours_of(self._first) + repeated, f"a race begins with {begun:,} runs")
        self._model = Model(point_features(pool.points), setting_features(pool.settings))
        self._random = RandomNumbers(seed, DRAWS)
        self._blocks, self._refits = [len(first), begun] if self._repeats else [begun], [begun]
        # both are caches, which may be discarded at any ask
        self._plans: dict[tuple[int, Record], list[Choice]] = {}
        self._fits: dict[tuple[int, Record], Hyper] = {}

    def next(self, seen: Seen, number: int) -> Choice | Stop:
        """The first runs; then the next one of the plan that was made when the model was last consulted."""
        for choice in self._first:
            if not seen.asked(choice):
                return choice
        record = Record.of(seen, self._rung)
        if self._spent(record):
            return Stop(self._budget.spent)
        for block in (self._block(number), number):  # after an edit of the space a plan may be empty
            for choice in self._plan(record.before(block, self.lag), block):
                if not seen.asked(choice):
                    return choice
        return Stop("the question is settled, or no run is left that would tell more")

    def standing(self, seen: Seen) -> Standing | None:
        """Where the race stands by all that may be seen, fresh seeds included; None before the first result."""
        record = Record.of(seen, self._rung)
        number = 1 + max((each for each, *_ in record.asks), default=0)
        explored = self._posterior(record, number, confirmed=False)
        posterior = self._posterior(record, number, confirmed=True)
        if explored is None or posterior is None:
            return None
        judgement = self._goal.judge(posterior, self._confidence)
        tried = self._tried(record)
        to_decide = {
            point: runs_to_decide(posterior, target, deviation, tried, self._random)
            for point, (target, deviation) in judgement.undecided.items()
        }
        lowest = posterior.scale.restore(posterior.lowest)
        errors = np.column_stack([lowest.mean(axis=1), *np.quantile(lowest, [0.025, 0.975], axis=1)])
        return Standing(judgement, tuple(explored.best_setting.tolist()), to_decide, errors)

    def _spent(self, record: Record) -> bool:
        return self._budget.share(len(record.asks), self._budget.hours_of(choice for _, choice, _ in record.asks)) >= 1

    def _block(self, number: int) -> int:
        """Number of the last ask at which the model was consulted, this one included."""
        while self._blocks[-1] <= number:
            self._blocks.append(self._blocks[-1] + _ahead(self._blocks[-1]))
        return self._blocks[max(bisect_right(self._blocks, number) - 1, 0)]

    def _plan(self, record: Record, block: int) -> list[Choice]:
        """The asks from `block` on, by what may be seen there."""
        if (block, record) not in self._plans:
            while len(self._plans) > 1:
                self._plans.pop(next(iter(self._plans)))
            self._plans[block, record] = self._consult(record, block)
        return self._plans[block, record]

    def _consult(self, record: Record, block: int) -> list[Choice]:
        if block == len(self._first) and self._repeats:
            cells = best_cells(record.runs(self._seeds(record), EXPLORED), self._repeats)
            if cells:
                return [Choice(point, setting, self._pool.seeds[1], self._rung) for point, setting in cells]
        explored = self._posterior(record, block, confirmed=False)
        posterior = self._posterior(record, block, confirmed=True) if record.confirming else explored
        if explored is None or posterior is None:
            return self._untried(record) if block <= len(self._first) + self.lag else []
        judgement = self._goal.judge(posterior, self._confidence)
        early = self._goal.judge(posterior, self._early)
        confirming = self._confirming(record, early, explored)
        affordable = self._budget.room([choice for _, choice, _ in record.asks], confirming)
        room = len(confirming) + _ahead(block) if affordable is None else affordable
        if not judgement.settled and not (early.settled and confirming) and room > len(confirming):
            seeds = self._seeds(record)
            numbers = range(block, block + min(_ahead(block), room - len(confirming)))
            pending = record.pending(seeds)
            tried = self._tried(record)
            tried[np.setdiff1d(np.arange(len(tried)), judgement.useful)] = True
            chosen = choose(posterior, judgement.targets, tried, pending, numbers, self._random)
            if chosen:
                return [Choice(point, setting, seeds[place], self._rung) for point, setting, place in chosen]
        return confirming[: max(room, 0)]

    def _untried(self, record: Record) -> list[Choice]:
        """Runs that were not asked for, in any order: there is no result yet to choose by."""
        seed, point, setting = np.nonzero(~self._tried(record).transpose(2, 0, 1))
        places = zip(point.tolist(), setting.tolist(), seed.tolist(), strict=True)
        return [Choice(p, s, self._pool.seeds[k], self._rung) for p, s, k in list(places)[:1]]

    def _confirming(self, record: Record, judgement: Judgement, explored: Posterior) -> list[Choice]:
        """Fresh seeds of the finalists and of their baselines that were not asked for."""
        baselines = {int(self._pool.baseline[point]) for point in judgement.finalists}
        points = sorted({*judgement.finalists, *baselines} - {-1})
        number_listed = len(self._pool.seeds)
        asked_runs = {choice.run for _, choice, _ in record.asks}
        choices = (
            Choice(point, int(explored.best_setting[point]), seed, self._rung, "confirm")
            for seed in self._seeds(record)[number_listed : number_listed + self._confirm]
            for point in points
        )
        return [choice for choice in choices if choice.run not in asked_runs]

    def _posterior(self, record: Record, number: int, *, confirmed: bool) -> Posterior | None:
        """The posterior at an ask, from explored runs only or from all; None without runs."""
        seeds = self._seeds(record)
        runs = record.runs(seeds, PHASES if confirmed else EXPLORED)
        if not len(runs):
            return None
        degrees = max(len(runs) / RUNS_PER_DEGREE, LEAST_DEGREES)
        hyper = self._hyper(record, number)
        return condition(self._model, hyper, runs, _scale(runs), len(seeds), self._random, degrees)

    def _hyper(self, record: Record, number: int) -> Hyper:
        """Deviations and length scales of the last fit before an ask; each fit begins where the one before it ended."""
        while self._refits[-1] * REFIT <= number:
            self._refits.append(int(np.ceil(self._refits[-1] * REFIT)))
        hyper, sweeps = Hyper(), SWEEPS_FIRST
        for refit in self._refits:
            if refit > number:
                break
            record_then = record.before(refit, self.lag)
            if (refit, record_then) not in self._fits:
                runs = record_then.runs(self._seeds(record_then), EXPLORED)
                self._fits[refit, record_then] = (
                    self._model.fit(hyper, runs, _scale(runs), sweeps) if len(runs) else hyper
                )
            hyper, sweeps = self._fits[refit, record_then], SWEEPS
        return hyper

    def _seeds(self, record: Record) -> tuple[int, ...]:
        return record.seeds(self._pool.seeds, self._confirm)

    def _tried(self, record: Record) -> NDArray[np.bool_]:
        """Which runs are not proposed: those that were asked for, and all of a point and setting where one failed.

        Nor are those of points that do not matter.
        """
        place = {seed: each for each, seed in enumerate(self._pool.seeds)}
        tried = np.ones((len(self._pool), len(self._pool.settings), len(place)), dtype=bool)
        tried[self._points] = False
        for _, choice, answer in record.asks:
            if choice.seed in place:
                tried[choice.point, choice.setting, place[choice.seed]] = True
            if answer is not None and answer.status == "failed":
                tried[choice.point, choice.setting] = True
        return tried


def _ahead(number: int) -> int:
    """How many asks are planned at once."""
    return max(1, int(number * BLOCK))


def _scale(runs: Runs) -> Scale:
    return Scale.of(runs.error, runs.point)
