"""The frame of a ledger: the runs that its space asks for, in the form that analysis and report use."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep import kept_kernels
from sweep.analysis.metric import METRICS, measured_by, without_smallest
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
    """The runs that the ledger's space asks for, as a frame for analysis; runs without a result are 'missing'.

    With `kernels`, networks whose weights were kept are analysed, unless they have been before; with `trust` also those
    that the user's own module builds, which is then imported. Points are judged by `metric`, 'error' or 'loss', by
    default the space's; raises LedgerError for 'loss' if no run has one.
    """
    sweep, _ = with_runs(ledger, kernels, trust)
    of_space = Space.recorded(ledger.space()).metric
    wanted = metric or of_space
    if wanted not in METRICS:
        raise LedgerError(f"{ledger.path}: cannot be judged by {wanted!r}; use one of {', '.join(METRICS)}")
    try:
        judged = measured_by(sweep, wanted)
    except ValueError as error:
        if metric is not None:
            raise LedgerError(f"{ledger.path}: {error}") from None
        judged = replace(sweep, metric_note=f"Judged by error, not by loss: {error}.")
    return without_smallest(judged, of_space)


def with_runs(ledger: Ledger, kernels: bool = True, trust: bool = False) -> tuple[SweepFrame, list[Run]]:
    """The frame of a ledger as `frame` gives it, and all runs that its space asks for, in the order of its rows."""
    sweep = recorded(ledger)
    space, results = sweep.space, ledger.runs()
    by_key = {row["key"]: row for row in records(results)}
    evidence = _evidence(sweep.asked)
    has_all_runs = len(evidence) == len(sweep.asked)
    places = {run.place for run in evidence}
    facts = _points(sweep, places)
    by_rung = [
        [recorded_run for recorded_run in evidence if recorded_run.rung == rung] for rung in range(len(space.rungs()))
    ]
    rows = [_rows(sweep, runs_of_rung, by_key, facts) for runs_of_rung in by_rung]
    axes = _axes(sweep, places)
    columns = ["key", "point", "baseline", *axes, *space.nuisance, "seed", "status", "error", "loss"]
    columns += ["params", "flops", "activations", "training_flops", "seconds", "kind", "message"]
    used = [by_key[key] for key in sorted({run.ask.key for run in sweep.asked} & by_key.keys())]
    result = SweepFrame(
        name=space.name,
        about=space.about,
        axes=tuple(axes),
        order={column: tuple(cell for cell in cells if not is_number(cell)) for column, cells in axes.items()},
        nuisance={},
        seeds=_seeds(
            space.seeds,
            {row["seed"] for rows_of_rung in rows for row in rows_of_rung} - set(space.extra_seeds),
            has_all_runs,
        ),
        extra_seeds=space.extra_seeds,
        baseline=space.baseline,
        truth={row.point: (row.error, row.tolerance) for row in space.truth},
        main=space.main,
        hypothesis=space.hypothesis,
        smallest=float("nan") if space.smallest is None else space.smallest,
        runs=pd.DataFrame(columns=columns),
        # a default need not be listed
        recipe=plain(space.proxy.model_copy(update={"keep_weights": space.proxy.keep_weights or None})),
        network=space.network,
        dataset=plain(space.proxy.dataset),
        classes=space.proxy.equal_classes,
        judged_on=space.proxy.judged_on,
        versions=_versions(used),
        counts=_agreement(used),
        uncounted=_uncounted(sweep),
        twins={point.label: point.cost.also for point in sweep.points if point.cost.also},
        unasked=len(results) - len(used),
        looks=len(looks(ledger.path.parent)),
        search=_search(ledger, sweep, by_key),
        losses={row["key"]: _losses(row["losses"]) for row in used},
        space=space.data,
        blocks=_blocks(sweep),
    )
    frames = [
        replace(
            result,
            # a finalist has the setting that exploring chose, and is judged at no other
            nuisance={path: tuple(values) for path, values in rung.nuisance.items()} if has_all_runs else {},
            runs=pd.DataFrame(rows_of_rung, columns=columns).astype({"error": float, "loss": float, "seconds": float}),
            recipe={**result.recipe, "epochs": rung.epochs},
        )
        for rung, rows_of_rung in zip(space.rungs(), rows, strict=True)
    ]
    result = frames[space.judged]
    if space.lengths and has_all_runs:
        result = replace(
            result,
            lengths={rung.epochs: frame_of_rung for rung, frame_of_rung in zip(space.rungs(), frames, strict=True)},
        )
    if not kernels:
        return result, sweep.runs
    return replace(result, kernels=kept_kernels.kernels(ledger.path.parent, result, sweep.runs, trust)), sweep.runs


def _blocks(sweep: Recorded) -> dict[str, dict[str, Any]]:
    """By the label of a point, a grid block with this point only."""
    points = [(point.point, json.loads(point.cost.point)) for point in sweep.points]
    return dict(zip([point.label for point in sweep.points], alone.blocks(points, sweep.space.data), strict=True))


def _losses(text: str) -> tuple[float, ...]:
    """The training losses of a run; none if the text, which may come from somebody else, is not a list of numbers."""
    try:
        losses = json.loads(text)
        return tuple(map(float, losses)) if all(isinstance(loss, float | int) for loss in losses) else ()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return ()


def _evidence(runs: Sequence[RecordedRun]) -> Sequence[RecordedRun]:
    """The runs that are evidence for their points: those with fresh seeds, once there are some.

    The explored runs chose the finalists and their settings, so they flatter them; other points lost by one run or two.
    `SweepFrame.search` has all of them. A finalist has one setting: the one with most fresh seeds, or the latest of
    several.
    """
    confirmed = [run for run in runs if run.ask.phase == "confirm"]
    if not confirmed:
        return runs
    cells = Counter((run.place, run.setting) for run in confirmed)
    last = {(run.place, run.setting): run.ask.number for run in sorted(confirmed, key=lambda run: run.ask.number)}
    chosen: dict[int, int] = {}
    for place, setting in sorted(cells, key=lambda cell: (cells[cell], last[cell])):
        chosen[place] = setting
    return [run for run in confirmed if run.setting == chosen[run.place]]


def _seeds(listed: Sequence[int], occurring: set[int], has_all_runs: bool) -> tuple[int, ...]:
    """The seeds of a frame: those of the space first; for confirmed points only their fresh ones."""
    return tuple(dict.fromkeys((*(listed if has_all_runs else ()), *sorted(occurring))))


def _search(ledger: Ledger, sweep: Recorded, by_key: Mapping[str, Mapping[str, Any]]) -> Search | None:
    """What a strategy asked for, in order, and where its race stands; None for a grid."""
    strategy = sweep.space.strategy
    if strategy.name == "grid":
        return None
    runs = sorted(sweep.asked, key=lambda run: run.ask.number)
    places = {run.place for run in runs}
    rows = _rows(sweep, runs, by_key, _points(sweep, places))
    frame = pd.DataFrame(rows).assign(
        number=[run.ask.number for run in runs],
        phase=[run.ask.phase for run in runs],
        rung=[run.rung for run in runs],
    )
    if "epochs" not in frame:  # which may be tuned
        frame["epochs"] = [sweep.space.rungs()[run.rung].epochs for run in runs]
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
    runs: Sequence[RecordedRun],
    by_key: Mapping[str, Mapping[str, Any]],
    facts: Mapping[int, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """A row for each run, with its result."""
    rows = []
    for run in runs:
        result = by_key.get(run.ask.key, {})
        rows.append(
            {
                "key": run.ask.key,
                **facts[run.place],
                **sweep.recipes[run.setting][0],
                "seed": run.ask.seed,
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
    """The columns that all runs of a point share."""
    passes = passes_of_a_point(sweep.space)
    # a search may not have asked for the point that another is compared with
    labels = {sweep.points[place].label for place in places}
    return {
        place: {
            **_axis_cells(point.point, sweep.axes),
            "point": point.label,
            "baseline": point.baseline if point.baseline in labels else "",
            "params": point.cost.params,
            "flops": point.cost.flops,
            "activations": point.cost.activations,
            "training_flops": passes.flops(float(point.cost.flops), float(point.cost.stem_flops)),
        }
        for place, point in enumerate(sweep.points)
        if place in places
    }


def _axis_cells(point: Point, names: Sequence[str]) -> dict[str, Any]:
    """The values of the axes that apply to a point, by column; the user's own networks have separate columns."""
    cells = {own_axis(name) if point.is_own(name) else name: _cell(point.value(name)) for name in names}
    return {column: cell for column, cell in cells.items() if not is_blank(cell)}


def _axes(sweep: Recorded, places: set[int]) -> dict[str, list[Any]]:
    """The columns of the axes in the order of the space, each with its values in the order of the points."""
    cells: dict[str, dict[Any, None]] = {}
    for point in (point for place, point in enumerate(sweep.points) if place in places):
        for column, cell in _axis_cells(point.point, sweep.axes).items():
            cells.setdefault(column, {})[cell] = None
    columns = (column for name in sweep.axes for column in (name, own_axis(name)) if column in cells)
    return {column: list(cells[column]) for column in columns}


def _cell(value: Any) -> Any:
    """An axis value as a cell of a frame: numbers as floats, lists as text, nothing as NaN."""
    if value is None or isinstance(value, bool | str):
        return float("nan") if value is None else value
    return "-".join(map(str, value)) if isinstance(value, tuple) else float(value)


def _versions(rows: list[dict[str, Any]]) -> dict[str, str]:
    values_by_name: dict[str, set[str]] = {}
    for row in rows:
        for name, value in json.loads(row["versions"]).items():
            values_by_name.setdefault(name, set()).add(str(value))
    return {name: ", ".join(sorted(values)) for name, values in sorted(values_by_name.items())}


def _agreement(rows: list[dict[str, Any]]) -> str:
    """A line on the two counts of the points that have been trained."""
    points = {row["point"]: row for row in rows if row["traced_params"] is not None}
    user_points = {point for point in points if Point(**json.loads(point)).own_network}
    counted_twice = {point: row for point, row in points.items() if point not in user_points}
    different = [
        p for p, r in counted_twice.items() if (r["params"], r["flops"]) != (r["traced_params"], r["traced_flops"])
    ]
    lines = []
    if different:
        lines.append(f"closed form and fvcore differ on {len(different)} of {len(counted_twice)} points")
    elif counted_twice:
        lines.append(f"closed form and fvcore agree to the unit on all {len(counted_twice)} points")
    if user_points:
        subject = f"{len(user_points)} points, which have no closed form, are" if counted_twice else "all points are"
        lines.append(f"{subject} counted by fvcore alone")
    return "; ".join(lines)


def _uncounted(sweep: Recorded) -> dict[str, tuple[str, ...]]:
    """Operations for which fvcore has no count, by name, with the labels of the points whose networks have them."""
    points: dict[str, list[str]] = {}
    for point in sweep.points:
        for operation in point.cost.uncounted:
            points.setdefault(operation, []).append(point.label)
    return {operation: tuple(labels) for operation, labels in sorted(points.items())}
