"""The commands as functions: `run`, and the frame of a ledger that a report is rendered from."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from sweep import report
from sweep.analysis.sweep_frame import SweepFrame
from sweep.costs import Plan, Planned, plan, second_count
from sweep.engine.ahead import Ahead
from sweep.engine.driver import do_runs
from sweep.engine.ledger import Ledger, Row
from sweep.engine.lock import Lock, locked
from sweep.engine.merge import merge as merge_ledgers
from sweep.engine.runs import Run, missing, wanted
from sweep.errors import EngineError, LedgerError, SpaceError, SweepError
from sweep.proxy import DataError, load
from sweep.proxy.checkpoint import check, discard, kept
from sweep.report.comparison import folder_name
from sweep.space import Space, find, plain
from sweep.space.source import Source

#: A sweep with more is a mistake: at a second each it would take days on a hundred cores.
MOST_RUNS = 1_000_000


class Watch(Protocol):
    """What is told of a sweep while it runs."""

    def begin(self, planned: Plan, todo: int, total: int, workers: int) -> None:
        """`todo` of `total` runs are about to be done, `workers` at a time; 0: as many as a cluster has room for."""

    def landed(self, row: Row) -> None:
        """A run is in the ledger."""

    def end(self) -> None:
        """No more runs will land, whatever the reason."""


class Silence:
    """A watch that says nothing."""

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
    keep = _Keep(_absolute(folder / "checkpoints" if storage is None else storage), every)

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
        _insist_on_images(space, todo[0])
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


def _insist_on_images(space: Space, first: Run) -> None:
    """Read the images, so that what is wrong with them is told once, with its line, and by no run."""
    try:
        load(first.proxy.dataset, first.planned.point.image_size or 1)
    except DataError as error:
        raise SpaceError(space.source.mistake(("proxy", "dataset"), str(error))) from None


def _traced(runs: list[Run]) -> list[Run]:
    """The runs with fvcore's count of each of their points."""
    points: dict[str, Planned] = {}
    for run in runs:
        planned = run.planned
        if planned.label not in points:
            points[planned.label] = replace(planned, traced=second_count(planned, run.proxy.dataset).total)
    return [replace(run, planned=points[run.planned.label]) for run in runs]


@dataclass(frozen=True)
class _Keep:
    """Where runs in progress are kept, and how often, in seconds."""

    storage: str
    every: float


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
    payloads = [run.payload(keep.storage, keep.every) for run in todo]
    try:
        do_runs(payloads, resources, at_a_time, landed, address=address, retries=resources.retries, begun=ahead.ray)
    finally:
        watch.end()


def frame(ledger: Ledger) -> SweepFrame:
    """The runs that the ledger's space asks for, as analysis takes them; those that are not in are 'missing'."""
    try:
        space = Space.parse(ledger.space())
    except SpaceError as error:
        raise LedgerError(f"{ledger.path}: its space is not one that this version reads:\n{error}") from None
    planned = plan(space, traced=False)
    kept = ledger.runs()
    by_key = {row["key"]: row for row in _records(kept)}
    settings = [setting for setting, _ in space.recipes()]
    flops, first = (counts[planned.kept].astype(float) for counts in (planned.counts.flops, planned.counts.first))
    labels = (one.label for one in planned.points)
    training = dict(zip(labels, planned.passes.flops(flops, first).tolist(), strict=True))
    rows, asked = [], set()
    each_point = len(settings) * len(space.seeds)
    about: dict[str, Any] = {}
    for position, run in enumerate(wanted(planned)):
        asked.add(run.key)
        found = by_key.get(run.key, {})
        # a point's runs follow one another, and it has thousands of them in a large sweep
        if position % each_point == 0:
            about = _about(planned, run.planned) | {"training_flops": training[run.planned.label]}
        rows.append(
            {
                "key": run.key,
                **about,
                **settings[position // len(space.seeds) % len(settings)],
                "seed": run.seed,
                "status": found.get("status", "missing"),
                "error": found.get("error", float("nan")),
                "seconds": found.get("seconds", float("nan")),
                "kind": found.get("kind", ""),
                "message": found.get("message", ""),
            }
        )
    columns = ["key", "point", "baseline", *planned.axes, *space.nuisance, "seed", "status", "error"]
    columns += ["params", "flops", "activations", "training_flops", "seconds", "kind", "message"]
    used = [by_key[key] for key in sorted(asked & set(by_key))]
    return SweepFrame(
        name=space.name,
        about=space.about,
        axes=planned.axes,
        nuisance={path: tuple(values) for path, values in space.nuisance.items()},
        seeds=space.seeds,
        baseline=space.baseline,
        runs=pd.DataFrame(rows, columns=columns).astype({"error": float, "seconds": float}),
        recipe=plain(space.proxy),
        network=space.network,
        dataset=plain(space.proxy.dataset),
        versions=_versions(used),
        counts=_agreement(used),
        unasked=len(kept) - len(used),
    )


def render(*names: str, results: str | Path = "results", reports: str | Path = "reports") -> Path:
    """Render the report of a sweep, or one page that compares several with the first, and give its path.

    Each is the name of a sweep under `results`, or the path of a ledger or of its folder. Of one sweep the page is
    REPORTS/NAME/index.html, of several REPORTS/A+B/index.html. Raises LedgerError for a ledger that cannot be read, and
    SweepError for one that is named twice or a folder that cannot be written to.
    """
    paths = {_ledger(name, Path(results)).resolve(): name for name in names}
    if len(paths) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1) if len(set(names)) < len(names) else names[-1]
        raise SweepError(f"{twice}: is named twice; a comparison is of different sweeps")
    frames = []
    for name in names:
        with Ledger.open(_ledger(name, Path(results))) as ledger:
            frames.append(frame(ledger))
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
    return target


def _ledger(source: str | Path, results: Path) -> Path:
    path = Path(source)
    if path.is_file():
        return path
    return path / "ledger.sqlite" if (path / "ledger.sqlite").is_file() else results / path / "ledger.sqlite"


def _about(planned: Plan, one: Planned) -> dict[str, Any]:
    """What a point's runs share in a frame."""
    cost = one.cost
    return {
        "point": one.label,
        "baseline": planned.baselines.get(one.label, ""),
        **{axis: _cell(one.point.value(axis)) for axis in planned.axes},
        "params": cost.params,
        "flops": cost.flops,
        "activations": cost.activations,
    }


def _records(runs: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in runs.to_dict("records")]


def _cell(value: Any) -> Any:
    """An axis value as a cell of a frame: numbers as floats, lists as text, nothing as NaN."""
    if value is None or isinstance(value, bool | str):
        return float("nan") if value is None else value
    return "-".join(map(str, value)) if isinstance(value, tuple) else float(value)


def _versions(rows: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in json.loads(row["versions"]).items():
            found.setdefault(name, set()).add(value)
    return {name: ", ".join(sorted(values)) for name, values in sorted(found.items())}


def _agreement(rows: list[dict[str, Any]]) -> str:
    """A line on the two counts of the points that have been trained."""
    points = {row["point"]: row for row in rows if row["traced_params"] is not None}
    if not points:
        return ""
    apart = [p for p, r in points.items() if (r["params"], r["flops"]) != (r["traced_params"], r["traced_flops"])]
    if apart:
        return f"closed form and fvcore differ on {len(apart)} of {len(points)} points"
    return f"closed form and fvcore agree to the unit on all {len(points)} points"


__all__ = ["Silence", "Summary", "Watch", "frame", "merge", "render", "run"]
