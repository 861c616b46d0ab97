"""What a person sees in the terminal: the progress of a sweep and the table of a plan."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from sweep.costs import Plan
from sweep.engine.ledger import Row
from sweep.space import plain

#: Seconds between two lines where there is no terminal to draw a bar in.
LINE_EVERY = 15.0


class Meter:
    """Counts landed runs; says the running best and an honest remaining time."""

    def __init__(self, todo: int, workers: int) -> None:
        self.todo, self.workers = todo, max(1, workers)
        self.landed = self.failed = 0
        self.best: Row | None = None
        self._started = time.monotonic()
        self._first: float | None = None

    def add(self, row: Row) -> None:
        """Count a run."""
        self.landed += 1
        self._first = self._first or time.monotonic()
        if row.status != "done":
            self.failed += 1
        elif self.best is None or row.error is None or self.best.error is None or row.error < self.best.error:
            self.best = row

    def remaining(self) -> str:
        """Time that is left at the pace since the first run landed; says that it does not know before it does."""
        # the first runs land together, a whole run after the start: pace is measured between landings
        paced = self.landed - self.workers
        if paced < self.workers or self._first is None:
            return "time left: measuring"
        seconds = (time.monotonic() - self._first) / paced * (self.todo - self.landed)
        return f"about {duration(seconds)} left" if self.landed < self.todo else "done"

    def status(self) -> str:
        """Best, failures and remaining time in a line."""
        best = f"best {self.best.error:.2f} % ({self.best.run.planned.label})" if self.best else "no result yet"
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{best}{failed}, {self.remaining()}"

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

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """Say what is about to be done."""
        pace = f"{workers} at a time" if workers else "as many at a time as the cluster has room for"
        had = f", {total - todo} in the ledger" if todo < total else ""
        self.console.print(
            f"[bold]{planned.space.name}[/]: {describe(planned)}{had}; {todo} to train, {pace}",
            highlight=False,
        )
        self.meter = Meter(todo, workers)
        if self.console.is_terminal:
            columns = (BarColumn(40), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
            self._progress = Progress(*columns, console=self.console)
            self._progress.add_task("starting the workers", total=todo)
            self._progress.start()
        self._said = time.monotonic()

    def landed(self, row: Row) -> None:
        """Move on by a run."""
        assert self.meter is not None
        self.meter.add(row)
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
    parts = [f"{len(planned.points)} points", f"{planned.settings} settings", f"{seeds} seeds"]
    return f"{' x '.join(parts)} = {planned.runs} runs"


def plan_table(planned: Plan) -> Table:
    """Every point with its axes and its counts."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for axis in planned.axes:
        table.add_column(axis, justify="left" if axis == "family" else "right")
    for name in ("params", "FLOPs", "activations", "fvcore"):
        table.add_column(name, justify="right")
    for p in planned.points:
        axes = [p.point.value(axis) for axis in planned.axes]
        same = "not traced" if p.traced is None else "same" if p.agrees else f"{p.traced.params:,} / {p.traced.flops:,}"
        counts = (f"{p.cost.params:,}", f"{p.cost.flops:,}", f"{p.cost.activations:,}", same)
        table.add_row(*("" if value is None else str(plain(value)) for value in axes), *counts)
    return table


def duration(seconds: float) -> str:
    """'45 s', '3 min 20 s', '2 h 05 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
