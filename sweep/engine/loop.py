"""The loop: ask the strategy, store the ask, do the run, record the result."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from threadpoolctl import get_cached_controller

from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.executor import Executor
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.result import Result
from sweep.engine.runs import Run
from sweep.engine.work import Storage, together
from sweep.search import Answer, Barrier, Choice, History, Stop
from sweep.search.strategy import Strategy


class Loop:
    """The rest of a sweep: asks without an answer, and those that the strategy has yet to make.

    Args:
        history: what was asked and answered, as the ledger has it; runs that are to be done again have no answer.
        number: that of the next ask.
        answers: the results in the ledger by key, including runs that the space did not ask for.
        planned: places of the points that the ledger holds.
        first: entries that the first new ask gets in its origin, beside the strategy's.
    """

    def __init__(
        self,
        strategy: Strategy,
        runs: PlannedRuns,
        history: History,
        number: int,
        answers: Mapping[str, Answer] | None = None,
        planned: Collection[int] = (),
        first: Mapping[str, Any] | None = None,
    ) -> None:
        self._first = first or {}
        self._answers = answers or {}
        self._strategy, self._runs, self._history, self._number = strategy, runs, history, number
        #: keys of the runs that were asked for before
        self.known = {runs.key(choice) for _, choice, _ in history.seen(number, None)}
        #: places of the points of those runs
        self.points = {choice.point for _, choice, _ in history.seen(number, None)}
        #: runs that were answered before
        self.answered = len(history) - len(history.open)
        #: points that the ledger holds, as the grid's are noted before
        self._planned = set(planned)
        self._stopped = False
        self._open = {runs.key(choice): (number, choice) for number, choice in history.open}
        #: asks that the ledger does not have yet
        self._unnoted: list[tuple[int, Choice]] = []
        self._ask()

    def _ask(self) -> None:
        """Make as many asks as the strategy's lag allows."""
        while not self._stopped and self._may_ask():
            choice = self._next(self._strategy.lag)
            if isinstance(choice, Barrier):
                if self._history.oldest_open is not None:
                    return
                choice = self._next(0)
                assert not isinstance(choice, Barrier), "a strategy waits for answers that are in"
            if isinstance(choice, Stop):
                self._stopped = True
                return
            choice, self._first = replace(choice, origin={**choice.origin, **self._first}), {}
            self._history.ask(self._number, choice)
            key = self._runs.key(choice)
            self._unnoted.append((self._number, choice))
            if key in self._answers:
                # the run was done for an earlier version of the space
                self._history.answer(self._number, self._answers[key])
            else:
                self._open[key] = self._number, choice
            self._number += 1

    def _next(self, lag: int | None) -> Choice | Stop | Barrier:
        # with several threads for small matrix products an ask takes many times as long on busy cores
        with get_cached_controller().limit(limits=1):
            return self._strategy.next(self._history.seen(self._number, lag), self._number)

    def _may_ask(self) -> bool:
        lag, oldest = self._strategy.lag, self._history.oldest_open
        return lag is None or oldest is None or oldest >= self._number - lag

    @property
    def all_known(self) -> bool:
        """Whether the strategy has made its last ask."""
        return self._stopped

    @property
    def todo(self) -> list[Choice]:
        """The runs to be done, as far as they are known, in the order of asking."""
        return [choice for _, choice in self._open.values()]

    def note(self, ledger: Ledger) -> None:
        """Store new asks in the ledger, before any of them is done."""
        if self._unnoted:
            ledger.ask(*self._news())

    def _news(self) -> tuple[list[Ask], dict[int, PlannedPoint]]:
        """The asks, and their points, that the ledger does not have yet."""
        asks, points = self._unnoted, {choice.point for _, choice in self._unnoted} - self._planned
        self._unnoted, self._planned = [], self._planned | points
        return [self._runs.ask(*ask) for ask in asks], self._runs.described(points)

    def do(
        self,
        ledger: Ledger,
        executor: Executor,
        storage: Storage | None,
        landed: Callable[[list[tuple[Run, Result]]], None],
    ) -> None:
        """Do all runs; `landed` is called with results when they are in the ledger."""
        new = list(self._open)
        self.note(ledger)
        while self._open:
            executor.submit(together((self._runs.run(self._open[key][1]) for key in new), storage))
            results = executor.wait()
            pairs = []
            for result in results:
                number, choice = self._open.pop(result.key)
                self._history.answer(number, Answer(result.status, result.error, result.loss))
                pairs.append((self._runs.run(choice), result))
            self._ask()
            new = [key for _, choice in self._unnoted if (key := self._runs.key(choice)) in self._open]
            ledger.record(results, *self._news())
            landed(pairs)
