"""Cards of the points: the setting that each was judged at, and the table of all points."""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Estimate
from sweep.analysis.nuisance import Setting, shown_settings
from sweep.analysis.order import is_blank, is_number
from sweep.analysis.records import records
from sweep.analysis.replicates import count, difference
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table
from sweep.space.columns import axis_name

#: The longest label in a table.
LABEL = 90
#: With more points than these, only the most important ones are listed.
LISTED = 1000


def chosen_settings(study: Study) -> Iterable[Card]:
    """Make the card of mean error by point and setting, with the best marked and a warning at edges."""
    title = "Chosen settings"
    names = list(study.frame.nuisance)
    all_settings = shown_settings(study.frame)
    if not names or len(all_settings) == 1:
        text = (
            "Nothing is tuned in this sweep: all points share one setting of the recipe, which may cause part of a "
            "difference between them. List values of it under nuisance to find out."
        )
        return [Card(title, waits=text)]
    if study.counts.done + study.counts.lost == 0:
        return [Card(title, waits="This waits for the first run to finish.")]
    best = {row["point"]: row for row in records(study.tuned.points)}
    results: dict[tuple[str, Setting], list[tuple[str, float]]] = {}
    for run in records(study.shared):
        key = (run["point"], tuple(run[name] for name in names))
        results.setdefault(key, []).append((run["status"], run["error"]))
    judged = {row["point"]: _error_cells(row)[0] for row in records(study.table)}
    rows = []
    first = listed(study.shown)
    for point in first["point"]:
        row = best[point]
        own = tuple(row[name] for name in names)
        cells = [Cell(words.shorten(point, LABEL))]
        cells += [_result(results.get((point, setting), []), setting == own) for setting in all_settings]
        rows.append((*cells, _warning(row, names), judged[point]))
    heads = [Column(words.setting(names, setting)) for setting in all_settings]
    table = Table(
        f"Mean {_named()} by point and setting{_left(study.table)}",
        (Column("point", numeric=False), *heads, Column("warning", numeric=False), Column("cross-fitted")),
        tuple(rows),
        sortable=True,
    )
    note = (
        "Bold is the best setting over all seeds: fewest failures, then the lowest mean over the seeds at which all "
        "settings have a result. That mean flatters, since it was chosen for being lowest. The error used everywhere "
        "else is cross-fitted (last column): seed s is judged at the setting that is best on the other seeds. It may "
        "lie above every mean in the row."
    )
    sentence = _edge_sentence(study, names)
    return [Card(title, (sentence,) if sentence else (), tables=(table,), notes=(note,))]


def all_points(study: Study) -> Iterable[Card]:
    """Make the card with the table of points."""
    title = "Points"
    table, names = study.shown, list(study.frame.nuisance)
    if table.empty:
        return [Card(title, waits="This waits for a space that asks for points.")]
    axes = [axis for axis in study.frame.axes if not _in_label(table, axis)]
    baselines = [label for label in dict.fromkeys(table["baseline"].tolist()) if label]
    columns = [Column("point", numeric=False)]
    columns += [Column(words.name(axis), numeric=_numeric(study, axis), also=axis_name(axis)) for axis in axes]
    columns += [
        Column(words.metric().label.removeprefix("top-1 "), hint="mean ± standard deviation over seeds, tuned"),
        Column("95 % interval", hint=f"of the mean {words.metric().noun}"),
        Column("n", hint="seeds"),
    ]
    columns += [Column(f"best {words.name(name)}", hint="over all seeds") for name in names]
    if baselines:
        baseline = words.shorten(baselines[0], 30) if len(baselines) == 1 else "baseline"
        columns += [Column(f"difference to {baseline}, {words.metric().points}", hint="paired by seed, 95 % interval")]
    columns += [Column("params"), Column("FLOPs", hint="multiply-adds per sample")]
    has_failed, has_missing = bool(table["runs_failed"].any()), bool(table["runs_missing"].any())
    columns += [Column("failed", hint="runs that failed or diverged, of all")] * has_failed
    columns += [Column("missing", hint="runs not in yet")] * has_missing
    columns += [Column("s/run", hint="mean wall-clock seconds of a run")]
    rows = []
    for row in records(listed(table)):
        cells = [Cell(words.shorten(row["point"], LABEL))]
        cells += [Cell(words.shorten(words.value(row[axis]), 40), _sortable(row[axis])) for axis in axes]
        cells += _error_cells(row)
        cells += [Cell(words.value(row[name]) or "–", _sortable(row[name])) for name in names]
        if baselines:
            cells += [_difference(row)]
        cells += [Cell(words.count(row[cost]), row[cost]) for cost in ("params", "flops")]
        failed, runs = row["runs_failed"], row["runs"]
        cells += [Cell(f"{failed} of {runs}" if failed else "0", failed, "warn" if failed else "")] * has_failed
        missing = row["runs_missing"]
        cells += [Cell(f"{missing} of {runs}" if missing else "0", missing)] * has_missing
        cells += [Cell(words.number(row["seconds"], 1), row["seconds"])]
        rows.append(tuple(cells))
    counts = study.counts
    finished = f"{words.plural(counts.done, 'finished run')} of {words.count(counts.total)}"
    sentence = f"{words.plural(len(table), 'point')} from {finished}."
    notes = [
        "Error is mean ± standard deviation over seeds, then the 95 % interval of the mean, each point at its own "
        "setting. There is more in points.csv."
    ]
    if baselines:
        notes.append("A difference is paired by seed, with its 95 % interval; it is bold where that excludes zero.")
    if table["at_chance"].any():
        notes.append("A marked error is no better than guessing: that point is not ranked.")
    if table["single_seed"].any():
        notes.append("* The setting was chosen on the seed that it is judged on, which flatters.")
    all_of_them = Table(f"All points{_left(table)}", tuple(columns), tuple(rows), sortable=True)
    return [Card(title, (sentence,), tables=(all_of_them,), notes=tuple(notes))]


def listed(table: pd.DataFrame) -> pd.DataFrame:
    """Pick the rows that a page has room for, in their order."""
    return most_telling(table, LISTED)


def most_telling(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Pick at most so many rows of `Study.table`: baselines and fronts, then the lowest mean errors."""
    if len(table) <= most:
        return table
    key = table["point"].isin(set(table["baseline"])) | table["front_flops"] | table["front_params"]
    ranked = table.assign(key=~key).sort_values(["key", "mean", "point"], na_position="last")
    kept = set(ranked.index[:most])
    return table.loc[[row for row in table.index if row in kept]]


def _named() -> str:
    noun = words.metric().noun
    return "error in per cent" if noun == "error" else f"{noun} in {words.metric().points}"


def _left(table: pd.DataFrame) -> str:
    if len(table) <= LISTED:
        return ""
    return (
        f"; of {words.count(len(table))} these {words.count(LISTED)} are listed: baselines, fronts, and then those "
        "with the lowest mean error. The rest is in points.csv"
    )


def _in_label(table: pd.DataFrame, axis: str) -> bool:
    """Whether every label contains the point's value of an axis, so that a column for it is not needed."""
    return all(
        is_blank(cell) or {words.value(cell), f"{axis}={words.value(cell)}"} & set(label.split())
        for label, cell in zip(table["point"], table[axis], strict=True)
    )


def _numeric(study: Study, axis: str) -> bool:
    return any(is_number(cell) for cell in study.frame.runs[axis].tolist())


def _sortable(cell: Any) -> float | None:
    return float(cell) if is_number(cell) else None


def _result(runs: list[tuple[str, float]], best: bool) -> Cell:
    counts = count([status for status, _ in runs])
    errors = [error for status, error in runs if status == "done"]
    mean = fmean(errors) if errors else math.nan
    parts = [words.number(mean)] if errors else []
    if counts.lost:
        parts.append(f"{counts.lost} failed")
    if counts.missing and counts.total > counts.missing:
        parts.append(f"{counts.total - counts.missing} of {counts.total}")
    return Cell(" · ".join(parts) or "–", mean, "best" if best else "warn" if counts.lost else "")


def _warning(row: Mapping[str, Any], names: list[str]) -> Cell:
    parts = [f"{words.name(name)} at the edge" if len(names) > 1 else "at the edge" for name in row["edge"]]
    if row["compared"] < row["settings"]:
        parts.append(f"{row['compared']} of {row['settings']} settings compared")
    return Cell(", ".join(parts), None, "warn" if parts else "")


def _edge_sentence(study: Study, names: list[str]) -> str:
    points = records(study.tuned.points)
    rows = [row for row in points if row["compared"] == row["settings"] and not is_blank(row[names[0]])]
    at_edge = [row for row in rows if row["edge"]]
    if not any(is_number(value) for values in study.frame.nuisance.values() for value in values):
        return ""
    if not rows:
        return "No point has a result at every setting yet, with at least one success, so no best setting is known."
    if not at_edge:
        subject = f"the {len(rows)} of {len(points)} points" if len(rows) < len(points) else "the points"
        return f"Of {subject} with a result at every setting, none is best at the edge of the list."
    tally: dict[tuple[str, float], int] = {}
    for row in at_edge:
        for name in row["edge"]:
            tally[name, float(row[name])] = tally.get((name, float(row[name])), 0) + 1
    ends = words.several([f"{n} at {words.name(name)} {words.value(end)}" for (name, end), n in sorted(tally.items())])
    verb = "is" if len(at_edge) == 1 else "are"
    return (
        f"{len(at_edge)} of {words.plural(len(points), 'point')} {verb} best at the edge of the list ({ends}): "
        "values beyond it might lower their error, so comparisons with them are not settled."
    )


def _error_cells(row: Mapping[str, Any]) -> list[Cell]:
    if not row["n"]:
        text = "failed" if row["n_failed"] else "waits"
        return [Cell(text, None, "warn" if row["n_failed"] else ""), Cell(""), Cell("0", 0)]
    spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
    flat = "*" if row["single_seed"] else ""
    lost = f" ({row['n_failed']} failed)" if row["n_failed"] else ""
    return [
        Cell(f"{words.number(row['mean'])}{spread}{flat}", row["mean"], "warn" if row["at_chance"] else ""),
        Cell(words.error_interval(_mean(row)).strip() if row["n"] > 1 else "–"),
        Cell(f"{_seeds(row)}{lost}", row["n"], "warn" if lost else ""),
    ]


def error_text(row: Mapping[str, Any]) -> str:
    """Write the error of a row of `Study.table`: '6.82 ± 0.79 % [5.10, 8.90], 3 seeds'."""
    if not row["n"]:
        return "no run succeeded" if row["n_failed"] else "not in yet"
    spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
    interval = words.error_interval(_mean(row)) if row["n"] > 1 else ""
    lost = f", {row['n_failed']} failed" if row["n_failed"] else ""
    guessing = ", no better than guessing" if row["at_chance"] else ""
    seeds = f"{_seeds(row)} seed{'' if row['n'] + row['n_extra'] == 1 else 's'}"
    return f"{words.number(row['mean'])}{spread}{words.metric().sign}{interval}, {seeds}{lost}{guessing}"


def _seeds(row: Mapping[str, Any]) -> str:
    """The number of a point's seeds, and of a baseline's extra seeds: '3 + 6'."""
    return f"{row['n']}{f' + {extra}' if (extra := row['n_extra']) else ''}"


def _mean(row: Mapping[str, Any]) -> Estimate:
    return Estimate(row["n"], row["mean"], row["sd"], row["low"], row["high"])


def _difference(row: Mapping[str, Any]) -> Cell:
    if not row["baseline"]:
        return Cell("baseline")
    if not row["diff_n"]:
        return Cell("–")
    against = difference(row)
    return Cell(
        f"{words.signed(against.mean)}{words.interval(against)}", against.mean, "clear" if against.clear else ""
    )
