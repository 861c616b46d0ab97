"""A race: points and settings that cannot matter any more get no more runs, and the finalists get fresh seeds."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweep.search.history import Answer, Choice, Phase, Seen, Stop
from sweep.search.pool import Pool
from sweep.search.posterior import Posterior, RandomNumbers, condition
from sweep.search.posterior_model import Hyper, Model
from sweep.search.posterior_scale import Runs, Scale
from sweep.search.racing_choice import choose
from sweep.search.racing_claims import Goal, Judgement
from sweep.search.racing_features import point_features, setting_features
from sweep.search.racing_start import first_runs

#: Joint draws that a claim's probability is counted in.
DRAWS = 256
#: Finalists get their fresh seeds as soon as no claim is more than this many times less sure than it has to be: those runs
#: tell of the claims, too. What they leave undecided is explored further.
EARLY = 3.0
#: The model is asked anew when the asks have grown by this share; until then it plans ahead.
BLOCK = 1 / 25
#: Its deviations and length scales are fitted anew when the asks have grown by this.
REFIT = 1.4
SWEEPS_FIRST, SWEEPS = 4, 2
#: Degrees of freedom of the fitted deviations: runs through this, at least three.
RUNS_PER_DEGREE, LEAST_DEGREES = 4, 3


@dataclass(frozen=True)
class _Record:
    """A history as arrays would hold it: what was asked, what is in, what is open."""

    asks: tuple[tuple[int, Choice, Answer | None], ...]

    def before(self, number: int, lag: int) -> "_Record":
        """What the ask of that number may see."""
        return _Record(
            tuple(
                (each, choice, answer if each < number - lag else None)
                for each, choice, answer in self.asks
                if each < number
            )
        )


class Racing:
    """Asks for the run that most reduces what is undecided; when nothing is, for fresh seeds of the finalists.

    Args:
        pool: what to choose from.
        goal: the question.
        lag: how many asks may be open while the next is made.
        confirm: number of fresh seeds of each finalist.
        runs: most runs to ask for, confirmation included; None for until the question is settled.
        seed: of the race's own random numbers.
    """

    def __init__(
        self, pool: Pool, goal: Goal, *, confidence: float = 0.95, lag: int = 8, confirm: int = 4, runs: int | None = None, seed: int = 0
    ) -> None:
        self._pool, self._goal, self.lag = pool, goal, lag
        self._budget = runs
        self._confidence, self._early = confidence, 1 - EARLY * (1 - confidence)
        self._fresh = tuple(max(pool.seeds) + 1 + place for place in range(confirm))
        self._seeds = (*pool.seeds, *self._fresh)
        self._model = Model(point_features(pool.points), setting_features(pool.settings))
        self._random = RandomNumbers(seed, DRAWS)
        generator = np.random.default_rng([seed, len(pool), len(pool.settings), len(pool.seeds)])
        first = first_runs(len(pool), len(pool.settings), len(pool.seeds), generator)
        self._first = [Choice(point, setting, pool.seeds[seed]) for point, setting, seed in first]
        self._blocks = [len(first)]
        self._refits = [len(first)]
        self._hypers: dict[object, Hyper] = {}
        self._plans: dict[object, list[Choice]] = {}

    def next(self, seen: Seen, number: int) -> Choice | Stop:
        """The next run of the plan that the last look at the model made."""
        for choice in self._first:
            if not seen.asked(choice):
                return choice
        record = _Record(tuple(seen))
        for block in (self._block(number), number):
            for choice in self._plan(record.before(block, self.lag), block):
                if not seen.asked(choice):
                    return choice
        return Stop("settled")

    def judge(self, seen: Seen) -> Judgement | None:
        """Where the race stands by everything that may be seen, confirmation included; None before the first result."""
        record = _Record(tuple(seen))
        number = 1 + max((each for each, *_ in record.asks), default=0)
        runs = self._runs(record, ("explore", "confirm"))
        return self._goal.judge(self._posterior(record, runs, number), self._confidence) if len(runs) else None

    def _block(self, number: int) -> int:
        """The last look at the model before or at an ask."""
        while self._blocks[-1] <= number:
            self._blocks.append(self._blocks[-1] + max(1, int(self._blocks[-1] * BLOCK)))
        return self._blocks[max(bisect_right(self._blocks, number) - 1, 0)]

    def _plan(self, record: _Record, block: int) -> list[Choice]:
        """The asks from `block` on, by what may be seen at `block`."""
        if (block, record) not in self._plans:
            self._plans.clear()
            self._plans[block, record] = self._planned(record, block)
        return self._plans[block, record]

    def _planned(self, record: _Record, block: int) -> list[Choice]:
        explored = self._runs(record, ("explore",))
        if not len(explored):
            return []
        by_explored = posterior = self._posterior(record, explored, block)
        if any(choice.phase == "confirm" for _, choice, _ in record.asks):
            posterior = self._posterior(record, self._runs(record, ("explore", "confirm")), block)
        judgement, early = (self._goal.judge(posterior, each) for each in (self._confidence, self._early))
        confirming = self._confirming(record, early, by_explored)
        room = len(self._pool) * len(self._seeds) * 10 if self._budget is None else self._budget - len(record.asks)
        explore = not (judgement.settled or (early.settled and confirming))
        if explore and room > len(confirming):
            numbers = range(block, block + min(max(1, int(block * BLOCK)), room - len(confirming)))
            open_runs = [
                (number, self._places(choice)) for number, choice, answer in record.asks if answer is None
            ]
            chosen = choose(posterior, judgement.targets, self._tried(record), open_runs, numbers, self._random)
            if chosen:
                return [Choice(point, setting, self._seeds[seed]) for point, setting, seed in chosen]
        return confirming[: max(room, 0)]

    def _confirming(self, record: _Record, judgement: Judgement, posterior: Posterior) -> list[Choice]:
        """Fresh seeds of the finalists and of their baselines that were not asked for."""
        points = {*judgement.finalists, *(int(self._pool.baseline[point]) for point in judgement.finalists)} - {-1}
        asked = {choice.run for _, choice, _ in record.asks}
        choices = [
            Choice(point, int(posterior.best_setting[point]), seed, phase="confirm")
            for seed in self._fresh
            for point in sorted(points)
        ]
        return [choice for choice in choices if choice.run not in asked]

    def _posterior(self, record: _Record, runs: Runs, number: int) -> Posterior:
        scale = Scale.of(runs.error, runs.point)
        degrees = max(len(runs) / RUNS_PER_DEGREE, LEAST_DEGREES)
        hyper = self._hyper(record, number)
        return condition(self._model, hyper, runs, scale, len(self._seeds), self._random, degrees)

    def _hyper(self, record: _Record, number: int) -> Hyper:
        """Deviations and length scales of the last fit before an ask; each fit begins where the one before ended."""
        while self._refits[-1] * REFIT <= number:
            self._refits.append(int(np.ceil(self._refits[-1] * REFIT)))
        hyper = Hyper()
        for place, refit in enumerate(self._refits):
            if refit > number and place:
                break
            known = record.before(refit, self.lag)
            if (refit, known) not in self._hypers:
                runs = self._runs(known, ("explore",))
                if len(runs):
                    sweeps = SWEEPS if place else SWEEPS_FIRST
                    hyper = self._model.fit(hyper, runs, Scale.of(runs.error, runs.point), sweeps)
                self._hypers[refit, known] = hyper
            hyper = self._hypers[refit, known]
        return hyper

    def _runs(self, record: _Record, phases: Sequence[Phase]) -> Runs:
        """The runs that are in. One that diverged counts as the worst error of all: its setting is to be left alone."""
        known = [
            (*self._places(choice), number, answer.error)
            for number, choice, answer in record.asks
            if answer is not None and answer.status != "failed" and choice.phase in phases
        ]
        errors = [error for *_, error in known if error is not None]
        if not errors:
            known = []
        columns = list(zip(*known, strict=True)) or [()] * 5
        error = [max(errors) if each is None else each for each in columns[4]]
        return Runs(*(np.array(column, dtype=np.int64) for column in columns[:4]), np.array(error, dtype=float))

    def _tried(self, record: _Record) -> NDArray[np.bool_]:
        """Which runs need not be proposed: those that were asked for, and all of a cell in which one failed."""
        tried = np.zeros((len(self._pool), len(self._pool.settings), len(self._pool.seeds)), dtype=bool)
        for _, choice, answer in record.asks:
            if choice.phase == "explore":
                tried[self._places(choice)] = True
                if answer is not None and answer.status == "failed":
                    tried[choice.point, choice.setting] = True
        return tried

    def _places(self, choice: Choice) -> tuple[int, int, int]:
        return choice.point, choice.setting, self._seeds.index(choice.seed)
