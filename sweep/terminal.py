"""What a person sees in the terminal: the progress of a sweep, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from sweep.leader import Leader

if TYPE_CHECKING:
    # torch takes seconds to import, and `status` answers without
    from sweep.costs import Plan
    from sweep.engine.result import Result
    from sweep.engine.runs import Run
    from sweep.progress import Progress as SweepProgress

#: Seconds between two lines where there is no terminal to draw a bar in.
LINE_EVERY = 15.0
#: Lines of a traceback that `status` shows; the ledger has more.
LAST_LINES = 6

#: How to read a front of unfinished points.
CONFIRMED_NOTE = "Means of the finalists over their fresh seeds, which chose nothing."
FRONT_NOTE = "Means at each point's best setting so far; they are lower than the cross-fitted means of the report."


class Meter:
    """Counts landed runs; says which point leads and an honest remaining time."""

    def __init__(self, todo: int, workers: int, known: Iterable[tuple[str, str, float | None]] = ()) -> None:
        self.todo, self.workers = todo, max(1, workers)
        self.landed = self.failed = 0
        self.leader = Leader(known)
        self._started = time.monotonic()
        self._first: float | None = None

    def add(self, run: Run, result: Result) -> None:
        """Count a run."""
        self.landed += 1
        self._first = self._first or time.monotonic()
        self.failed += result.error is None
        self.leader.add(run.label, run.setting, result.error)

    def remaining(self) -> str:
        """Time that is left at the pace since the first run landed; says that it does not know before it does."""
        # the first runs land together, a whole run after the start: pace is measured between landings
        paced = self.landed - self.workers
        if paced < self.workers or self._first is None:
            return "time left: measuring"
        seconds = (time.monotonic() - self._first) / paced * (self.todo - self.landed)
        return f"about {duration(seconds)} left" if self.landed < self.todo else "done"

    def status(self) -> str:
        """Remaining time, leading point and failures in a line."""
        leading = self.leader.leading
        best = "no result yet"
        if leading is not None:
            seeds = f"{leading.seeds} seed{'' if leading.seeds == 1 else 's'}"
            best = f"lowest error {leading.error:.2f} % ({leading.point}, {seeds})"
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.remaining()}, {best}{failed}"

    def elapsed(self) -> str:
        """Time since the start."""
        return duration(time.monotonic() - self._started)


class Bar:
    """A progress bar in a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.meter: Meter | None = None
        self._progress: Progress | None = None
        self._said = 0.0

    def begin(
        self,
        planned: Plan,
        todo: int,
        total: int,
        workers: int,
        known: Iterable[tuple[str, str, float | None]] = (),
    ) -> None:
        """Say what is about to be done."""
        pace = f"{workers} at a time" if workers else "as many at a time as the cluster has room for"
        had = f", {total - todo} in the ledger" if todo < total else ""
        told = f": {describe(planned)}{had}; {todo} to train, {pace}"
        self.console.print(Text.assemble((planned.space.name, "bold"), told))
        self.meter = Meter(todo, workers, known)
        if self.console.is_terminal:
            columns = (BarColumn(40), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
            self._progress = Progress(*columns, console=self.console)
            self._progress.add_task("starting the workers", total=todo)
            self._progress.start()
        self._said = time.monotonic()

    def note(self, line: str) -> None:
        """Say something beside the bar."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def landed(self, run: Run, result: Result) -> None:
        """Move on by a run."""
        assert self.meter is not None
        self.meter.add(run, result)
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], advance=1, description=self.meter.status())
        elif time.monotonic() - self._said >= LINE_EVERY or self.meter.landed == self.meter.todo:
            self._said = time.monotonic()
            line = f"{self.meter.landed}/{self.meter.todo} runs, {self.meter.elapsed()}, {self.meter.status()}"
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def describe(planned: Plan) -> str:
    """'10 points x 3 settings x 3 seeds = 90 runs'."""
    seeds = len(planned.space.seeds)
    lengths = len(planned.space.lengths)
    several = {f"setting at {lengths} lengths": planned.settings} if lengths > 1 else {"setting": planned.settings}
    numbers = {"point": len(planned.points), **several, "seed": seeds}
    parts = [f"{n:,} {_several(what, n)}" for what, n in numbers.items()]
    whole, strategy = f"{' x '.join(parts)} = {planned.runs:,} runs", planned.space.strategy
    if strategy.name == "grid":
        return whole
    return f"{whole}; {strategy.name} does at most {strategy.runs or planned.runs:,}"


def _several(what: str, n: int) -> str:
    """'setting at 2 lengths', 'settings at 2 lengths'."""
    noun, _, rest = what.partition(" ")
    return f"{noun}{'' if n == 1 else 's'}{' ' * bool(rest)}{rest}"


def shown(progress: SweepProgress) -> Group:
    """Everything that `status` shows of a sweep."""
    note = CONFIRMED_NOTE if progress.confirmed else FRONT_NOTE
    front = (front_table(progress), Text(note)) if progress.front else ()
    search = progress.search.lines() if progress.search else []
    return Group(*(Text(line) for line in (*status_lines(progress), *search, *finding_lines(progress))), *front)


def finding_lines(progress: SweepProgress) -> list[str]:
    """The finding that the last report wrote, with its time; nothing before there is one."""
    finding = progress.finding
    if finding is None or not finding.lines:
        return []
    return [f"Finding of the report of {finding.time}:", *(f"  {line}" for line in finding.lines)]


def status_lines(progress: SweepProgress) -> list[str]:
    """How far a sweep is, in lines: counts, the process that runs it, and why runs failed."""
    counts = [f"{progress.done} of {progress.wanted} runs done"]
    counts += [f"{n} {word}" for word, n in (("failed", progress.failed), ("diverged", progress.diverged)) if n]
    counts += [f"{progress.running} running"] if progress.running else []
    counts += [f"{progress.remaining} remaining"] if progress.remaining else []
    lines = [f"{progress.name}: {', '.join(counts)}"]
    if progress.driver:
        pace = "time left: measuring" if progress.remaining else "about to end"
        if progress.remaining and progress.rate and progress.seconds_left is not None:
            pace = f"{_per_time(progress.rate)}, about {duration(progress.seconds_left)} left"
        lines.append(f"running: {progress.driver}; {pace}")
    elif progress.remaining:
        lines.append("Not running. Resume with `wn-sweep run`.")
    if progress.unasked:
        lines.append(f"{progress.unasked} more runs in the ledger that the space does not ask for")
    for failures in progress.failures:
        lines.append(f"{failures.runs} {failures.kind}, for example: {first_line(failures.message)}")
        lines += [f"    {line}" for line in failures.traceback.splitlines()[-LAST_LINES:]]
    lines += [extension.line() for extension in progress.extend]
    return lines


def first_line(message: str) -> str:
    """The first line of a message; a ledger that somebody sent may have an empty one."""
    return next(iter(message.splitlines()), "")


def front_table(progress: SweepProgress) -> Table:
    """The points that no other point beats so far."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("front so far", "error %", "seeds", "FLOPs", "params", "against"):
        table.add_column(head, justify="left" if head in {"front so far", "against"} else "right")
    words = {"flops": "FLOPs", "params": "params"}
    for leader in progress.front:
        against = ", ".join(words[cost] for cost in leader.fronts)
        numbers = (f"{leader.error:.2f}", str(leader.n), f"{leader.flops:,}", f"{leader.params:,}")
        # the names of a person's values are no markup
        table.add_row(Text(leader.point), *numbers, against)
    return table


def _per_time(rate: float) -> str:
    return f"{rate:.3g} runs a second" if rate >= 1 else f"{60 * rate:.3g} runs a minute"


def duration(seconds: float) -> str:
    """'45 s', '3 min 20 s', '2 h 05 min', '12 days', '4 years'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    days = whole / 86400
    return f"{days:.0f} days" if days < 730 else f"{days / 365.25:,.0f} years"
