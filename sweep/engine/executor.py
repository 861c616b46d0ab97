"""Executors do the runs: in this process, or on Ray Tune. Both give the same results, to the bit."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Protocol, Self

from sweep.engine.result import Result
from sweep.engine.work import Work
from sweep.errors import CardError, EngineError

#: The function that does a work, by its module and name, so that other processes find it as well.
DO = "sweep.engine.worker:do"


class Executor(Protocol):
    """Does work in any order; each run has exactly one result, even if it fails."""

    #: runs at a time; None: as many as a cluster has room for
    workers: int | None
    #: called with messages for the user while there are no results
    note: Callable[[str], None]
    #: called when the first runs can begin
    ready: Callable[[], None]

    def start(self) -> None:
        """Begin to start up, if that takes time; `submit` does so at the latest."""

    def submit(self, works: Sequence[Work]) -> None:
        """Take work; more may come at any time."""

    def wait(self) -> list[Result]:
        """Results that have arrived, at least one; raises EngineError if nothing can be done at all.

        A run that failed in a way that can pass by itself is done again before it has a result.
        """

    def close(self) -> None:
        """End all that it started; unfinished runs get no result. A second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Inline:
    """Does one run at a time, in this process: for a debugger, a first look at a network of one's own, and tests.

    Args:
        retries: how often a run that failed in a way that can pass by itself is done again.
        do: what does a work; that of the Tune executor if not given.
    """

    workers: int | None = 1

    def __init__(self, retries: int = 2, do: Callable[[str], list[Result]] | None = None) -> None:
        self.note: Callable[[str], None] = lambda line: None
        self.ready: Callable[[], None] = lambda: None
        self._retries, self._do = retries, do
        self._works: deque[Work] = deque()
        self._tries: Counter[str] = Counter()

    def start(self) -> None:
        """Remove what a killed sweep may have left of Ray; nothing else needs to start."""
        from sweep.engine.scratch import clear_abandoned

        clear_abandoned()

    def submit(self, works: Sequence[Work]) -> None:
        """Take work."""
        self._works.extend(works)

    def wait(self) -> list[Result]:
        """The results of the next work."""
        # torch takes seconds to import
        from sweep.engine.worker import CAN_PASS, do

        ready, self.ready = self.ready, lambda: None
        ready()
        while True:
            work = self._works.popleft()
            try:
                results = (self._do or do)(work.text())
            except CardError as error:
                raise EngineError(f"{error}; run the same command again to go on") from None
            again = {result.key for result in results if result.kind in CAN_PASS and self._may_try(result.key)}
            if again:
                self._works.append(Work(tuple(run for run in work.runs if run.key in again), work.storage))
            if over := [result for result in results if result.key not in again]:
                return over

    def _may_try(self, key: str) -> bool:
        self._tries[key] += 1
        return self._tries[key] <= self._retries

    def close(self) -> None:
        """Drop the remaining work."""
        self._works.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
