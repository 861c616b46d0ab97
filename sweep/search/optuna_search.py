"""Optuna's samplers over axes and nuisance settings together."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sweep.search.draws import Random
from sweep.search.history import Answer, Choice, Seen, Stop
from sweep.search.pool import Pool

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

#: NSGA-II's own default of 50 leaves a search of 150 runs three generations.
POPULATION = 20
#: A run that diverged has the worst error that there is, in per cent.
WORST = 100.0
#: A point of another category is farther away than any number can be.
CATEGORY = 100.0


def _tpe(seed: int) -> "BaseSampler":
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed)


def _nsga2(seed: int) -> "BaseSampler":
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=seed, population_size=POPULATION)


def _gp(seed: int) -> "BaseSampler":
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed)


#: Name in space.yaml -> the sampler for one ask.
SAMPLERS: Mapping[str, Callable[[int], "BaseSampler"]] = {"tpe": _tpe, "nsga2": _nsga2, "gp": _gp}


class OptunaSearch:
    """Proposes what an Optuna sampler asks for: the nearest point and setting of the pool, with its next seed.

    The sampler of every ask has a seed of its own, and what an ask proposed, with all that the sampler wrote, is kept
    in its `origin`: so a study that is rebuilt from a history goes on as the first one did.

    Args:
        name: of `SAMPLERS`.
        pool: what to choose from; in memory, axis by axis.
        objectives: costs of the pool that have to be low beside the error, exact; empty for the error alone.
        seed: of the samplers.
    """

    def __init__(self, name: str, pool: Pool, objectives: Sequence[str] = ("flops",), seed: int = 0) -> None:
        self._name, self._pool, self._seed = name, pool, seed
        self._costs = [np.asarray(pool.costs[each], dtype=float) for each in objectives]
        self._points, self._settings = _Axes("axis", pool.points), _Axes("setting", pool.settings)
        self._other = Random(pool, seed)
        self._study: Study | None = None
        # number of the ask -> number of its trial; what is kept holds for one history alone
        self._history: object = None
        self._trials: dict[int, int] = {}
        self._open: set[int] = set()

    def explore(self, seen: Seen, number: int) -> Choice | Stop:
        """The run that the sampler asks for; one at random where it asks again for what has no seed left."""
        study = self._synchronised(seen)
        study.sampler = SAMPLERS[self._name](_hash(self._seed, number))
        before = set(study._storage.get_study_system_attrs(study._study_id))
        trial = study.ask(self._points.distributions | self._settings.distributions)
        written = study._storage.get_study_system_attrs(study._study_id)
        origin = {
            "params": trial.params,
            "system": dict(study.get_trials(deepcopy=False)[-1].system_attrs),
            "study": {key: value for key, value in written.items() if key not in before},
        }
        choice = self._new(seen, self._points.nearest(trial.params), self._settings.nearest(trial.params), origin)
        if choice is None:
            drawn = self._other.explore(seen, number)
            if isinstance(drawn, Stop):
                self._study = None
                return drawn
            choice = Choice(drawn.point, drawn.setting, drawn.seed, drawn.rung, origin=origin)
        self._trials[number] = len(self._trials)
        self._open.add(number)
        return choice

    def _new(self, seen: Seen, point: int, setting: int, origin: Mapping[str, Any]) -> Choice | None:
        for seed in self._pool.seeds:
            choice = Choice(point, setting, seed, len(self._pool.rungs) - 1, origin=origin)
            if not seen.asked(choice):
                return choice
        return None

    def _synchronised(self, seen: Seen) -> "Study":
        """A study that holds what is seen: the one that was kept, brought up to date, or a new one."""
        import optuna

        if self._study is None or self._history is not seen._history:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            lower = optuna.study.StudyDirection.MINIMIZE
            self._study = optuna.create_study(directions=[lower] * (1 + len(self._costs)))
            self._history, self._trials, self._open = seen._history, {}, set()
        for number, choice, answer in seen:
            place = self._trials.get(number)
            if place is None:
                if choice.phase != "explore" or "params" not in choice.origin:
                    continue
                place = self._trials[number] = len(self._trials)
                self._open.add(number)
                self._add(choice)
            if answer is not None and number in self._open:
                self._open.remove(number)
                self._tell(place, choice, answer)
        return self._study

    def _add(self, choice: Choice) -> None:
        """Ask a trial anew as it was asked."""
        import optuna

        assert self._study is not None
        study, origin = self._study, choice.origin
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.RUNNING,
                params=dict(origin["params"]),
                distributions=self._points.distributions | self._settings.distributions,
                system_attrs=dict(origin["system"]),
            )
        )
        for key, value in origin["study"].items():
            study._storage.set_study_system_attr(study._study_id, key, value)

    def _tell(self, place: int, choice: Choice, answer: Answer) -> None:
        from optuna.trial import TrialState

        assert self._study is not None
        if answer.status == "failed":
            self._study.tell(place, state=TrialState.FAIL)
            return
        error = WORST if answer.error is None else answer.error
        self._study.tell(place, [error, *(float(costs[choice.point]) for costs in self._costs)])


class _Axes:
    """Rows of axis values as Optuna sees them: numbers by their rank, others as categories."""

    def __init__(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        from optuna.distributions import CategoricalDistribution, IntDistribution

        self.distributions: dict[str, BaseDistribution] = {}
        self._codes: dict[str, NDArray[np.float32]] = {}
        self._units: dict[str, float] = {}
        self._choices: dict[str, list[str]] = {}
        names = list(dict.fromkeys(name for row in rows for name in row))
        if {"lambda", "M", "G"} <= set(names):
            names.remove("lambda")  # the other two determine it
        for name in names:
            values = [row.get(name) for row in rows]
            distinct = {value for value in values if value is not None}
            if len(distinct) < 2:
                continue
            label = f"{kind} {name}"
            numeric = all(isinstance(value, (int, float)) or hasattr(value, "numerator") for value in distinct)
            numeric = numeric and not any(isinstance(value, bool) for value in distinct)
            ordered = sorted(distinct) if numeric else sorted(distinct, key=repr)
            rank = {value: place for place, value in enumerate(ordered)}
            self._codes[label] = np.array([np.nan if v is None else rank[v] for v in values], dtype=np.float32)
            if numeric:
                self._units[label] = 1 / (len(ordered) - 1)
                self.distributions[label] = IntDistribution(0, len(ordered) - 1)
            else:
                self._choices[label] = [repr(value) for value in ordered]
                self.distributions[label] = CategoricalDistribution(self._choices[label])
        self._rows = len(rows)

    def nearest(self, params: Mapping[str, Any]) -> int:
        """Place of the first row that is nearest; an axis that a row does not have is not looked at."""
        distance = np.zeros(self._rows, dtype=np.float32)
        for label, codes in self._codes.items():
            if label in self._units:
                off = np.abs(codes - params[label]) * self._units[label]
            else:
                off = CATEGORY * (codes != self._choices[label].index(params[label])).astype(np.float32)
            distance += np.where(np.isnan(codes), 0, off)
        return int(distance.argmin())


def _hash(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big")
