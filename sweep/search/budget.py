"""The budget of a search: a number of runs, hours of training, or both, whichever is spent first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.search.history import Choice, Seen
from sweep.search.pool import Pool


@dataclass(frozen=True)
class Budget:
    """The most that may be asked for; asks end with the run that spends the last of it.

    runs: number of runs; None: as many as `hours` allow.
    hours: of training, of all runs together, as forecast; None: as many as `runs` take.
    each: forecast hours of a run, of shape (points, rungs); not needed without `hours`.
    """

    runs: int | None
    hours: float | None
    each: NDArray[np.float64]

    @classmethod
    def of(cls, pool: Pool, runs: int | None, hours: float | None) -> Self:
        """The budget of a search of a pool.

        Raises:
            SweepError: hours are given, and none are forecast.
        """
        if hours is not None and not len(pool.hours):
            raise SweepError("hours: nothing is known of how long a run takes; give the budget as runs")
        return cls(runs, hours, pool.hours)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean hours of a run of each rung; zeros where `hours` do not matter."""
        return self.each.mean(axis=0) if self.hours is not None else np.zeros(1)

    @property
    def expected_runs(self) -> int:
        """The number of full-length runs that the budget allows, at the mean time of all points; at least 1."""
        numbers = [] if self.runs is None else [self.runs]
        if self.hours is not None:
            numbers.append(int(self.hours / self.mean[-1]))
        return max(1, min(numbers))

    def hours_of(self, choices: Iterable[Choice]) -> float:
        """Forecast hours of runs; 0 where hours do not matter."""
        if self.hours is None:
            return 0.0
        return float(sum(self.each[choice.point, choice.rung] for choice in choices))

    def share(self, runs: float, hours: float) -> float:
        """The share of the budget that so many runs and hours take; 1 or more means that it is spent."""
        shares = [0.0]
        if self.runs is not None:
            shares.append(runs / self.runs)
        if self.hours is not None:
            shares.append(hours / self.hours)
        return max(shares)

    def room(self, asked: Sequence[Choice], planned: Sequence[Choice]) -> int | None:
        """How many runs may still be asked for, the planned ones first; None without a limit."""
        rooms = [] if self.runs is None else [self.runs - len(asked)]
        if self.hours is not None:
            remaining = self.hours - self.hours_of(asked)
            hours_before = np.cumsum([0.0, *(self.each[choice.point, choice.rung] for choice in planned)])
            extra_runs = int(np.ceil((remaining - hours_before[-1]) / self.mean[-1]))
            # a run may be asked for while any hours remain
            rooms.append(int((hours_before[:-1] < remaining).sum()) + max(extra_runs, 0))
        return min(rooms, default=None)

    def insist_on(self, hours: float, purpose: str) -> None:
        """Raise SweepError if the budget has fewer hours than the runs that must be done take."""
        if self.hours is not None and self.hours < hours:
            raise SweepError(f"hours: {self.hours:g} is too few: {purpose}, which takes {hours:.2g} hours by forecast")

    @property
    def spent(self) -> str:
        """The message that the budget is spent."""
        amounts = [] if self.runs is None else [f"{self.runs:,} runs"]
        amounts += [] if self.hours is None else [f"{self.hours:g} hours"]
        return f"all {' or '.join(amounts)} were asked for"


class Spending:
    """The hours of what was asked for, counted as asks are added."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._history: object = None
        self._rows, self._hours = 0, 0.0

    def hours(self, seen: Seen) -> float:
        """Forecast hours of all asks that are seen."""
        if self._history is not seen._history or self._rows > len(seen):
            self._history, self._rows, self._hours = seen._history, 0, 0.0
        for _, choice in seen.choices(self._rows):
            self._hours += self._budget.hours_of([choice])
        self._rows = len(seen)
        return self._hours
