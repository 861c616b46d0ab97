"""The frame of a ledger: the runs that its space asks for, as analysis and report take them."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep import kept_kernels
from sweep.analysis.metric import METRICS, WRITTEN, measured_by
from sweep.analysis.order import is_blank, is_number
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import Search, SweepFrame
from sweep.costs.training import passes_of_a_point
from sweep.engine.ledger import Ledger
from sweep.engine.looks import looks
from sweep.engine.race import standing_of
from sweep.engine.recorded import Recorded, RecordedRun, recorded
from sweep.engine.runs import Run
from sweep.errors import LedgerError
from sweep.search.standing import RaceStanding
from sweep.space import Point, Space, alone, plain
from sweep.space.columns import own_axis


def frame(ledger: Ledger, kernels: bool = True, trust: bool = False, metric: str | None = None) -> SweepFrame:
    """The runs that the ledger's space asks for, as analysis takes them; those that are not in are 'missing'.

    With `kernels`, networks whose weights were kept are looked at, unless they have been before; with `trust` also
    those that a module of the user's builds, which is imported then. `metric` is 'error' or 'loss', what points are
    judged by, as the space says if not given; raises LedgerError for 'loss' where no run has one.
    """
    made, _ = with_runs(ledger, kernels, trust)
    of_space = Space.recorded(ledger.space()).metric
    wanted = metric or of_space
    if wanted not in METRICS:
        raise LedgerError(f"{ledger.path}: cannot be judged by {wanted!r}; use one of {', '.join(METRICS)}")
    try:
        judged = measured_by(made, wanted)
    except ValueError as error:
        if metric is not None:
            raise LedgerError(f"{ledger.path}: {error}") from None
        judged = replace(made, metric_note=f"Judged by error, not by loss: {error}.")
    return judged if judged.metric == of_space else _without_smallest(judged, of_space)


def _without_smallest(judged: SweepFrame, of_space: str) -> SweepFrame:
    """The frame without the smallest difference that matters, which its space gives in the unit of another metric."""
    if not math.isfinite(judged.smallest):
        return judged
    unit = WRITTEN[of_space].difference
    note = f"Not used here: smallest: {judged.smallest:g} in the space, which counts in {unit}."
    return replace(judged, smallest=math.nan, metric_note=" ".join(filter(None, [judged.metric_note, note])))


def with_runs(ledger: Ledger, kernels: bool = True, trust: bool = False) -> tuple[SweepFrame, list[Run]]:
    """The frame of a ledger as `frame` gives it, and all runs that its space asks for, in the order of its rows."""
    sweep = recorded(ledger)
    space, results = sweep.space, ledger.runs()
    by_key = {row["key"]: row for row in records(results)}
    evidence = _evidence(sweep.asked)
    whole = len(evidence) == len(sweep.asked)
    places = {asked.place for asked in evidence}
    about = _points(sweep, places)
    by_rung = [[one for one in evidence if one.rung == rung] for rung in range(len(space.rungs()))]
    rows = [_rows(sweep, some, by_key, about) for some in by_rung]
    axes = _axes(sweep, places)
    columns = ["key", "point", "baseline", *axes, *space.nuisance, "seed", "status", "error", "loss"]
    columns += ["params", "flops", "activations", "training_flops", "seconds", "kind", "message"]
    used = [by_key[key] for key in sorted({asked.ask.key for asked in sweep.asked} & by_key.keys())]
    made = SweepFrame(
        name=space.name,
        about=space.about,
        axes=tuple(axes),
        order={column: tuple(cell for cell in cells if not is_number(cell)) for column, cells in axes.items()},
        nuisance={},
        seeds=_seeds(space.seeds, {row["seed"] for some in rows for row in some} - set(space.extra_seeds), whole),
        extra_seeds=space.extra_seeds,
        baseline=space.baseline,
        truth={row.point: (row.error, row.tolerance) for row in space.truth},
        main=space.main,
        hypothesis=space.hypothesis,
        smallest=float("nan") if space.smallest is None else space.smallest,
        runs=pd.DataFrame(columns=columns),
        # what is said if nobody says it is no news
        recipe=plain(space.proxy.model_copy(update={"keep_weights": space.proxy.keep_weights or None})),
        network=space.network,
        dataset=plain(space.proxy.dataset),
        classes=space.proxy.equal_classes,
        judged_on=space.proxy.judged_on,
        versions=_versions(used),
        counts=_agreement(used),
        uncounted=_uncounted(sweep),
        twins={one.label: one.cost.also for one in sweep.points if one.cost.also},
        unasked=len(results) - len(used),
        looks=len(looks(ledger.path.parent)),
        search=_search(ledger, sweep, by_key),
        losses={row["key"]: _losses(row["losses"]) for row in used},
        space=space.data,
        blocks=_blocks(sweep),
    )
    frames = [
        replace(
            made,
            # a finalist has the setting that exploring chose, and is judged at no other
            nuisance={path: tuple(values) for path, values in rung.nuisance.items()} if whole else {},
            runs=pd.DataFrame(some, columns=columns).astype({"error": float, "loss": float, "seconds": float}),
            recipe={**made.recipe, "epochs": rung.epochs},
        )
        for rung, some in zip(space.rungs(), rows, strict=True)
    ]
    made = frames[space.judged]
    if space.lengths and whole:
        made = replace(made, lengths={rung.epochs: one for rung, one in zip(space.rungs(), frames, strict=True)})
    if not kernels:
        return made, sweep.runs
    return replace(made, kernels=kept_kernels.kernels(ledger.path.parent, made, sweep.runs, trust)), sweep.runs


def _blocks(sweep: Recorded) -> dict[str, dict[str, Any]]:
    """By the label of a point, the block of a grid that holds it alone."""
    points = [(one.point, json.loads(one.cost.point)) for one in sweep.points]
    return dict(zip([one.label for one in sweep.points], alone.blocks(points, sweep.space.data), strict=True))


def _losses(text: str) -> tuple[float, ...]:
    """The training losses that a ledger holds, which may be of somebody else: what is no list of numbers is none."""
    try:
        losses = json.loads(text)
        return tuple(map(float, losses)) if all(isinstance(loss, float | int) for loss in losses) else ()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return ()


def _evidence(asked: Sequence[RecordedRun]) -> Sequence[RecordedRun]:
    """The runs that say something of their points: those with fresh seeds, once there are some.

    What a search explored chose its finalists and their settings, so that it flatters them; and of the others it tells
    that they lost, by one run or two. `SweepFrame.search` has all of it. A finalist has one setting: that with most
    fresh seeds, or the last one of those.
    """
    confirmed = [one for one in asked if one.ask.phase == "confirm"]
    if not confirmed:
        return asked
    cells = Counter((one.place, one.setting) for one in confirmed)
    last = {(one.place, one.setting): one.ask.number for one in sorted(confirmed, key=lambda one: one.ask.number)}
    chosen: dict[int, int] = {}
    for place, setting in sorted(cells, key=lambda cell: (cells[cell], last[cell])):
        chosen[place] = setting
    return [one for one in confirmed if one.setting == chosen[one.place]]


def _seeds(listed: Sequence[int], occurring: set[int], whole: bool) -> tuple[int, ...]:
    """The seeds of a frame: those of the space first; of confirmed points their fresh ones alone."""
    return tuple(dict.fromkeys((*(listed if whole else ()), *sorted(occurring))))


def _search(ledger: Ledger, sweep: Recorded, by_key: Mapping[str, Mapping[str, Any]]) -> Search | None:
    """What a strategy asked for, in order, and where its race stands; None for a grid."""
    strategy = sweep.space.strategy
    if strategy.name == "grid":
        return None
    asked = sorted(sweep.asked, key=lambda one: one.ask.number)
    places = {one.place for one in asked}
    rows = _rows(sweep, asked, by_key, _points(sweep, places))
    frame = pd.DataFrame(rows).assign(
        number=[one.ask.number for one in asked],
        phase=[one.ask.phase for one in asked],
        rung=[one.rung for one in asked],
    )
    if "epochs" not in frame:  # which may be tuned
        frame["epochs"] = [sweep.space.rungs()[one.rung].epochs for one in asked]
    objectives = strategy.settings.get("objectives", (strategy.settings.get("cost", "flops"),))
    costs = tuple(name for name in objectives if name != "error")
    standing = standing_of(ledger, sweep.space) or RaceStanding()
    return Search(
        strategy.name,
        strategy.settings,
        costs,
        frame,
        tuple(_axes(sweep, places)),
        {path: tuple(values) for path, values in sweep.space.nuisance.items()},
        standing.claims,
        standing.contrasts,
    )


def _rows(
    sweep: Recorded,
    asked: Sequence[RecordedRun],
    by_key: Mapping[str, Mapping[str, Any]],
    about: Mapping[int, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """A row for each run, with what came of it."""
    rows = []
    for one in asked:
        result = by_key.get(one.ask.key, {})
        rows.append(
            {
                "key": one.ask.key,
                **about[one.place],
                **sweep.recipes[one.setting][0],
                "seed": one.ask.seed,
                "status": result.get("status", "missing"),
                "error": result.get("error", float("nan")),
                "loss": result.get("loss", float("nan")),
                "seconds": result.get("seconds", float("nan")),
                "kind": result.get("kind", ""),
                "message": result.get("message", ""),
            }
        )
    return rows


def _points(sweep: Recorded, places: set[int]) -> dict[int, dict[str, Any]]:
    """What the runs of each point share in a frame."""
    passes = passes_of_a_point(sweep.space)
    # a search may not have asked for the point that another is compared with
    asked = {sweep.points[place].label for place in places}
    return {
        place: {
            **_axis_cells(one.point, sweep.axes),
            "point": one.label,
            "baseline": one.baseline if one.baseline in asked else "",
            "params": one.cost.params,
            "flops": one.cost.flops,
            "activations": one.cost.activations,
            "training_flops": passes.flops(float(one.cost.flops), float(one.cost.stem_flops)),
        }
        for place, one in enumerate(sweep.points)
        if place in places
    }


def _axis_cells(point: Point, names: Sequence[str]) -> dict[str, Any]:
    """The values of the axes that apply to a point, by column; a network of one's own has columns of its own."""
    cells = {own_axis(name) if point.is_own(name) else name: _cell(point.value(name)) for name in names}
    return {column: cell for column, cell in cells.items() if not is_blank(cell)}


def _axes(sweep: Recorded, places: set[int]) -> dict[str, list[Any]]:
    """The columns of the axes in the order of the space, each with its values in the order of the points."""
    found: dict[str, dict[Any, None]] = {}
    for one in (one for place, one in enumerate(sweep.points) if place in places):
        for column, cell in _axis_cells(one.point, sweep.axes).items():
            found.setdefault(column, {})[cell] = None
    columns = (column for name in sweep.axes for column in (name, own_axis(name)) if column in found)
    return {column: list(found[column]) for column in columns}


def _cell(value: Any) -> Any:
    """An axis value as a cell of a frame: numbers as floats, lists as text, nothing as NaN."""
    if value is None or isinstance(value, bool | str):
        return float("nan") if value is None else value
    return "-".join(map(str, value)) if isinstance(value, tuple) else float(value)


def _versions(rows: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in json.loads(row["versions"]).items():
            found.setdefault(name, set()).add(str(value))
    return {name: ", ".join(sorted(values)) for name, values in sorted(found.items())}


def _agreement(rows: list[dict[str, Any]]) -> str:
    """A line on the two counts of the points that have been trained."""
    points = {row["point"]: row for row in rows if row["traced_params"] is not None}
    own = {point for point in points if Point(**json.loads(point)).own_network}
    twice = {point: row for point, row in points.items() if point not in own}
    apart = [p for p, r in twice.items() if (r["params"], r["flops"]) != (r["traced_params"], r["traced_flops"])]
    lines = []
    if apart:
        lines.append(f"closed form and fvcore differ on {len(apart)} of {len(twice)} points")
    elif twice:
        lines.append(f"closed form and fvcore agree to the unit on all {len(twice)} points")
    if own:
        which = f"{len(own)} points, which have no closed form, are" if twice else "all points are"
        lines.append(f"{which} counted by fvcore alone")
    return "; ".join(lines)


def _uncounted(sweep: Recorded) -> dict[str, tuple[str, ...]]:
    """Operations for which fvcore has no count, by name, with the labels of the points whose networks have them."""
    points: dict[str, list[str]] = {}
    for one in sweep.points:
        for operation in one.cost.uncounted:
            points.setdefault(operation, []).append(one.label)
    return {operation: tuple(labels) for operation, labels in sorted(points.items())}
