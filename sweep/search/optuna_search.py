"""Optuna's samplers over axes and nuisance settings together."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.search.axes import Axes
from sweep.search.history import Answer, Choice, Seen, Stop
from sweep.search.optuna_samplers import GENETIC, POPULATION, sampler_of
from sweep.search.pool import Pool, columns_of

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

#: A run that was asked for before is replaced by one of so many nearest points, or more; and the seed of that choice.
NEAR, BESIDE = 16, 1
#: The first runs, so many, are spread over the pool's costs, which are exact, and include the cheapest point.
SPREAD = POPULATION
#: A run that diverged counts with the worst possible error, in per cent.
WORST = 100.0


class OptunaSearch:
    """Proposes the point and setting of the pool that are nearest to an Optuna sampler's proposal, with the next seed.

    The sampler of every ask has a seed of its own, and what an ask proposed, with all that the sampler wrote, is kept
    in its `origin`: so a study that is rebuilt from a history goes on as the first one did. Runs that another strategy
    asked for are trials as well: a search begins with what is known.

    Args:
        name: as in space.yaml.
        pool: what to choose from; in memory, axis by axis.
        objectives: costs of the pool that have to be low beside the error, exact; empty for the error alone.
        seed: of the samplers.
    """

    def __init__(self, name: str, pool: Pool, objectives: Sequence[str] = ("flops",), seed: int = 0) -> None:
        from optuna.distributions import CategoricalDistribution, IntDistribution

        self._name, self._pool, self._seed = name, pool, seed
        self._costs = [np.asarray(pool.costs[each], dtype=float) for each in objectives]
        self._axes = Axes("axis", pool.columns(), len(pool))
        self._setting_axes = Axes("setting", columns_of(pool.settings), len(pool.settings))
        self._distributions: dict[str, BaseDistribution] = {}
        for axes in (self._axes, self._setting_axes):
            self._distributions |= {label: IntDistribution(0, count - 1) for label, count in axes.ranks.items()}
            self._distributions |= {label: CategoricalDistribution(texts) for label, texts in axes.choices.items()}
        self._version = {"optuna": version("optuna")}
        self._study: Study | None = None
        # the cache is for one history only
        self._history: object = None
        self._rows = 0
        # names of what samplers wrote to the study
        self._written: set[str] = set()
        # number of an ask without an answer -> number of its trial
        self._open: dict[int, int] = {}
        # of a genetic sampler: generation -> how many of its trials are complete
        self._complete: Counter[int] = Counter()

    def explore(self, seen: Seen, number: int) -> Choice | Stop:
        """The run that the sampler asks for, or one nearby if no seed of it is left."""
        study = self._synchronised(seen)
        seed = seed_of(self._seed, number)
        if self._name in GENETIC and hasattr(study.sampler, "reseed"):
            study.sampler.reseed(seed)
        else:
            study.sampler = sampler_of(self._name, seed, self._distributions, self._complete)
        trial = study.ask(self._distributions)
        written = study._storage.get_study_system_attrs(study._study_id)
        params = trial.params
        sampled = self._axes.nearest(params), self._setting_axes.nearest(params)
        first_point = self._spread(len(seen), seed)
        choice = self._new(seen, sampled[0] if first_point is None else first_point, sampled[1])
        if choice is None:
            choice = self._beside(seen, params, seed)
        if choice is None:
            self._study = None
            return Stop("every run of the pool was asked for")
        if (choice.point, choice.setting) != sampled:
            # the sampler must learn the run that is done, not the one that it asked for
            asked_params, params = params, {}
            for axes, row in ((self._axes, choice.point), (self._setting_axes, choice.setting)):
                params |= axes.params(row, axes.texts(asked_params) | axes.texts_of(row))
            for label, value in params.items():
                distribution = self._distributions[label]
                internal = distribution.to_internal_repr(value)
                study._storage.set_trial_param(trial._trial_id, label, internal, distribution)
        origin: dict[str, Any] = {
            "params": self._axes.texts(params) | self._setting_axes.texts(params),
            "system": dict(study._storage.get_trial(trial._trial_id).system_attrs),
            "study": {key: value for key, value in written.items() if key not in self._written},
            "with": self._version,
        }
        self._written |= written.keys()
        self._open[number] = trial.number
        self._rows = len(seen) + 1
        return Choice(*choice.run, choice.phase, origin)

    def _spread(self, place: int, seed: int) -> int | None:
        """A point for one of the first asks: of the cheapest, of those of a little more, ...; None for later asks.

        The cheapest point is on the front whatever its error, and samplers that begin at random may never meet it.
        """
        if not self._costs or place >= SPREAD:
            return None
        cost = np.log(np.maximum(self._costs[0], 1))
        targets, step = np.linspace(cost.min(), cost.max(), SPREAD, retstep=True)
        distance = np.abs(cost - targets[place])
        nearest = np.flatnonzero(distance <= (max(distance.min(), float(step) / 2) if place else 0))
        return int(nearest[np.random.default_rng([seed, BESIDE]).integers(len(nearest))])

    def _new(self, seen: Seen, point: int, setting: int) -> Choice | None:
        """The run of a point and setting with the first seed that is left."""
        for seed in self._pool.seeds:
            choice = Choice(point, setting, seed, len(self._pool.rungs) - 1)
            if not seen.asked(choice):
                return choice
        return None

    def _beside(self, seen: Seen, params: Mapping[str, Any], seed: int) -> Choice | None:
        """A run that is left, of the nearest point and setting; of equally near ones, one at random."""
        points, settings = self._axes.distances(params), self._setting_axes.distances(params)
        # usually one of the nearest few has a run left; at most as many points as there were asks can have none
        for only_near, count in ((True, NEAR), (False, len(seen) + NEAR)):
            farthest = np.partition(points, count)[count] if count < len(points) else np.inf
            near = np.flatnonzero(points <= farthest)
            distance = np.round(points[near, None] + settings, 6).ravel()
            order = np.random.default_rng([seed, BESIDE]).permutation(distance.size)
            for cell in np.lexsort((order, distance)).tolist():
                if only_near and distance[cell] > farthest:
                    break
                place, setting = divmod(cell, len(settings))
                choice = self._new(seen, int(near[place]), setting)
                if choice is not None:
                    return choice
        return None

    def _synchronised(self, seen: Seen) -> "Study":
        """A study with all visible trials: the cached one, brought up to date, or a new one."""
        import optuna

        if self._study is None or self._history is not seen._history:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            lower = optuna.study.StudyDirection.MINIMIZE
            self._study = optuna.create_study(directions=[lower] * (1 + len(self._costs)))
            self._history, self._rows, self._open, self._written = seen._history, 0, {}, set()
            self._complete = Counter()
        for number, choice in seen.choices(self._rows):
            if choice.phase == "explore" and choice.rung == len(self._pool.rungs) - 1:
                self._open[number] = len(self._study.get_trials(deepcopy=False))
                self._add(choice)
        self._rows = len(seen)
        for number, place in list(self._open.items()):
            choice, answer = seen.ask(number)
            if answer is not None:
                del self._open[number]
                self._tell(place, choice, answer)
        return self._study

    def _add(self, choice: Choice) -> None:
        """Ask a trial anew as it was asked, or one for what another strategy asked for."""
        import optuna

        assert self._study is not None
        study, origin = self._study, choice.origin
        texts = origin.get("params", {})
        params = self._axes.params(choice.point, texts) | self._setting_axes.params(choice.setting, texts)
        # earlier results belong to the first generation
        system = origin.get("system", {self._generation: 0})
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.RUNNING,
                params=params,
                distributions=self._distributions,
                system_attrs=dict(system),
            )
        )
        for key, value in origin.get("study", {}).items():
            study._storage.set_study_system_attr(study._study_id, key, value)
            self._written.add(key)

    @property
    def _generation(self) -> str:
        """Optuna's name of the attribute that holds a trial's generation."""
        return f"{GENETIC.get(self._name, self._name)}:generation"

    def _tell(self, place: int, choice: Choice, answer: Answer) -> None:
        from optuna.trial import TrialState

        assert self._study is not None
        if answer.status == "failed":
            self._study.tell(place, state=TrialState.FAIL)
            return
        error = WORST if answer.error is None else answer.error
        if (generation := choice.origin.get("system", {self._generation: 0}).get(self._generation)) is not None:
            self._complete[generation] += 1
        self._study.tell(place, [error, *(float(costs[choice.point]) for costs in self._costs)])


def seed_of(seed: int, number: int) -> int:
    """The seed of an ask: different for every ask and every seed of a search, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big")
