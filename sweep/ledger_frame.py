"""The frame of a ledger: the runs that its space asks for, as analysis and report take them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep import kept_kernels
from sweep.analysis.order import is_blank, is_number
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame
from sweep.costs.training import passes_of_a_point
from sweep.engine.ledger import Ledger
from sweep.engine.looks import looks
from sweep.engine.recorded import Recorded, RecordedRun, recorded
from sweep.engine.runs import Run
from sweep.space import Point, alone, plain
from sweep.space.columns import own_axis


def frame(ledger: Ledger, kernels: bool = True, trust: bool = False) -> SweepFrame:
    """The runs that the ledger's space asks for, as analysis takes them; those that are not in are 'missing'.

    With `kernels`, networks whose weights were kept are looked at, unless they have been before; with `trust` also
    those that a module of the user's builds, which is imported then.
    """
    made, _ = with_runs(ledger, kernels, trust)
    return made


def with_runs(ledger: Ledger, kernels: bool = True, trust: bool = False) -> tuple[SweepFrame, list[Run]]:
    """The frame of a ledger as `frame` gives it, and all runs that its space asks for, in the order of its rows."""
    sweep = recorded(ledger)
    space, results = sweep.space, ledger.runs()
    by_key = {row["key"]: row for row in records(results)}
    about = _points(sweep)
    rows = []
    evidence = _evidence(sweep.asked)
    for asked in evidence:
        result = by_key.get(asked.ask.key, {})
        rows.append(
            {
                "key": asked.ask.key,
                **about[asked.place],
                **sweep.recipes[asked.setting][0],
                "seed": asked.ask.seed,
                "status": result.get("status", "missing"),
                "error": result.get("error", float("nan")),
                "seconds": result.get("seconds", float("nan")),
                "kind": result.get("kind", ""),
                "message": result.get("message", ""),
            }
        )
    axes = _axes(sweep)
    columns = ["key", "point", "baseline", *axes, *space.nuisance, "seed", "status", "error"]
    columns += ["params", "flops", "activations", "training_flops", "seconds", "kind", "message"]
    used = [by_key[key] for key in sorted({asked.ask.key for asked in sweep.asked} & by_key.keys())]
    made = SweepFrame(
        name=space.name,
        about=space.about,
        axes=tuple(axes),
        order={column: tuple(cell for cell in cells if not is_number(cell)) for column, cells in axes.items()},
        nuisance={path: tuple(values) for path, values in space.nuisance.items()},
        seeds=tuple(dict.fromkeys((*space.seeds, *sorted({row["seed"] for row in rows})))),
        baseline=space.baseline,
        main=space.main,
        hypothesis=space.hypothesis,
        smallest=float("nan") if space.smallest is None else space.smallest,
        runs=pd.DataFrame(rows, columns=columns).astype({"error": float, "seconds": float}),
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
        losses={row["key"]: _losses(row["losses"]) for row in used},
        space=space.data,
        blocks=_blocks(sweep),
    )
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


def _evidence(asked: Sequence[RecordedRun]) -> list[RecordedRun]:
    """The runs that say something of their point: what a search explored only chose those that were confirmed.

    A point's own exploring runs are among the reasons why it is a finalist, so that they flatter it.
    """
    confirmed = {one.place for one in asked if one.ask.phase == "confirm"}
    return [one for one in asked if one.place not in confirmed or one.ask.phase == "confirm"]


def _points(sweep: Recorded) -> list[dict[str, Any]]:
    """What the runs of each point share in a frame."""
    passes = passes_of_a_point(sweep.space)
    # a search may not have asked for the point that another is compared with
    asked = {sweep.points[one.place].label for one in sweep.asked}
    return [
        {
            **_axis_cells(one.point, sweep.axes),
            "point": one.label,
            "baseline": one.baseline if one.baseline in asked else "",
            "params": one.cost.params,
            "flops": one.cost.flops,
            "activations": one.cost.activations,
            "training_flops": passes.flops(float(one.cost.flops), float(one.cost.stem_flops)),
        }
        for one in sweep.points
    ]


def _axis_cells(point: Point, names: Sequence[str]) -> dict[str, Any]:
    """The values of the axes that apply to a point, by column; a network of one's own has columns of its own."""
    cells = {own_axis(name) if point.is_own(name) else name: _cell(point.value(name)) for name in names}
    return {column: cell for column, cell in cells.items() if not is_blank(cell)}


def _axes(sweep: Recorded) -> dict[str, list[Any]]:
    """The columns of the axes in the order of the space, each with its values in the order of the points."""
    found: dict[str, dict[Any, None]] = {}
    for one in sweep.points:
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
