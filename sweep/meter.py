"""How far a sweep is while it runs: landed runs, the remaining time at the present pace, and the leading point."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from sweep.leader import Leader
from sweep.statistics.guessing import guessing_limit

if TYPE_CHECKING:
    # torch takes seconds to import, and `status` answers without
    from sweep.costs import Plan
    from sweep.engine.result import Result
    from sweep.engine.runs import Run


def limit_of(planned: Plan) -> float:
    """The least error, in per cent, that guessing has as well, as far as a sweep's validation images can tell."""
    proxy = planned.space.proxy
    return guessing_limit(proxy.equal_classes, proxy.judged_on)


class Meter:
    """Counts landed runs; says which point leads and an honest remaining time."""

    def __init__(
        self,
        todo: int,
        workers: int,
        finished: Iterable[tuple[str, str, float | None]] = (),
        limit: float = math.inf,
        judged: Collection[str] | None = None,
    ) -> None:
        """`judged` are the settings of which a point can lead, as `Run.setting` writes them; None: any."""
        self._judged = judged
        self.todo, self.workers = todo, max(1, workers)
        self.landed = self.failed = 0
        self.leader = Leader((run for run in finished if judged is None or run[1] in judged), limit)
        self._started = time.monotonic()
        self._first: float | None = None

    def add(self, run: Run, result: Result) -> None:
        """Count a run."""
        self.landed += 1
        self._first = self._first or time.monotonic()
        self.failed += result.error is None
        # of several lengths of training one is judged
        if self._judged is None or run.setting in self._judged:
            self.leader.add(run.label, run.setting, result.error)

    def remaining(self) -> str:
        """Time that is left at the pace since the first run landed; says that it does not know before it does."""
        if self.landed >= self.todo:
            return "done"
        # the first runs land together, a whole run after the start: pace is measured between landings
        paced = self.landed - self.workers
        if paced < self.workers or self._first is None:
            return "time left: measuring"
        seconds = (time.monotonic() - self._first) / paced * (self.todo - self.landed)
        return f"about {duration(seconds)} left"

    def status(self) -> str:
        """Remaining time, leading point and failures in a line."""
        leading = self.leader.leading
        best = "no point better than guessing yet" if self.landed else "no result yet"
        if leading is not None:
            seeds = f"{leading.seeds} seed{'' if leading.seeds == 1 else 's'}"
            best = f"lowest error {leading.error:.2f} % ({leading.point}, {seeds})"
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.remaining()}, {best}{failed}"

    def elapsed(self) -> str:
        """Time since the start."""
        return duration(time.monotonic() - self._started)


def duration(seconds: float) -> str:
    """'45 s', '3 min 20 s', '2 h 05 min', '12 days', '4 years'."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02d} s"
    if total < 48 * 3600:
        return f"{total // 3600} h {total % 3600 // 60:02d} min"
    days = total / 86400
    return f"{days:.0f} days" if days < 730 else f"{days / 365.25:,.0f} years"
