"""The frame of a ledger: the runs that its space asks for, as analysis and report take them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep import kept_kernels
from sweep.analysis.order import is_blank
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame
from sweep.costs import Plan, Planned, plan
from sweep.engine.ledger import Ledger
from sweep.engine.looks import looks
from sweep.engine.runs import Run, wanted
from sweep.errors import LedgerError, SpaceError
from sweep.space import Point, Space, plain
from sweep.space.columns import own_axis


def frame(ledger: Ledger, kernels: bool = True) -> SweepFrame:
    """The runs that the ledger's space asks for, as analysis takes them; those that are not in are 'missing'.

    With `kernels`, networks whose weights were kept are looked at, unless they have been before.
    """
    found, _ = with_runs(ledger, kernels)
    return found


def with_runs(ledger: Ledger, kernels: bool = True) -> tuple[SweepFrame, list[Run]]:
    """The frame of a ledger as `frame` gives it, and all runs that its space asks for, in the order of its rows."""
    try:
        space = Space.parse(ledger.space())
    except SpaceError as error:
        raise LedgerError(f"{ledger.path}: its space is not one that this version reads:\n{error}") from None
    planned = plan(space, traced=False)
    kept = ledger.runs()
    by_key = {row["key"]: row for row in records(kept)}
    settings = [setting for setting, _ in space.recipes()]
    flops, first = (counts[planned.kept].astype(float) for counts in (planned.counts.flops, planned.counts.first))
    training = planned.passes.flops(flops, first).tolist()
    rows, asked = [], set()
    each_point = len(settings) * len(space.seeds)
    about: dict[str, Any] = {}
    known_axes: set[str] = set()
    runs = wanted(planned)
    for position, run in enumerate(runs):
        asked.add(run.key)
        found = by_key.get(run.key, {})
        # a point's runs follow one another, and it has thousands of them in a large sweep
        if position % each_point == 0:
            values = _axis_cells(run.planned.point, planned.axes)
            known_axes.update(values)
            about = values | _about(planned, run.planned) | {"training_flops": training[position // each_point]}
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
    axes = tuple(column for name in planned.axes for column in (name, own_axis(name)) if column in known_axes)
    columns = ["key", "point", "baseline", *axes, *space.nuisance, "seed", "status", "error"]
    columns += ["params", "flops", "activations", "training_flops", "seconds", "kind", "message"]
    used = [by_key[key] for key in sorted(asked & set(by_key))]
    made = SweepFrame(
        name=space.name,
        about=space.about,
        axes=axes,
        nuisance={path: tuple(values) for path, values in space.nuisance.items()},
        seeds=space.seeds,
        baseline=space.baseline,
        runs=pd.DataFrame(rows, columns=columns).astype({"error": float, "seconds": float}),
        # what is said if nobody says it is no news
        recipe=plain(space.proxy.model_copy(update={"keep_weights": space.proxy.keep_weights or None})),
        network=space.network,
        dataset=plain(space.proxy.dataset),
        classes=space.proxy.dataset.facts.classes,
        judged_on=space.proxy.dataset.counts()[1],
        versions=_versions(used),
        counts=_agreement(used),
        uncounted=_uncounted(planned),
        unasked=len(kept) - len(used),
        looks=len(looks(ledger.path.parent)),
    )
    return (replace(made, kernels=kept_kernels.kernels(ledger.path.parent, made, runs)) if kernels else made), runs


def _about(planned: Plan, one: Planned) -> dict[str, Any]:
    """What a point's runs share in a frame."""
    cost = one.cost
    return {
        "point": one.label,
        "baseline": planned.baselines.get(one.label, ""),
        "params": cost.params,
        "flops": cost.flops,
        "activations": cost.activations,
    }


def _axis_cells(point: Point, names: Sequence[str]) -> dict[str, Any]:
    """The values of the axes that apply to a point, by column; a network of one's own has columns of its own."""
    cells = {own_axis(name) if point.is_own(name) else name: _cell(point.value(name)) for name in names}
    return {column: cell for column, cell in cells.items() if not is_blank(cell)}


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


def _uncounted(planned: Plan) -> dict[str, tuple[str, ...]]:
    """Operations for which fvcore has no count, by name, with the labels of the points that were traced with them."""
    points: dict[str, list[str]] = {}
    for number in sorted(planned.traces.keys() & set(planned.kept.tolist())):
        for operation in planned.traces[number].skipped:
            points.setdefault(operation.removeprefix("aten::"), []).append(planned.planned(number).label)
    return {operation: tuple(labels) for operation, labels in sorted(points.items())}
