"""Output in the terminal: the progress bar of a sweep, and its status."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, Task
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from sweep.inert import printable
from sweep.leader import judged_recipes
from sweep.meter import Meter, duration, limit_of

if TYPE_CHECKING:
    # torch takes seconds to import, and `status` does not need it
    from sweep.costs import Plan
    from sweep.engine.result import Result
    from sweep.engine.runs import Run
    from sweep.progress import Progress as SweepProgress

#: Seconds between two lines where there is no terminal to draw a bar in.
LINE_EVERY = 15.0
#: Lines of a traceback that `status` shows; the ledger has more.
LAST_LINES = 6

#: Columns of the bar of `status`, and points at chance that it names.
BAR_WIDTH, NAMED = 40, 3
#: How to read a front of unfinished points.
CONFIRMED_NOTE = "Means of the finalists over their fresh seeds, which chose nothing."
FRONT_NOTE = "Means at each point's best setting so far; they are lower than the cross-fitted means of the report."


class Clock(ProgressColumn):
    """The current activity and its duration; or, once runs land, the remaining time and the leading point."""

    def render(self, task: Task) -> Text:
        """A line that is cut at the end of the terminal, not wrapped."""
        clock = f", {duration(task.elapsed or 0)}" if task.fields.get("clock") else ""
        return Text(f"{printable(task.description)}{clock}", no_wrap=True, overflow="ellipsis")


class Bar:
    """A progress bar in a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.meter: Meter | None = None
        self._progress: Progress | None = None
        self._said = 0.0
        self._had = self._total = 0

    def doing(self, what: str) -> None:
        """Say in a terminal what is being done, with a clock until runs land."""
        if not what or not self.console.is_terminal:
            return
        if self.meter is None:
            self.end()
            self._draw(what, transient=True)
        elif self._progress is not None:
            if not self.meter.landed:
                self._progress.update(self._progress.task_ids[0], description=what, refresh=True)
        else:
            # the report is drawn by forked copies of this process: no thread may run meanwhile
            self.console.print(what, markup=False, highlight=False)

    def begin(
        self,
        planned: Plan,
        todo: int,
        total: int,
        workers: int,
        known: Iterable[tuple[str, str, float | None]] = (),
    ) -> None:
        """Say what is about to be done; the bar counts all runs, those that are in as well."""
        self.end()
        pace = f"{workers} at a time" if workers else "as many at a time as the cluster has room for"
        in_ledger = f", {total - todo} in the ledger" if todo < total else ""
        # a search may choose runs that are in, or confirm fewer finalists than it may
        about = "" if planned.space.strategy.name == "grid" else "about "
        description = f": {describe(planned)}{in_ledger}; {about}{todo} to train, {pace}"
        line = Text.assemble((planned.space.name, "bold"), description)
        self.console.print(line, soft_wrap=not self.console.is_terminal)
        self.meter = Meter(todo, workers, known, limit_of(planned), judged_recipes(planned.space))
        self._had, self._total = total - todo, total
        if self.console.is_terminal:
            activity = f"starting {workers} worker{'' if workers == 1 else 's'}" if workers else "joining the cluster"
            self._draw(activity, self._had, self._total)
        self._said = time.monotonic()

    def note(self, line: str) -> None:
        """Say something beside the bar."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def landed(self, run: Run, result: Result) -> None:
        """Move on by a run."""
        assert self.meter is not None
        self.meter.add(run, result)
        if self._progress is not None:
            status = self.meter.status()
            self._progress.update(self._progress.task_ids[0], advance=1, description=status, clock=False)
        elif time.monotonic() - self._said >= LINE_EVERY or self.meter.landed == self.meter.todo:
            self._said = time.monotonic()
            runs = f"{self._had + self.meter.landed}/{self._total} runs"
            line = f"{runs}, {self.meter.elapsed()}, {self.meter.status()}"
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _draw(self, activity: str, done: int = 0, total: int | None = None, transient: bool = False) -> None:
        counted = (SpinnerColumn("line"),) if total is None else (BarColumn(16), MofNCompleteColumn())
        text = Clock(table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
        # as wide as the terminal, so that a long line is cut and not wrapped
        self._progress = Progress(*counted, text, console=self.console, expand=True, transient=transient)
        self._progress.add_task(activity, total=total, completed=done, clock=True)
        self._progress.start()


def describe(planned: Plan) -> str:
    """'10 points x 3 settings x 3 seeds = 90 runs'; with more for the baseline these, too."""
    seeds = len(planned.space.seeds)
    lengths = len(planned.space.lengths)
    several = {f"setting at {lengths} lengths": planned.settings} if lengths > 1 else {"setting": planned.settings}
    numbers = {"point": len(planned.points), **several, "seed": seeds}
    factors = [_counted(n, noun) for noun, n in numbers.items()]
    extra, baselines = len(planned.space.extra_seeds), int(planned.compared.among(planned.kept).sum())
    if extra:
        at = f" x {planned.settings} settings" if planned.settings > 1 else ""
        factors[-1] += f", and {_counted(baselines, 'baseline')}{at} x {extra:,} more {_several('seed', extra)}"
    grid_text, strategy = f"{' x '.join(factors)} = {planned.runs:,} runs", planned.space.strategy
    if strategy.name == "grid":
        return grid_text
    limits = [f"{strategy.runs or planned.runs:,}"] if strategy.runs or strategy.hours is None else []
    limits += [] if strategy.hours is None else [f"{strategy.hours:g} hours of training"]
    return f"{grid_text}; {strategy.name} does at most {' and '.join(limits)}"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {_several(noun, n)}"


def _several(phrase: str, n: int) -> str:
    """'setting at 2 lengths', 'settings at 2 lengths'."""
    noun, _, qualifier = phrase.partition(" ")
    return f"{noun}{'' if n == 1 else 's'}{' ' * bool(qualifier)}{qualifier}"


def shown(progress: SweepProgress, terminal: bool = True) -> Group:
    """Everything that `status` shows of a sweep; with a bar in a terminal, of what is in of all."""
    landed = progress.wanted - progress.remaining
    bar = (_bar(landed, progress.wanted),) if progress.wanted and terminal else ()
    note = CONFIRMED_NOTE if progress.confirmed else FRONT_NOTE
    front = (front_table(progress), Text(note)) if progress.front else ()
    search = progress.search.lines() if progress.search else []
    lines = (*status_lines(progress), *search, *finding_lines(progress))
    first, *other_lines = (Text(line) for line in lines)
    return Group(first, *bar, *other_lines, *front)


def _bar(landed: int, total: int) -> Table:
    row = Table.grid(padding=(0, 1))
    # rounded down: 100 % are all
    row.add_row(ProgressBar(total, landed, width=BAR_WIDTH), f"{100 * landed // total} %")
    return row


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
        pace = "running, time left: measuring" if progress.remaining else "about to end"
        if progress.remaining and progress.rate and progress.seconds_left is not None:
            pace = f"about {duration(progress.seconds_left)} left, {_per_time(progress.rate)}"
        process = f"by process {progress.driver.process} on {progress.driver.host}"
        lines.append(f"{pace}; started {ago(progress.driver.since)} {process}")
    elif progress.remaining:
        lines.append("Not running. Resume with `wn-sweep run`.")
    if progress.unasked:
        lines.append(f"{progress.unasked} more runs in the ledger that the space does not ask for")
    if progress.at_chance:
        labels = ", ".join(progress.at_chance[:NAMED])
        others = f" and {len(progress.at_chance) - NAMED} more" if len(progress.at_chance) > NAMED else ""
        count = len(progress.at_chance)
        subject = "1 point errs" if count == 1 else f"{count} points err"
        ranked = "is not ranked" if count == 1 else "are not ranked"
        lines.append(f"{subject} as often as guessing so far, and {ranked}: {labels}{others}")
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


def ago(since: str) -> str:
    """'5 min ago' of a time in ISO 8601."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return f"{duration(max(0.0, seconds)) if seconds < 60 else duration(60 * (seconds // 60)).replace(' 00 s', '')} ago"


def _per_time(rate: float) -> str:
    return f"{rate:.3g} runs a second" if rate >= 1 else f"{60 * rate:.3g} runs a minute"
