"""The card for exploring single points: the data that the page's script draws, computed here.

The script draws, filters and zooms; it estimates nothing. All statements on points and pairs are computed by analysis.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sweep.analysis.order import is_blank, is_number, shown_key
from sweep.analysis.pairs import pairs
from sweep.analysis.records import records
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card
from sweep.report.cards.points import error_text, most_telling
from sweep.report.figures.style import THEMED, families
from sweep.space import alone

#: With more points than these, only pairs of the most important ones are included: 45,000 pairs take 200 kB of a page.
COMPARED = 300
#: How many numbers of learning curves a page holds; longer curves keep every second, third, ... epoch.
LOSSES = 200_000
#: With more groups than these, colours do not distinguish groups.
GROUPS = 12
_COSTS = {"flops": "FLOPs (multiply-adds per sample)", "params": "parameters", "activations": "activations"}
Array = npt.NDArray[np.float64]
_STATUSES = ("done", "failed", "diverged", "missing")


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Explore the points"
    if not (study.table["n"] > 0).any():
        return [Card(title, waits="This waits for the first run to succeed.")]
    judged = int((study.table["n"] > 0).sum())
    note = (
        "Bars are 95 % intervals of the mean error where there are several seeds. Two points are compared at the seeds "
        "that both have, each at its own setting. Bands of learning curves go from the lowest to the highest seed."
    )
    if judged > COMPARED:
        note += (
            f" Of {words.count(judged)} points the paired differences of {COMPARED} are here: baselines, fronts, and "
            "the lowest errors."
        )
    return [Card(title, notes=(note,), explorer=explorer(study))]


def explorer(study: Study) -> dict[str, Any]:
    """Collect the script's data: lists with an entry for each point, in the order of display."""
    table, frame, metric = study.shown, study.frame, words.metric()
    rows = records(table)
    labels = [row["point"] for row in rows]
    place = {label: i for i, label in enumerate(labels)}
    settings = _settings(study)
    names = list(frame.nuisance)
    own = [settings.get(tuple(row[name] for name in names), -1) if row["n"] else -1 for row in rows]
    return {
        "points": labels,
        "metric": {
            "noun": metric.noun,
            "label": metric.label,
            "unit": metric.unit,
            "points": metric.points,
            "sign": metric.sign,
            "digits": metric.digits,
        },
        **_groups(study, rows),
        "error": _numbers(table["mean"]),
        # two seeds give no interval that is worth a line
        "low": _numbers(table["low"].where(table["n"] > 2)),
        "high": _numbers(table["high"].where(table["n"] > 2)),
        "told": [error_text(row) for row in rows],
        "measures": _measures(study, table),
        "fronts": {
            cost: [place[label] for label in table[table[f"front_{cost}"]].sort_values([cost, "point"])["point"]]
            for cost in _COSTS
            if f"front_{cost}" in table
        },
        "settings": [words.setting(names, setting) for setting in settings],
        "setting": own,
        "runs": _runs(study, place, settings),
        "losses": _losses(study, place),
        "pairs": _pairs(study, place),
        "space": _space(study, labels, list(settings), own),
    }


def _settings(study: Study) -> dict[tuple[Any, ...], int]:
    """Number the settings that were tried, in the order of the space."""
    names = list(study.frame.nuisance)
    keys = [shown_key(study.frame, name) for name in names]
    tried = {tuple(run[name] for name in names) for run in records(study.frame.runs[names].drop_duplicates())}
    if not names:
        return {(): 0}
    ordered = sorted(tried, key=lambda setting: [key(value) for key, value in zip(keys, setting, strict=True)])
    return {setting: i for i, setting in enumerate(ordered)}


def _groups(study: Study, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Choose what colours mean: families, or another axis of words if there is one family."""
    texts = [axis for axis in study.frame.axes if any(isinstance(row[axis], str) and row[axis] for row in rows)]
    axis = "family" if "family" in texts else next(iter(texts), "")
    values = [str(row[axis]) if axis and not is_blank(row[axis]) else "" for row in rows]
    names = list(dict.fromkeys(values))
    if len(names) > GROUPS:
        values, names = [""] * len(rows), [""]
    looks = families(name for name in names if name)
    listed = [
        {
            "name": name or "points",
            "colour": THEMED[looks[name][0]] if name else "blue",
            "mark": looks[name][1] if name else "o",
        }
        for name in names
    ]
    return {"groups": listed, "group": [names.index(value) for value in values]}


def _measures(study: Study, table: pd.DataFrame) -> list[dict[str, Any]]:
    """List the measures that points can be drawn against: costs, seconds of a run, and the axes; words as indices."""
    measures = [
        {"key": cost, "name": name, "values": _numbers(table[cost], 9)}
        for cost, name in _COSTS.items()
        if cost in table
    ]
    measures.append({"key": "seconds", "name": "seconds of a run", "values": _numbers(table["seconds"])})
    for axis in study.frame.axes:
        cells = table[axis].tolist()
        if pd.api.types.is_numeric_dtype(table[axis]):
            measures.append({"key": axis, "name": words.name(axis), "values": _numbers(cells, 9)})
        elif not any(map(is_number, cells)):
            listed = sorted({cell for cell in cells if not is_blank(cell)}, key=shown_key(study.frame, axis))
            at = {cell: i for i, cell in enumerate(listed)}
            values: list[Any] = [None if is_blank(cell) else at[cell] for cell in cells]
            measures.append(
                {"key": axis, "name": words.name(axis), "values": values, "words": [words.value(c) for c in listed]}
            )
    # a measure that is equal for all points is left out
    return [measure for measure in measures if len({value for value in measure["values"] if value is not None}) > 1]


def _runs(study: Study, place: Mapping[str, int], settings: Mapping[tuple[Any, ...], int]) -> dict[str, Any]:
    """List every run, those of a point together."""
    names = list(study.frame.nuisance)
    rows = [
        (place[run["point"]], settings[tuple(run[name] for name in names)], run["seed"], run)
        for run in records(study.frame.runs)
    ]
    rows.sort(key=lambda row: row[:3])
    return {
        "point": [row[0] for row in rows],
        "setting": [row[1] for row in rows],
        "seed": [row[2] for row in rows],
        "status": [_STATUSES.index(row[3]["status"]) for row in rows],
        "error": _numbers([row[3]["error"] for row in rows]),
        "seconds": _numbers([row[3]["seconds"] for row in rows], 3),
        "reason": {
            i: words.shorten(f"{row[3]['kind']}: {row[3]['message']}", 200)
            for i, row in enumerate(rows)
            if row[3]["status"] in ("failed", "diverged")
        },
        "statuses": _STATUSES,
    }


def _losses(study: Study, place: Mapping[str, int]) -> dict[str, Any]:
    """Collect the learning curves as multiples of `unit`, at every n-th epoch; {} if there are none."""
    curves = study.learning
    if curves is None:
        return {}
    several = np.array(curves.seeds) > 1
    every = max(1, math.ceil(curves.mean.shape[1] * int((1 + 2 * several).sum()) / LOSSES))
    positive = curves.mean[curves.mean > 0]
    # a diverging curve must not flatten the others to a line at zero
    highest = min(float(np.nanmax(curves.high)), 100 * float(np.median(positive))) if positive.size else 1.0
    unit = 10.0 ** math.floor(math.log10(max(positive.min(initial=highest) / 20, highest / 1e5)))
    # the last epoch is always there
    at = slice((curves.mean.shape[1] - 1) % every, None, every)
    bands = (np.minimum(band[:, at], highest) for band in (curves.mean, curves.low, curves.high))
    mean, low, high = (_whole(band / unit) for band in bands)
    return {
        "unit": unit,
        "first": at.start + 1,
        "every": every,
        "points": [place[point] for point in curves.points],
        "mean": mean,
        "low": [curve if wide else None for curve, wide in zip(low, several, strict=True)],
        "high": [curve if wide else None for curve, wide in zip(high, several, strict=True)],
    }


def _whole(table: Array) -> list[list[int | None]]:
    """Round to whole numbers; None for missing ones, and rows end at their last number."""
    rounded = np.where(np.isfinite(table), np.rint(np.nan_to_num(table)), -1)
    rows: list[list[int | None]] = rounded.astype(int).tolist()
    if np.isfinite(table).all():
        return rows
    last = [max((i for i, cell in enumerate(row) if cell != -1), default=-1) + 1 for row in rows]
    return [[None if cell == -1 else cell for cell in row[:end]] for row, end in zip(rows, last, strict=True)]


def _pairs(study: Study, place: Mapping[str, int]) -> dict[str, Any]:
    """Collect the paired differences of every two points, or of the most important ones."""
    table = most_telling(study.shown[study.shown["n"] > 0], COMPARED)
    points = table["point"].tolist()
    differences = pairs(study.tuned, points, set(table.loc[table["at_chance"].astype(bool), "point"]))
    n = differences.n.tolist()
    return {
        "points": [place[point] for point in points],
        "mean": _numbers(differences.mean),
        "half": _numbers(differences.half),
        "n": n[0] if len(set(n)) == 1 else n,
    }


def _space(
    study: Study, labels: Sequence[str], settings: Sequence[tuple[Any, ...]], own: Sequence[int]
) -> dict[str, Any]:
    """Collect the parts from which the script assembles a space.yaml of single points."""
    frame = study.frame
    if not frame.space or not all(label in frame.blocks for label in labels):
        return {}
    used = sorted(set(own))
    listed = [None if i < 0 else dict(zip(frame.nuisance, settings[i], strict=True)) for i in used]
    return {
        "title": [alone.title(frame.name, label) for label in labels],
        "network": alone.network(frame.space),
        "grid": [alone.grid(frame.blocks[label]) for label in labels],
        "recipe": {i: alone.recipe(frame.space, setting) for i, setting in zip(used, listed, strict=True)},
    }


def _numbers(values: Iterable[float], digits: int = 5) -> list[float | int | None]:
    """Round numbers to so many digits; None where there is none."""
    rounded: list[float | int | None] = []
    for value in np.asarray(values, dtype=float).tolist():
        if not math.isfinite(value):
            rounded.append(None)
        else:
            number = float(f"{value:.{digits}g}")
            rounded.append(int(number) if number.is_integer() and abs(number) < 1e15 else number)
    return rounded
