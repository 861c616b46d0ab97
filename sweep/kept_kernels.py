"""How alike the kernels of kept networks are: the choice of runs, and the results, stored beside the ledger."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sweep.analysis.kernels import Similarity
from sweep.analysis.nuisance import tune
from sweep.analysis.order import points
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import Kernels, SweepFrame
from sweep.engine.notes import read_note, warn_of, write_note
from sweep.engine.places import places
from sweep.engine.runs import Run
from sweep.errors import LedgerError
from sweep.networks import build, layout
from sweep.proxy import DataError, StoredWeights, load
from sweep.proxy.generated import layers

#: Validation images that every network is evaluated on.
IMAGES = 100
#: Of a family with more points, so many are looked at, evenly chosen in their order; of more seeds, the first.
POINTS, SEEDS = 12, 5
#: The stored numbers of a layer, in this order; another layout or computation needs another file name.
COLUMNS = ["family", "layer", "depth", "samples", "filters"]
COLUMNS += [f"{name}{end}" for name in ("between_samples", "between_filters") for end in ("", "_low", "_high")]
_NOTE = "kernels-1.json"

Rows = list[list[Any]]


def kernels(folder: Path, frame: SweepFrame, runs: Sequence[Run], trust: bool = False) -> Kernels | None:
    """Analyse the kept networks of a sweep, each point at its best setting; None if no point generates kernels.

    The results follow from the run, so they are computed once and stored in the sweep's folder: later reports need
    neither weights nor images. If the folder cannot be written to, they are computed again each time.

    Args:
        folder: the ledger's.
        frame: the sweep.
        runs: all runs that it asks for.
        trust: whether modules of the user's may be imported to build their networks.
    """
    families = {run.label: run.point.family for run in runs if _generates(run)}
    finished = set(frame.runs.loc[frame.runs["status"] == "done", "point"]) & families.keys()
    if not families:
        return None
    similarities = _known(folder)
    stored = StoredWeights(places(folder), contact=trust)
    if not finished or not (similarities or stored.keys):
        no_rows = pd.DataFrame(columns=["point", "seed", *COLUMNS])
        return Kernels(no_rows, len(finished), len(finished), len(finished), trouble=_trouble(stored))
    chosen = _chosen(frame, {label: families[label] for label in finished})
    keys = {key for runs_of_point in chosen.values() for _, key in runs_of_point}
    todo = [run for run in runs if run.key in keys and run.key not in similarities and stored.has(run.key)]
    trusted = [run for run in todo if trust or not run.of_the_user]
    new, trouble = _look(trusted, stored)
    if not trouble and len(trusted) < len(todo):
        trouble = "networks and images of one's own are loaded by `wn-sweep run`, or with --trust"
    trouble = trouble or _trouble(stored)
    _keep(folder, similarities, new)
    similarities |= new
    rows = [
        [point, seed, *row]
        for point, runs_of_point in chosen.items()
        for seed, key in runs_of_point
        for row in similarities.get(key, [])
    ]
    return Kernels(
        pd.DataFrame(rows, columns=["point", "seed", *COLUMNS]),
        len(finished),
        len(chosen),
        sum(
            not any(key in similarities or stored.has(key) for _, key in runs_of_point)
            for runs_of_point in chosen.values()
        ),
        sum(key not in similarities and stored.damaged(key) for key in keys),
        trouble,
    )


def _trouble(stored: StoredWeights) -> str:
    return next((f"{storage}: {why}" for storage, why in stored.troubles.items()), "")


def _generates(run: Run) -> bool:
    # a network of the user's own may hold such convolutions
    return run.point.own_network or run.point.family in {"weightnet", "condconv"}


def _chosen(frame: SweepFrame, families: dict[str, str]) -> dict[str, list[tuple[int, str]]]:
    """Seed and key of the runs to look at, by point."""
    names = list(frame.nuisance)
    best = {row["point"]: [row[name] for name in names] for row in records(tune(frame).points)}
    ordered = [label for label in points(frame)["point"] if label in families]
    labels_chosen = set()
    for family in set(families.values()):
        of_family = [label for label in ordered if families[label] == family]
        at = np.unique(np.linspace(0, len(of_family) - 1, min(POINTS, len(of_family))).round().astype(int))
        labels_chosen |= {of_family[i] for i in at}
    runs_by_point: dict[str, list[tuple[int, str]]] = {label: [] for label in ordered if label in labels_chosen}
    rows = frame.runs[(frame.runs["status"] == "done") & frame.runs["point"].isin(labels_chosen)].sort_values("seed")
    for row in records(rows):
        chosen_runs = runs_by_point[row["point"]]
        if [row[name] for name in names] == best[row["point"]] and len(chosen_runs) < SEEDS:
            chosen_runs.append((int(row["seed"]), row["key"]))
    return runs_by_point


def _look(todo: Sequence[Run], stored: StoredWeights) -> tuple[dict[str, Rows], str]:
    """Analyse the networks of some runs; and the reason if their images cannot be loaded."""
    rows_by_key: dict[str, Rows] = {}
    for run in todo:
        point, facts = run.point, run.proxy.facts
        try:
            data = load(run.proxy.dataset, point.image_size or 1, run.proxy.dataset.draw(run.seed))
        except DataError as error:
            return rows_by_key, str(error)
        network = build(point, facts.channels, facts.classes)
        network.to(memory_format=layout(point))  # type: ignore[call-overload]
        if not stored.take(run.key, network):
            continue
        rows: Rows = []
        for depth, layer in enumerate(layers(network, data, run.proxy, IMAGES), 1):
            alike = Similarity()
            for kernels in layer.kernels():
                alike.add(kernels)
            rows.append([layer.family, layer.name, depth, *alike.row()])
        rows_by_key[run.key] = rows
    return rows_by_key, ""


def _known(folder: Path) -> dict[str, Rows]:
    """The results of earlier reports; damaged ones are computed again."""
    try:
        note = read_note(folder / _NOTE, {})
    except LedgerError:
        return {}
    rows_by_key = {}
    for key, rows in note.items():
        if isinstance(rows, list) and all(map(_is_row, rows)):
            rows_by_key[key] = [[math.nan if cell is None else cell for cell in row] for row in rows]
        else:
            warn_of(folder / _NOTE, f"the kernels of run {key} are no rows of {len(COLUMNS)} cells")
    return rows_by_key


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == len(COLUMNS)
        and row[0] in ("weightnet", "condconv")
        and isinstance(row[1], str)
        and all(type(cell) is int and cell >= 0 for cell in row[2:5])
        and all(cell is None or type(cell) in (int, float) for cell in row[5:])
    )


def _keep(folder: Path, similarities: dict[str, Rows], new: dict[str, Rows]) -> None:
    if not new:
        return
    content = {
        key: [[None if cell != cell else cell for cell in row] for row in rows]
        for key, rows in (similarities | new).items()
    }
    try:
        write_note(folder / _NOTE, content)
    except LedgerError:
        return
