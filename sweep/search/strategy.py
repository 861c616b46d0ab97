"""The protocol of a strategy, and the registry of those that a space can name."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from sweep.search.cma_search import CmaSearch
from sweep.search.confirmed import Confirmed
from sweep.search.draws import Explorer, Quasi, Random
from sweep.search.grid import Grid
from sweep.search.halving import Halving
from sweep.search.history import Barrier, Choice, Seen, Stop
from sweep.search.optuna_search import OptunaSearch
from sweep.search.pool import Pool
from sweep.search.racing_goals import racing


class Strategy(Protocol):
    """Which run to do next: a pure function of the pool and of what was asked and answered before.

    Its internal state is a cache, which may be discarded at any ask. So asks do not depend on the number of workers, on
    their speed, or on when a sweep was interrupted.
    """

    #: Ask n sees the answers of asks before n - lag only. None: it sees none, and every run may be asked for at once.
    @property
    def lag(self) -> int | None:
        """How many asks may be open while the next is made."""

    def next(self, seen: Seen, number: int) -> Choice | Stop | Barrier:
        """The choice that ask `number` makes, one that was not asked before; that there is none; or that it waits."""


Settings = Mapping[str, Any]


def _budget(settings: Settings) -> dict[str, Any]:
    return {name: settings.get(name) for name in ("runs", "hours")}


def _search(explorer: Callable[[Pool, Settings], Explorer]) -> Callable[[Pool, Settings], Strategy]:
    """A strategy that explores in its own way and confirms its finalists with fresh seeds."""

    def make(pool: Pool, settings: Settings) -> Strategy:
        costs = [pool.costs[name] for name in settings["objectives"] if name != "error"]
        return Confirmed(
            explorer(pool, settings),
            pool,
            **_budget(settings),
            costs=np.column_stack(costs) if costs else None,
            confirm=settings["confirm"],
            lag=settings["lag"],
        )

    return make


def _optuna(name: str) -> Callable[[Pool, Settings], Strategy]:
    def explorer(pool: Pool, settings: Settings) -> Explorer:
        costs = [each for each in settings["objectives"] if each != "error"]
        return OptunaSearch(name, pool, costs, settings["seed"])

    return _search(explorer)


def _halving(pool: Pool, settings: Settings) -> Halving:
    costs = [pool.costs[name] for name in settings["objectives"] if name != "error"]
    return Halving(
        pool,
        **_budget(settings),
        keep=settings["keep"],
        costs=np.column_stack(costs) if costs else None,
        confirm=settings["confirm"] > 0,
        seed=settings["seed"],
    )


def most_of_halving(pool: Pool, settings: Settings) -> int:
    """The largest number of runs of halving, confirmation included: it may not use all of its budget."""
    explored, finalists = _halving(pool, settings).most
    baselines = len(set(pool.baseline.tolist()) - {-1})
    return explored + int(settings["confirm"]) * (finalists + min(baselines, finalists))


#: Name in space.yaml -> what makes the strategy of a pool and the settings that the space gives. A new strategy is a
#: file beside this one, a model of its settings in sweep/space/strategies.py, and a line here.
STRATEGIES: Mapping[str, Callable[[Pool, Settings], Strategy]] = {
    "grid": lambda pool, settings: Grid(pool),
    "random": _search(lambda pool, settings: Random(pool, settings["seed"])),
    "qmc": _search(lambda pool, settings: Quasi(pool, settings["seed"])),
    "tpe": _optuna("tpe"),
    "gp": _optuna("gp"),
    "nsga2": _optuna("nsga2"),
    "nsga3": _optuna("nsga3"),
    "cmaes": _search(lambda pool, settings: CmaSearch(pool, settings["seed"])),
    "halving": _search(_halving),
    "racing": lambda pool, settings: racing(pool, **settings),
}
