"""CMA-ES over axes and nuisance settings together, with categories and whole ranks (CatCMA with margin)."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.search.axes import Axes
from sweep.search.draws import Random
from sweep.search.history import Answer, Choice, Seen, Stop
from sweep.search.optuna_search import WORST, seed_of
from sweep.search.pool import Pool, columns_of

if TYPE_CHECKING:
    from cmaes import CatCMAwM


class CmaSearch:
    """Proposes samples of a distribution that moves to where errors are low (Hamano et al. 2025, arXiv 2504.07884).

    Numeric axes are ranks between 0 and 1, others and those of two values are categories. A sample follows from what
    was told before and the number of its ask, so nothing but the generation has to be found in a history.

    Args:
        pool: what to choose from.
        seed: of its random numbers.
    """

    def __init__(self, pool: Pool, seed: int = 0) -> None:
        self._pool, self._seed = pool, seed
        self._axes = Axes("axis", pool.columns(), len(pool))
        self._setting_axes = Axes("setting", columns_of(pool.settings), len(pool.settings))
        ranks = self._axes.ranks | self._setting_axes.ranks
        self._numeric = [label for label, count in ranks.items() if count > 2]
        self._categories: dict[str, list[Any]] = {label: [0, 1] for label, count in ranks.items() if count == 2}
        self._categories |= {**self._axes.choices, **self._setting_axes.choices}
        self._ranks = ranks
        self._other = Random(pool, seed)
        self._version = {"cmaes": version("cmaes")}
        # a cache for one history, which may be discarded
        self._history: object = None
        self._optimizer: CatCMAwM | None = None
        self._generation = 0

    def explore(self, seen: Seen, number: int) -> Choice | Stop:
        """The run that is nearest to the sample; one at random where that has no seed left."""
        if not self._numeric and not self._categories:
            return self._other.explore(seen, number)
        optimizer = self._moved(seen)
        params = self._sample(optimizer, number)
        origin = {"generation": self._generation, "with": self._version}
        point, setting = self._axes.nearest(params), self._setting_axes.nearest(params)
        for seed in self._pool.seeds:
            choice = Choice(point, setting, seed, len(self._pool.rungs) - 1, origin=origin)
            if not seen.asked(choice):
                return choice
        # the result of a substitute run is not the sample's
        return self._other.explore(seen, number)

    def _sample(self, optimizer: "CatCMAwM", number: int) -> dict[str, Any]:
        solution = self._solution(optimizer, number)
        params: dict[str, Any] = {}
        for place, label in enumerate(self._numeric):
            params[label] = round(float(solution.z[place]) * (self._ranks[label] - 1))
        for place, (label, values) in enumerate(self._categories.items()):
            params[label] = values[int(solution.c[place].argmax())]
        return params

    def _solution(self, optimizer: "CatCMAwM", number: int) -> Any:
        optimizer.reseed_rng(seed_of(self._seed, number))
        return optimizer.ask()

    def _moved(self, seen: Seen) -> "CatCMAwM":
        """The distribution after all visible answers, generation by generation."""
        if self._optimizer is None or self._history is not seen._history:
            self._optimizer, self._generation, self._history = self._new(), 0, seen._history
        size = self._optimizer.population_size
        while len(answered := list(self._answered(seen, self._generation))) >= size:
            solutions = [(self._solution(self._optimizer, number), error) for number, error in answered[:size]]
            self._optimizer.reseed_rng(seed_of(self._seed, -1 - self._generation))
            self._optimizer.tell(solutions)
            self._generation += 1
        return self._optimizer

    def _new(self) -> "CatCMAwM":
        from cmaes import CatCMAwM

        ranks = [np.linspace(0, 1, self._ranks[label]).tolist() for label in self._numeric]
        return CatCMAwM(
            z_space=ranks or None, c_space=[len(values) for values in self._categories.values()] or None, seed=0
        )

    @staticmethod
    def _answered(seen: Seen, generation: int) -> Iterator[tuple[int, float]]:
        """Number and error of every ask of a generation that may be seen, in order."""
        for number, choice, answer in seen:
            if choice.phase == "explore" and _of(choice.origin) == generation and _tells(answer):
                yield number, WORST if answer is None or answer.error is None else answer.error


def _of(origin: Mapping[str, Any]) -> int | None:
    return origin.get("generation") if "cmaes" in origin.get("with", {}) else None


def _tells(answer: Answer | None) -> bool:
    return answer is not None and answer.status != "failed"
