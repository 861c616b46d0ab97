"""The commands as functions: `run`, `render`, `merge`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from sweep import report
from sweep.costs import Plan, Planned, plan, second_count
from sweep.engine.ahead import Ahead
from sweep.engine.driver import do_runs
from sweep.engine.ledger import Ledger, Row
from sweep.engine.lock import Lock, locked
from sweep.engine.merge import merge as merge_ledgers
from sweep.engine.places import note_place, own_place, places
from sweep.engine.runs import Run, missing, wanted
from sweep.errors import EngineError, SpaceError, SweepError
from sweep.last_look import final_frame
from sweep.ledger_frame import frame
from sweep.proxy import DataError, load
from sweep.proxy.checked import check_images
from sweep.proxy.checkpoint import check, discard, kept
from sweep.report.comparison import folder_name
from sweep.space import Space, find
from sweep.space.source import Source

#: A sweep with more is a mistake: at a second each it would take days on a hundred cores.
MOST_RUNS = 1_000_000


class Watch(Protocol):
    """What is told of a sweep while it runs."""

    def say(self, line: str) -> None:
        """Something that the user should know before anything is trained."""

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """`todo` of `total` runs are about to be done, `workers` at a time; 0: as many as a cluster has room for."""

    def landed(self, row: Row) -> None:
        """A run is in the ledger."""

    def end(self) -> None:
        """No more runs will land, whatever the reason."""


class Silence:
    """A watch that says nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """Nothing."""

    def landed(self, row: Row) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Summary:
    """What a sweep came to: runs that are in by their status, how many were trained now, and where things are."""

    name: str
    statuses: Mapping[str, int]
    trained: int
    ledger: Path
    page: Path


def run(
    space: Space | str | Path,
    *,
    results: str | Path = "results",
    reports: str | Path = "reports",
    workers: int | None = None,
    address: str | None = None,
    retry_failed: bool = False,
    storage: str | Path | None = None,
    checkpoint_every: float = 60.0,
    watch: Watch | None = None,
    ahead: Ahead | None = None,
) -> Summary:
    """Plan a space, train what its ledger lacks, and render the report.

    `workers` is how many runs are done at a time, by default one a core. `address` is that of a Ray cluster to do them
    on ("auto", "host:port" or "ray://host:port"), by default as many at a time as it has room for. With `retry_failed`,
    runs that failed before are done again. Interrupting it loses nothing but the runs in progress: call it again to go
    on. A run that takes longer than `checkpoint_every` seconds is kept in `storage`, a directory or a URL that fsspec
    reads (by default RESULTS/NAME/checkpoints), and goes on from there.
    Raises SweepError (bad space, a ledger that cannot be used, images that are missing, a storage that takes nothing).
    """
    watch = watch or Silence()
    space = space if isinstance(space, Space) else Space.load(find(space))
    if not space.proxy.dataset.facts.readable:
        what = f"{space.proxy.dataset.name} can be planned for, but this version cannot read its images"
        raise SpaceError(space.source.mistake(("proxy", "dataset"), what))
    with ahead or Ahead(space, results, workers, address) as ahead:
        keep = None if storage is None else str(storage), checkpoint_every
        return _run(space, Path(results), Path(reports), keep, retry_failed, ahead, watch)


def _run(
    space: Space,
    results: Path,
    reports: Path,
    checkpoints: tuple[str | None, float],
    retry_failed: bool,
    ahead: Ahead,
    watch: Watch,
) -> Summary:
    planned = plan(space, traced=False)
    if planned.runs > MOST_RUNS:
        what = f"asks for {planned.runs:,} runs, more than the {MOST_RUNS:,} of one sweep; constraints narrow it"
        raise SpaceError(space.source.mistake(("grid",), what))
    runs = wanted(planned)
    folder, pages = results / space.name, reports / space.name
    path = folder / "ledger.sqlite"
    storage, every = checkpoints
    keep = _Keep(_absolute(folder / "checkpoints" if storage is None else storage), every, own_place(folder))
    if storage is not None:
        keep = replace(keep, weights=f"{keep.storage.rstrip('/')}/weights")

    def lacking(among: list[Run], ledger: Ledger) -> list[Run]:
        known = {key for key, status in ledger.statuses().items() if status == "done" or not retry_failed}
        return missing(among, known)

    # what can be wrong with the space, the images, the ledger or the folders shows before anything is written
    todo = missing(runs, ())
    if path.exists():
        with Ledger.open(path) as ledger:
            todo = lacking(runs, ledger)
    if todo:
        ahead.begin()
        for note in _insist_on_images(space, todo[0]):
            watch.say(note)
        if storage is not None:
            check(keep.storage)
    todo = _traced(todo)
    try:
        pages.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SweepError(f"{pages}: cannot be used: {error.strerror}") from None
    with locked(folder) as lock, Ledger.create(path) as ledger:
        ledger.describe(space.name, space.data, planned.axes, (run.key for run in runs))
        todo = lacking(todo, ledger)
        if todo:
            _train(planned, todo, len(runs), ledger, lock, ahead, keep, watch)
        statuses = ledger.statuses()
        counts = Counter(statuses.get(run.key, "missing") for run in runs)
        try:
            page = report.render(frame(ledger), pages)
        except OSError as error:
            raise EngineError(f"{pages}: the report cannot be written: {error.strerror}; every run is safe") from None
        return Summary(space.name, counts, len(todo), path, page)


def _insist_on_images(space: Space, first: Run) -> tuple[str, ...]:
    """Read the images, so that what is wrong with them is told once, with its line, and by no run; gives notes."""
    try:
        notes = check_images(first.proxy.dataset)
        load(first.proxy.dataset, first.planned.point.image_size or 1)
    except DataError as error:
        raise SpaceError(space.source.mistake(("proxy", "dataset"), str(error))) from None
    return notes


def _traced(runs: list[Run]) -> list[Run]:
    """The runs with fvcore's count of each of their points."""
    points: dict[str, Planned] = {}
    for run in runs:
        planned = run.planned
        if planned.label not in points:
            points[planned.label] = replace(planned, traced=second_count(planned, run.proxy).total)
    return [replace(run, planned=points[run.planned.label]) for run in runs]


@dataclass(frozen=True)
class _Keep:
    """Where runs in progress are kept, how often, in seconds, and where final weights are left."""

    storage: str
    every: float
    weights: str


def _absolute(storage: str | Path) -> str:
    """A storage as workers in other folders find it."""
    text = str(storage)
    return text if "://" in text or "::" in text else str(Path(text).absolute())


def _train(
    planned: Plan,
    todo: list[Run],
    total: int,
    ledger: Ledger,
    lock: Lock,
    ahead: Ahead,
    keep: _Keep,
    watch: Watch,
) -> None:
    resources, at_a_time, address = ahead.resources, ahead.at_a_time, ahead.address
    by_key = {run.key: run for run in todo}
    # of a driver that was killed after a run was in and before its checkpoint was gone
    discard(keep.storage, kept(keep.storage) & {key for key, status in ledger.statuses().items() if status != "failed"})

    def landed(results: list[tuple[str, dict[str, Any]]]) -> None:
        kept_of = {key for key, outcome in results if outcome.pop("checkpointed", False)}
        rows = [Row(by_key[key], **outcome) for key, outcome in results]
        ledger.record(rows)
        # not before they are in; a run that failed may be done again, and goes on from there
        discard(keep.storage, [row.run.key for row in rows if row.run.key in kept_of and row.status != "failed"])
        for row in rows:
            watch.landed(row)

    lock.train(at_a_time or 0)
    watch.begin(planned, len(todo), total, at_a_time or 0)
    if planned.space.proxy.keep_weights:
        note_place(ledger.path.parent, keep.weights)
    payloads = [run.payload(keep.storage, keep.every, keep.weights) for run in todo]
    try:
        do_runs(payloads, resources, at_a_time, landed, address=address, retries=resources.retries, begun=ahead.ray)
    finally:
        watch.end()


def render(*names: str, results: str | Path = "results", reports: str | Path = "reports", final: bool = False) -> Path:
    """Render the report of a sweep, or one page that compares several with the first, and give its path.

    Each is the name of a sweep under `results`, or the path of a ledger or of its folder. Of one sweep the page is
    REPORTS/NAME/index.html, of several REPORTS/A+B/index.html. With `final`, and with nothing else, kept weights are
    judged on the test split, which is noted in the sweep's folder. Raises LedgerError for a ledger that cannot be read,
    and SweepError for one that is named twice, a folder that cannot be written to, or a last look that cannot be taken.
    """
    paths = {_ledger(name, Path(results)).resolve(): name for name in names}
    if len(paths) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1) if len(set(names)) < len(names) else names[-1]
        raise SweepError(f"{twice}: is named twice; a comparison is of different sweeps")
    if final and len(names) > 1:
        raise SweepError("a last look is at one sweep: --final takes one name")
    frames = []
    for name in names:
        with Ledger.open(_ledger(name, Path(results))) as ledger:
            frames.append(final_frame(ledger) if final else frame(ledger, kernels=len(names) == 1))
    known = Counter(one.name for one in frames)
    called = [one.name if known[one.name] == 1 else str(name) for one, name in zip(frames, paths.values(), strict=True)]
    folder = Path(reports) / folder_name([one.name for one in frames])
    try:
        if len(frames) == 1:
            return report.render(frames[0], folder)
        return report.compare(dict(zip(called, frames, strict=True)), folder)
    except OSError as error:
        raise SweepError(f"{folder}: the report cannot be written: {error.strerror or error}") from None


def merge(*sources: str | Path, into: str, results: str | Path = "results") -> Path:
    """Put the runs of several sweeps into the ledger of the sweep `into`, and give its path.

    A source is the name of a sweep under `results`, or the path of a ledger or of its folder. What is there of `into`
    stays; a new one gets the space of the first source. Raises LedgerError, with nothing written, if two ledgers
    differ in the outcome of a run.
    """
    target = Path(results) / into / "ledger.sqlite"
    paths = [_ledger(source, Path(results)) for source in sources]
    with Ledger.open(paths[0]) as first:
        # a name that no space can have is said before anything is written
        Space.parse({**first.space(), "name": into}, Source("into"))
    merge_ledgers(paths, target, into)
    for folder in (path.parent for path in paths):
        for place in places(folder):
            # of its own folder, one that is there; of others, what it was told
            if place != own_place(folder) or Path(place).is_dir():
                note_place(target.parent, place)
    return target


def _ledger(source: str | Path, results: Path) -> Path:
    path = Path(source)
    if path.is_file():
        return path
    return path / "ledger.sqlite" if (path / "ledger.sqlite").is_file() else results / path / "ledger.sqlite"


__all__ = ["Silence", "Summary", "Watch", "merge", "render", "run"]
