"""The commands as functions: `run`, `render`, `merge`."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sweep import report
from sweep.costs import Plan, plan, second_count
from sweep.engine.executor import Executor
from sweep.engine.executors import executor_for
from sweep.engine.ledger import Ledger
from sweep.engine.lock import Lock, locked
from sweep.engine.loop import Loop
from sweep.engine.merge import merge as merge_ledgers
from sweep.engine.places import ledger_path, note_place, own_place, page_name, places
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.result import Result
from sweep.engine.runs import Run
from sweep.engine.strategies import strategy_of
from sweep.engine.work import Storage
from sweep.errors import EngineError, SpaceError, SweepError
from sweep.proxy import DataError, load
from sweep.proxy.checked import check_images
from sweep.proxy.checkpoint import check, discard, kept
from sweep.report.rendered import Rendered, Sources, folder_name, stamp, up_to_date
from sweep.search import Choice
from sweep.space import Space, find
from sweep.space.changes import changes
from sweep.space.source import Source

_log = logging.getLogger(__name__)

#: A sweep with more is a mistake: at a second each it would take days on a hundred cores.
MOST_RUNS = 1_000_000


class Watch(Protocol):
    """What is told of a sweep while it runs."""

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """`todo` of `total` runs are about to be done, `workers` at a time; 0: as many as a cluster has room for."""

    def landed(self, run: Run, result: Result) -> None:
        """A run is in the ledger."""

    def note(self, line: str) -> None:
        """Something that the person should know."""

    def end(self) -> None:
        """No more runs will land, whatever the reason."""


class Silence:
    """A watch that says nothing."""

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """Say nothing."""

    def landed(self, run: Run, result: Result) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Summary:
    """What a sweep came to: runs that are in by their status, how many were trained now, and where things are.

    `failed_cards` says, a line each, why cards of the report could not be made.
    """

    name: str
    statuses: Mapping[str, int]
    trained: int
    ledger: Path
    page: Path
    failed_cards: tuple[str, ...] = ()


def run(
    space: Space | str | Path,
    *,
    results: str | Path = "results",
    reports: str | Path = "reports",
    workers: int | None = None,
    address: str | None = None,
    inline: bool = False,
    retry_failed: bool = False,
    storage: str | Path | None = None,
    checkpoint_every: float = 60.0,
    watch: Watch | None = None,
    executor: Executor | None = None,
) -> Summary:
    """Plan a space, train what its ledger lacks, and render the report.

    Args:
        space: the space, the path of its file, or the name of one that ships.
        results: folder of ledgers.
        reports: folder of pages.
        workers: runs at a time, by default one a core.
        address: a Ray cluster to run on ("auto", "host:port" or "ray://host:port"), by default with as many runs at a
            time as it has room for.
        inline: do one run at a time in this process, without Ray.
        retry_failed: do runs again that failed before.
        storage: where runs in progress are kept, a directory or a URL that fsspec reads; RESULTS/NAME/checkpoints by
            default. A run goes on from there.
        checkpoint_every: seconds after which a run in progress is kept.
        watch: what is told of the sweep while it runs.
        executor: what does the runs, in place of `workers`, `address` and `inline`; it is closed at the end.

    Interrupting it loses nothing but the runs in progress: call it again to go on.
    Raises SweepError (bad space, a ledger that cannot be used, images that are missing, a storage that takes nothing).
    """
    watch = watch or Silence()
    space = space if isinstance(space, Space) else Space.load(find(space))
    if not space.proxy.dataset.facts.readable:
        what = f"{space.proxy.dataset.name} can be planned for, but this version cannot read its images"
        raise SpaceError(space.source.mistake(("proxy", "dataset"), what))
    folder, pages = Path(results) / space.name, Path(reports) / space.name
    with executor or executor_for(space, results, workers, address, inline) as executor:
        sweep = _Sweep(space, folder, pages, retry_failed, executor, watch)
        return sweep.run(storage, checkpoint_every)


class _Sweep:
    """A sweep between its plan and its page."""

    def __init__(
        self, space: Space, folder: Path, pages: Path, retry_failed: bool, executor: Executor, watch: Watch
    ) -> None:
        self.space, self.folder, self.pages = space, folder, pages
        self.retry_failed, self.executor, self.watch = retry_failed, executor, watch
        self.path = folder / "ledger.sqlite"
        self.plan = plan(space, traced=False)
        if self.plan.runs > MOST_RUNS:
            what = f"asks for {self.plan.runs:,} runs, more than the {MOST_RUNS:,} of one sweep; constraints narrow it"
            raise SpaceError(space.source.mistake(("grid",), what))
        self.runs = PlannedRuns(self.plan)
        self.pool = self.runs.pool()

    def run(self, storage: str | Path | None, checkpoint_every: float) -> Summary:
        """Train what the ledger lacks, and render the report."""
        # what can be wrong with the space, the images, the ledger or the folders shows before anything is written
        if self.path.exists():
            with Ledger.open(self.path) as ledger:
                todo = self._loop(ledger).todo
        else:
            todo = self._loop(None).todo
        where = Storage(
            _absolute(self.folder / "checkpoints" if storage is None else storage),
            own_place(self.folder) if storage is None else f"{_absolute(storage).rstrip('/')}/weights",
            checkpoint_every,
        )
        if todo:
            self.executor.start()
            self._insist_on_images(todo[0])
            if storage is not None:
                check(where.checkpoints)
        traced = self._traced(todo)
        try:
            self.pages.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SweepError(f"{self.pages}: cannot be used: {error.strerror}") from None
        with locked(self.folder) as lock, Ledger.create(self.path, self.watch.note) as ledger:
            before = ledger.space() if ledger.statuses() else {}
            ledger.describe(self.space.name, self.space.data, self.plan.axes, self.runs.described())
            loop = self._loop(ledger)
            trained = 0
            if unused := len(ledger.statuses().keys() - loop.known):
                self.watch.note(unused_runs(unused, before, self.space.data))
            if loop.todo:
                ledger.trace(traced)
                trained = self._train(loop, ledger, lock, where)
            return self._summary(ledger, trained)

    def _loop(self, ledger: Ledger | None) -> Loop:
        """What remains to be done; a ledger that is written to is told which of its asks the space makes now."""
        asks = ledger.asks() if ledger else []
        answers = ledger.answers() if ledger else {}
        if self.retry_failed:
            answers = {key: answer for key, answer in answers.items() if answer.status == "done"}
        history, stale = self.runs.history(asks, answers)
        number = max((ask.number for ask in asks), default=-1) + 1
        loop = Loop(strategy_of(self.space, self.pool), self.runs, history, number, answers)
        if ledger is not None and ledger.writable:
            if stale:
                ledger.ask(stale)
            loop.note(ledger)
        return loop

    def _insist_on_images(self, first: Choice) -> None:
        """Read the images, so that what is wrong with them is told once, with its line, and by no run."""
        run = self.runs.run(first)
        try:
            for note in check_images(run.proxy.dataset):
                self.watch.note(note)
            load(run.proxy.dataset, run.point.image_size or 1)
        except DataError as error:
            raise SpaceError(self.space.source.mistake(("proxy", "dataset"), str(error))) from None

    def _traced(self, todo: Sequence[Choice]) -> dict[str, tuple[int, int]]:
        """fvcore's count of each point that is about to be trained, by its canonical text."""
        counts = {}
        for place in dict.fromkeys(choice.point for choice in todo):
            total = second_count(self.plan.points[place], self.space.proxy).total
            counts[self.runs.point_texts[place]] = total.params, total.flops
        return counts

    def _train(self, loop: Loop, ledger: Ledger, lock: Lock, storage: Storage) -> int:
        """Do all runs that remain, and give their number."""
        workers = self.executor.workers or 0
        # of a driver that was killed after a run was in and before its checkpoint was gone
        over = {key for key, status in ledger.statuses().items() if status != "failed"}
        discard(storage.checkpoints, kept(storage.checkpoints) & over)
        trained = 0

        def landed(pairs: list[tuple[Run, Result]]) -> None:
            nonlocal trained
            trained += len(pairs)
            # not before they are in; a run that failed may be done again, and goes on from there
            gone = [result.key for _, result in pairs if result.checkpointed and result.status != "failed"]
            discard(storage.checkpoints, gone)
            for pair in pairs:
                self.watch.landed(*pair)

        lock.train(workers)
        total = self.space.strategy.runs or self.plan.runs
        todo = len(loop.todo) if loop.all_known else total - loop.answered
        self.watch.begin(self.plan, todo, total, workers)
        if self.space.proxy.keep_weights:
            note_place(ledger.path.parent, storage.weights)
        try:
            loop.do(ledger, self.executor, storage, landed)
        finally:
            self.watch.end()
        return trained

    def _summary(self, ledger: Ledger, trained: int) -> Summary:
        statuses, wanted = ledger.statuses(), ledger.wanted()
        counts = Counter(statuses.get(key, "missing") for key in wanted)
        before = Sources.of(self.path, trust=True)
        rendered = Rendered(self.pages / "index.html")
        if before is None or not up_to_date(self.pages, before):
            try:
                rendered = _rendered(ledger, self.pages, trust=True)
            except OSError as error:
                what = f"{self.pages}: the report cannot be written: {error.strerror}; every run is safe"
                raise EngineError(what) from None
        return Summary(self.space.name, counts, trained, self.path, rendered.page, rendered.failed)


def _rendered(ledger: Ledger, pages: Path, trust: bool) -> Rendered:
    """Render the page of a ledger, and note of what it was made, unless the ledger was written to meanwhile."""
    # they import pandas and matplotlib, and a page that is up to date needs neither
    from sweep.ledger_frame import frame

    before = Sources.of(ledger.path, trust)
    sweep = frame(ledger, trust=trust)
    # looking at kernels leaves a note beside the ledger, which is a source of the page as well
    sources = Sources.of(ledger.path, trust)
    rendered = report.render(sweep, pages)
    if before and sources and before.ledger == sources.ledger and not rendered.failed:
        stamp(pages, sources)
    return rendered


def unused_runs(unused: int, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """A line on runs of a ledger that its space does not ask for any more, and what changed since it was run last."""
    why = changes(before, now)
    which = f"{unused} {'run of the ledger is' if unused == 1 else 'runs of the ledger are'} not used"
    return f"{which}: {why}" if why else f"{which}: the space does not ask for them"


def _absolute(storage: str | Path) -> str:
    """A storage as workers in other folders find it."""
    text = str(storage)
    return text if "://" in text or "::" in text else str(Path(text).absolute())


def render(
    *names: str,
    results: str | Path = "results",
    reports: str | Path = "reports",
    final: bool = False,
    trust: bool = False,
) -> Path:
    """As `render_report`: give the path of the page alone, and log a warning for each card that could not be made."""
    rendered = render_report(*names, results=results, reports=reports, final=final, trust=trust)
    for line in rendered.failed:
        _log.warning("%s", line)
    return rendered.page


def render_report(
    *names: str,
    results: str | Path = "results",
    reports: str | Path = "reports",
    final: bool = False,
    trust: bool = False,
) -> Rendered:
    """Render the report of a sweep, or one page that compares several with the first.

    Each is the name of a sweep under `results`, or the path of a ledger or of its folder. Of one sweep the page is
    REPORTS/NAME/index.html, of several REPORTS/A+B/index.html. With `final`, and with nothing else, kept weights are
    judged on the test split, which is noted in the sweep's folder. Nothing that a ledger names is imported or read,
    networks and images of one's own, unless with `trust`. Raises LedgerError for a ledger that cannot be read,
    and SweepError for one that is named twice, a folder that cannot be written to, or a last look that cannot be taken.
    """
    paths = {ledger_path(name, results).resolve(): name for name in names}
    if len(paths) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1) if len(set(names)) < len(names) else names[-1]
        raise SweepError(f"{twice}: is named twice; a comparison is of different sweeps")
    if final and len(names) > 1:
        raise SweepError("a last look is at one sweep: --final takes one name")
    folder = Path(reports) / folder_name([page_name(ledger_path(name, results)) for name in names])
    try:
        if len(names) > 1:
            return _compared(paths, names, results, folder, trust)
        with Ledger.open(ledger_path(names[0], results)) as ledger:
            return _final(ledger, folder, trust) if final else _rendered(ledger, folder, trust)
    except OSError as error:
        raise SweepError(f"{folder}: the report cannot be written: {error.strerror or error}") from None


def _final(ledger: Ledger, pages: Path, trust: bool) -> Rendered:
    """Render the page of a sweep with what the test split says of it."""
    from sweep.last_look import final_frame

    return report.render(final_frame(ledger, trust), pages)


def _compared(
    paths: Mapping[Path, str], names: Sequence[str], results: str | Path, pages: Path, trust: bool
) -> Rendered:
    """Render the page of several sweeps; where names are equal, each is called what the caller calls it."""
    from sweep.ledger_frame import frame

    frames = []
    for name in names:
        with Ledger.open(ledger_path(name, results)) as ledger:
            frames.append(frame(ledger, False, trust))
    known = Counter(one.name for one in frames)
    called = [one.name if known[one.name] == 1 else str(name) for one, name in zip(frames, paths.values(), strict=True)]
    return report.compare(dict(zip(called, frames, strict=True)), pages)


def merge(*sources: str | Path, into: str, results: str | Path = "results") -> Path:
    """Put the runs of several sweeps into the ledger of the sweep `into`, and give its path.

    A source is the name of a sweep under `results`, or the path of a ledger or of its folder. What is there of `into`
    stays; a new one gets the space of the first source. Raises LedgerError, with nothing written, if two ledgers
    differ in the outcome of a run.
    """
    target = Path(results) / into / "ledger.sqlite"
    paths = [ledger_path(source, results) for source in sources]
    with Ledger.open(paths[0]) as first:
        # a name that no space can have is said before anything is written
        Space.recorded({**first.space(), "name": into}, Source("into"))
    merge_ledgers(paths, target, into)
    for folder in (path.parent for path in paths):
        for place in places(folder):
            # of its own folder, one that is there; of others, what it was told
            if place != own_place(folder) or Path(place).is_dir():
                note_place(target.parent, place)
    return target


__all__ = ["Silence", "Summary", "Watch", "merge", "render", "render_report", "run"]
