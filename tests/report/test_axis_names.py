"""Axes of a network of one's own may have any name, that of a column of ours included; nothing else changes by it."""

import csv
import itertools
import json
import logging
import re

import optuna
import pandas as pd
import pytest
from ledgers import describe, result

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import COLUMNS
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.runs import wanted
from sweep.export import export
from sweep.ledger_frame import frame
from sweep.progress import status
from sweep.report import render
from sweep.space import Space

#: Names of columns of ours, in the frame of runs, in the table of points and in the data of figures; and some more.
NAMES = [
    *(name for name in COLUMNS if name not in ("baseline",)),
    *("n", "mean", "sd", "low", "high", "runs", "settled", "edge", "compared", "settings", "family", "training_flops"),
    *("panel", "role", "value", "axis", "best", "group", "x", "by", "diff_mean", "single_seed", "M", "G", "width"),
    *("baseline", "schedule", "ema", "reference", "balanced", "setting", "label", "name", "index", "count", "columns"),
]

NETS = """\
from torch import nn


def net(channels, classes, {parameters}):
    return nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, classes))


class Recurrent(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.inner, self.head = nn.LSTM(8 * channels, 8, batch_first=True), nn.Linear(8, classes)

    def forward(self, x):
        rows = x.permute(0, 2, 1, 3).flatten(2)
        return self.head(self.inner(rows)[0].mean(1))


def recurrent(channels, classes, units=0):
    return Recurrent(channels, classes) if units == 2 else net(channels, classes)
"""


def ledger(folder, monkeypatch, names, values=(1, 2, 3), function="net"):
    """A ledger of a sweep over a network that takes these names, each with these values, one name at a time."""
    module = f"nets_{abs(hash((str(folder), tuple(names))))}"
    folder.mkdir(exist_ok=True)
    parameters = ", ".join(f"{name}=0" for name in names)
    (folder / f"{module}.py").write_text(NETS.format(parameters=parameters))
    monkeypatch.chdir(folder)
    space = Space.parse(
        {
            "name": "named",
            "network": {"backbone": f"{module}:{function}", "image_size": 8},
            "grid": [{name: list(values)} for name in names],
            "proxy": {
                "dataset": {"name": "digits", "train": 100, "validation": 500},
                "epochs": 1,
                "batch_size": 50,
                "optimizer": {"name": "adamw", "lr": 0.01},
            },
            "nuisance": {"optimizer.lr": [0.001, 0.01], "schedule": ["linear", "cosine"]},
            "seeds": 2,
            "baseline": {names[0]: values[0]},
        }
    )
    planned = plan(space, traced=False)
    runs = wanted(planned)
    rows = []
    for i, run in enumerate(runs[:-3]):
        failed = i % 31 == 5
        error = None if failed else 20 + (i * 37 % 100) / 10
        rows.append(
            result(run, "failed" if failed else "done", error, (2.0,), 1.0, "crash" if failed else "", "no" * failed)
        )
    path = folder / "results" / "named" / "ledger.sqlite"
    with Ledger.create(path) as made:
        describe(made, planned)
        points = zip(PlannedRuns(planned).point_texts, map(planned.planned, planned.kept.tolist()), strict=True)
        made.trace({text: (one.cost.params, one.cost.flops) for text, one in points})
        made.record(rows)
    return path, space, runs


def cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        heads, *rows = csv.reader(file)
    assert len(set(heads)) == len(heads), path
    return heads, rows


def test_a_report_holds_every_axis_whatever_it_is_called(tmp_path, monkeypatch, caplog):
    path, _, runs = ledger(tmp_path, monkeypatch, NAMES)
    with Ledger.open(path) as made, caplog.at_level(logging.DEBUG, "sweep.report"):
        sweep = frame(made)
        rendered = render(sweep, tmp_path / "report")
        page = rendered.page.read_text(encoding="utf-8")
    assert not [record for record in caplog.records if record.exc_info]
    assert not rendered.failed
    assert "could not be made" not in page
    heads, rows = cells(tmp_path / "report" / "points.csv")
    labels = [run.label for run in runs]
    assert {row[heads.index("point")] for row in rows} == set(labels)
    by_label = {run.label: run.point for run in runs}
    for name in NAMES:
        column = heads.index(name if f"network.{name}" not in heads else f"network.{name}")
        for row in rows:
            value = by_label[row[heads.index("point")]].value(name)
            assert row[column] == ("" if value is None else str(float(value))), name
    for data in (tmp_path / "report" / "data").glob("*.csv"):
        cells(data)
    # what people read has no mark of ours
    assert "network.kind" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("pair", [*itertools.pairwise(["family", "kind", "point", "error", "seed", "key", "mean"])])
def test_two_axes_of_such_names_make_the_curves_that_others_make(tmp_path, monkeypatch, pair):
    """The same sweep with plain names and with names of ours gives the same report, but for the names."""

    def data(names, folder):
        path, space, _ = ledger(folder, monkeypatch, names)
        with Ledger.open(path) as made:
            study = Study(frame(made))
        curves = [curve.to_frame(list(space.nuisance)) for curve in (*study.curves, *study.across)]
        tables = [table.drop(columns="point").to_numpy(dtype=object).tolist() for table in (*curves, study.table)]
        return [[[None if cell != cell else cell for cell in row] for row in table] for table in tables]

    plain = data(["depth", "units"], tmp_path / "plain")
    named = data(list(pair), tmp_path / "named")
    assert len(plain) > 1
    strip = lambda tables: json.loads(json.dumps(tables, default=str))  # noqa: E731
    # the baseline's label holds the name of its axis
    text = json.dumps(strip(named)).replace(f"net {pair[0]}=", "net depth=").replace(f"net {pair[1]}=", "net units=")
    assert json.loads(text) == strip(plain)


def test_exports_hold_every_axis_whatever_it_is_called(tmp_path, monkeypatch):
    path, _, runs = ledger(tmp_path, monkeypatch, NAMES)
    with Ledger.open(path) as made:
        for name in ("runs.csv", "points.csv", "table.tex", "optuna.db", "runs.parquet", "points.parquet"):
            export(made, tmp_path / name)
    by_key = {run.key: run for run in runs}
    for table in (pd.read_csv(tmp_path / "runs.csv"), pd.read_parquet(tmp_path / "runs.parquet")):
        assert len(table) == len(runs) - 3
        for row in table.to_dict("records"):
            run = by_key[row["key"]]
            assert (row["seed"], row["point"]) == (run.seed, run.label)
            value = run.point.value("kind")
            assert row["network.kind"] == value or (value is None and pd.isna(row["network.kind"]))
    study = optuna.load_study(study_name="named", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    for trial in study.trials:
        run = by_key[trial.user_attrs["key"]]
        options = dict(run.point.options)
        assert trial.params["seed"] == run.seed
        assert trial.params["schedule"] == run.proxy.schedule
        mine = {name.removeprefix("network.") for name in trial.params} - {"optimizer.lr", "schedule", "seed"}
        assert mine == set(options) - {"schedule", "seed"}
        for name, value in options.items():
            key = name if name not in ("seed", "schedule") else f"network.{name}"
            assert trial.params[key] == value


def test_status_and_plan_hold_every_axis_whatever_it_is_called(tmp_path, monkeypatch):
    path, space, runs = ledger(tmp_path, monkeypatch, NAMES)
    shown = status("named", results=path.parents[1])
    assert (shown.wanted, shown.done + shown.failed) == (len(runs), len(runs) - 3)
    planned = plan(space, traced=False)
    for row, one in zip(planned.rows(), map(planned.planned, planned.kept.tolist()), strict=True):
        assert (row["point"], row["params"], row["flops"]) == (one.label, one.cost.params, one.cost.flops)
        for name, value in one.point.options:
            assert row[f"network.{name}" if f"network.{name}" in row else name] == value


def test_networks_of_ones_own_are_counted_by_fvcore_alone(tmp_path, monkeypatch):
    path, _, _ = ledger(tmp_path, monkeypatch, ["units"], function="recurrent")
    with Ledger.open(path) as made:
        sweep = frame(made)
    assert sweep.counts == "all points are counted by fvcore alone"
    assert sweep.uncounted["lstm"] == ("recurrent units=2",)
