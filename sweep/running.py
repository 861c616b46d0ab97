"""Running a sweep: plan, train what its ledger lacks, render the report."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweep.costs import plan, second_count
from sweep.engine.asks import Ask
from sweep.engine.executor import Executor
from sweep.engine.executors import executor_for
from sweep.engine.finding_note import noted_finding
from sweep.engine.ledger import Ledger
from sweep.engine.lock import Lock, locked
from sweep.engine.loop import Loop
from sweep.engine.places import note_place, own_place
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.remaining import most_runs
from sweep.engine.result import Result
from sweep.engine.runs import Run
from sweep.engine.speed import Speed
from sweep.engine.strategies import other_versions, speed_of, strategy_of
from sweep.engine.work import Storage
from sweep.errors import EngineError, SpaceError, SweepError
from sweep.notebook import usual_watch
from sweep.proxy import DataError, load
from sweep.proxy.checked import check_images
from sweep.proxy.checkpoint import check, discard, kept
from sweep.rendering import render_ledger
from sweep.report.page.rendered import Rendered, Sources, up_to_date
from sweep.search import Choice
from sweep.space import Space, find
from sweep.space.changes import changes
from sweep.watch import Summary, Watch, unused_runs

#: The largest number of runs: at a second each, more would take days on a hundred cores.
MOST_RUNS = 1_000_000


def run(
    space: Space | str | Path,
    *,
    results: str | Path = "results",
    reports: str | Path | None = "reports",
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
        reports: folder of pages; no page is rendered if it is None.
        workers: runs at a time, by default one a core.
        address: a Ray cluster to run on ("auto", "host:port" or "ray://host:port"), by default with as many runs at a
            time as it has room for.
        inline: do one run at a time in this process, without Ray.
        retry_failed: do runs again that failed before.
        storage: where runs in progress are kept, a directory or a URL that fsspec reads; RESULTS/NAME/checkpoints by
            default. A run goes on from there.
        checkpoint_every: seconds after which a run in progress is kept.
        watch: what is told of the sweep while it runs; by default a bar in a notebook, and nothing elsewhere.
        executor: what does the runs, in place of `workers`, `address` and `inline`; it is closed at the end.

    Interrupting it loses nothing but the runs in progress: call it again to go on.
    Raises SweepError (bad space, a ledger that cannot be used, images that are missing, a storage that takes nothing,
    seconds that are no number).
    """
    if not 0 <= checkpoint_every < math.inf:
        raise SweepError(f"checkpoint_every needs seconds, a finite number of at least 0, found {checkpoint_every}")
    watch = watch or usual_watch()
    space = space if isinstance(space, Space) else Space.load(find(space))
    if not space.proxy.dataset.facts.readable:
        message = f"{space.proxy.dataset.name} can be planned for, but this version cannot read its images"
        raise SpaceError(space.source.mistake(("proxy", "dataset"), message))
    folder = Path(results) / space.name
    pages = None if reports is None else Path(reports) / space.name
    with executor or executor_for(space, results, workers, address, inline) as executor:
        sweep = _Sweep(space, folder, pages, retry_failed, executor, watch)
        return sweep.run(storage, checkpoint_every)


class _Sweep:
    """A sweep between its plan and its page."""

    def __init__(
        self, space: Space, folder: Path, pages: Path | None, retry_failed: bool, executor: Executor, watch: Watch
    ) -> None:
        self.space, self.folder, self.pages = space, folder, pages
        self.retry_failed, self.executor, self.watch = retry_failed, executor, watch
        self.path = folder / "ledger.sqlite"
        watch.doing(f"planning {space.combinations:,} {'point' if space.combinations == 1 else 'points'}")
        self.plan = plan(space, traced=False)
        number_runs = space.strategy.runs or self.plan.runs
        if number_runs > MOST_RUNS and space.strategy.name == "grid":
            message = f"asks for {number_runs:,} runs, more than the {MOST_RUNS:,} of one sweep; constraints narrow it"
            raise SpaceError(space.source.mistake(("grid",), message))
        self.runs = PlannedRuns(self.plan)
        self.speed = speed_of(self.plan, self.path)
        self.pool = self.runs.pool(self.speed)

    def run(self, storage: str | Path | None, checkpoint_every: float) -> Summary:
        """Train what the ledger lacks, and render the report."""
        # errors in the space, the images, the ledger or the folders appear before anything is written
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
            self.watch.doing("reading the images")
            self.executor.start()
            self._insist_on_images(todo[0])
            if storage is not None:
                check(where.checkpoints)
        traced = self._traced(todo)
        if self.pages is not None:
            try:
                self.pages.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SweepError(f"{self.pages}: cannot be used: {error.strerror}") from None
        with locked(self.folder) as lock, Ledger.create(self.path, self.watch.note) as ledger:
            before = ledger.space() if ledger.statuses() else {}
            self._describe(ledger)
            loop = self._loop(ledger)
            trained = 0
            if unused := len(ledger.statuses().keys() - loop.known):
                self.watch.note(unused_runs(unused, changes(before, self.space.data)))
            if loop.todo:
                for line in other_versions(ledger.asks()):
                    self.watch.note(line)
                ledger.trace(traced)
                trained = self._train(loop, ledger, lock, where)
            return self._summary(ledger, trained)

    def _describe(self, ledger: Ledger) -> None:
        """Note the space and the points of its plan; of a search those that it has asked for."""
        places = None
        if self.space.strategy.name not in {"grid", "racing"}:
            history, _ = self.runs.history(ledger.asks(), ledger.answers(), ledger.positions())
            places = {choice.point for _, choice, _ in history.seen(0, None)}
        ledger.describe(self.space.name, self.space.data, self.plan.axes, self.runs.described(places))

    def _loop(self, ledger: Ledger | None) -> Loop:
        """The remaining loop; in a writable ledger the asks that the space still makes are marked."""
        asks = ledger.asks() if ledger else []
        answers = ledger.answers() if ledger else {}
        if self.retry_failed:
            answers = {key: answer for key, answer in answers.items() if answer.status == "done"}
        positions = ledger.positions() if ledger else {}
        history, stale = self.runs.history(asks, answers, positions)
        number = max((ask.number for ask in asks), default=-1) + 1
        first = self._settle_speed(asks)
        strategy = strategy_of(self.space, self.pool)
        loop = Loop(strategy, self.runs, history, number, answers, positions.values(), first)
        if ledger is not None and ledger.writable:
            if stale:
                ledger.ask(stale)
            loop.note(ledger)
        return loop

    def _settle_speed(self, asks: Sequence[Ask]) -> Mapping[str, Any]:
        """Use the speed that a ledger's asks were made with; return the first ask's entry if there is none."""
        if self.speed is None:
            return {}
        recorded = Speed.recorded(asks)
        if recorded is None:
            return self.speed.origin
        if recorded != self.speed:
            # another process began this sweep meanwhile
            self.speed = recorded
            self.pool = self.runs.pool(recorded)
        return {}

    def _insist_on_images(self, first: Choice) -> None:
        """Read the images, so that an error in them is reported once, with its line, before any run."""
        run = self.runs.run(first)
        try:
            for note in check_images(run.proxy.dataset):
                self.watch.note(note)
            load(run.proxy.dataset, run.point.image_size or 1, run.proxy.dataset.draw(run.seed))
        except DataError as error:
            raise SpaceError(self.space.source.mistake(("proxy", "dataset"), str(error))) from None

    def _traced(self, todo: Sequence[Choice]) -> dict[str, tuple[int, int]]:
        """fvcore's count of each point that is about to be trained, by its canonical text."""
        counts = {}
        for place in dict.fromkeys(choice.point for choice in todo):
            self.plan.count(int(self.plan.kept[place]))
            planned = self.plan.points[place]
            if planned.point.own_network:
                # a point that cannot be counted will fail as a run, with the reason
                if planned.traced is not None:
                    counts[self.runs.text(place)] = planned.traced.params, planned.traced.flops
                continue
            total = second_count(planned, self.space.proxy).total
            counts[self.runs.text(place)] = total.params, total.flops
        return counts

    def _train(self, loop: Loop, ledger: Ledger, lock: Lock, storage: Storage) -> int:
        """Do all runs that remain, and give their number."""
        workers = self.executor.workers or 0
        # left by a driver that was killed between recording a run and removing its checkpoint
        finished = {key for key, status in ledger.statuses().items() if status != "failed"}
        discard(storage.checkpoints, kept(storage.checkpoints) & finished)
        trained = 0

        def landed(pairs: list[tuple[Run, Result]]) -> None:
            nonlocal trained
            trained += len(pairs)
            # only after they are recorded; a failed run may be repeated, and continues from its checkpoint
            removable = [result.key for _, result in pairs if result.checkpointed and result.status != "failed"]
            discard(storage.checkpoints, removable)
            for pair in pairs:
                self.watch.landed(*pair)

        self.executor.note = self.watch.note
        self.executor.ready = lambda: self.watch.doing("waiting for the first run")
        lock.train(workers)
        total = self.space.strategy.runs or self.plan.runs
        if self.speed is not None:
            total = max(min(total, most_runs(self.plan, self.speed)), loop.answered)
        todo = len(loop.todo) if loop.all_known else total - loop.answered
        labels = {self.runs.text(place): self.pool.labels[place] for place in loop.points}
        in_ledger = [
            (labels[point], recipe, error) for key, point, recipe, error in ledger.errors() if key in loop.known
        ]
        self.watch.begin(self.plan, todo, total, workers, in_ledger)
        if self.space.proxy.keep_weights:
            note_place(ledger.path.parent, storage.weights)
        try:
            loop.do(ledger, self.executor, storage, landed)
        finally:
            self.watch.end()
        # the report needs the cores, and if it is killed, nothing of Ray is left behind
        self.executor.close()
        return trained

    def _summary(self, ledger: Ledger, trained: int) -> Summary:
        statuses, needed = ledger.statuses(), ledger.wanted()
        counts = Counter(statuses.get(key, "missing") for key in needed)
        if self.pages is None:
            return Summary(self.space.name, counts, trained, self.path, None)
        sources = Sources.of(self.path, trust=True)
        noted = noted_finding(self.folder)
        rendered = Rendered(self.pages / "index.html", finding=noted.lines if noted else ())
        if sources is None or noted is None or not up_to_date(self.pages, sources):
            self.watch.doing("writing the report")
            try:
                rendered = render_ledger(ledger, self.pages, trust=True)
            except OSError as error:
                message = f"{self.pages}: the report cannot be written: {error.strerror}; every run is safe"
                raise EngineError(message) from None
        self.watch.doing("")
        return Summary(self.space.name, counts, trained, self.path, rendered.page, rendered.failed, rendered.finding)


def _absolute(storage: str | Path) -> str:
    """A storage as an absolute path, for workers in other folders."""
    text = str(storage)
    return text if "://" in text or "::" in text else str(Path(text).absolute())
