"""What is exported, read back by other libraries and compared with the ledger."""

import contextlib
import csv
import math
import re
import sqlite3
from datetime import datetime
from pathlib import Path

import optuna
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import describe, result
from report.frames import quick

from sweep.analysis.study import Study
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.errors import SweepError
from sweep.export import export
from sweep.ledger_frame import frame
from sweep.report.latex import escape, latex_table
from sweep.report.page.folder import write_csv
from sweep.space import Space

SPACE = {
    "name": "made",
    "about": "A made-up sweep.",
    "network": {"backbone": "shufflenet_v2", "width": 0.25, "image_size": 16, "stem_channels": 16},
    "grid": [{"family": ["static", "se"]}, {"family": "weightnet", "G": [1, 2], "lambda": [1, 4], "stages": "all"}],
    "proxy": {
        "dataset": {"name": "digits", "train": 100, "validation": 500},
        "epochs": 4,
        "batch_size": 25,
        "optimizer": {"name": "adamw", "lr": 0.01},
    },
    "nuisance": {"optimizer.lr": [0.001, 0.05], "schedule": ["linear", "one_cycle"]},
    "seeds": 3,
    "baseline": {"family": "static"},
}


@pytest.fixture(scope="module")
def rows():
    """Rows of a ledger: some failed, some diverged, the last ones are missing."""
    space = Space.parse(SPACE)
    planned = plan(space, traced=False)
    runs = wanted(planned)
    found = []
    for i, run in enumerate(runs[:-5]):
        status = "failed" if i % 11 == 3 else "diverged" if i % 13 == 5 else "done"
        losses = (2.3, math.nan) if status == "diverged" else tuple(2.3 / (1 + e + i % 7) for e in range(4))
        error = 5 + (i * 37 % 100) / 50 if status == "done" else None
        message = "" if status == "done" else "it did not work"
        found.append(result(run, status, error, losses, 1.5, "" if status == "done" else "crash", message))
    return space, planned, runs, found


@pytest.fixture
def made(rows, tmp_path):
    _, planned, _, found = rows
    path = tmp_path / "results/made/ledger.sqlite"
    with Ledger.create(path) as ledger:
        describe(ledger, planned)
        ledger.record(found)
    with Ledger.open(path) as ledger:
        yield ledger


def test_optuna_reads_every_run_with_its_params_value_and_curve(made, rows, tmp_path):
    export(made, tmp_path / "optuna.db")
    by_key = {row.key: row for row in rows[3]}
    runs = {run.key: run for run in rows[2]}
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.load_study(study_name="made", storage=storage)
    assert study.metric_names == ["error, %"]
    assert len(study.trials) == len(by_key)
    assert [trial.number for trial in study.trials] == list(range(len(by_key)))
    best = min((row for row in by_key.values() if row.error is not None), key=lambda row: row.error)
    assert study.best_value == best.error
    for trial in study.trials:
        row = by_key.pop(trial.user_attrs["key"])
        run = runs[row.key]
        point = run.point
        expected = {
            "family": point.family,
            "optimizer.lr": run.proxy.optimizer.lr,
            "schedule": run.proxy.schedule,
            "seed": run.seed,
        }
        if point.family == "weightnet":
            expected |= {name: float(point.value(name)) for name in ("M", "G", "lambda")}
        assert trial.params == expected
        assert trial.state.name == ("COMPLETE" if row.status == "done" else "FAIL")
        assert trial.values == (None if row.error is None else [row.error])
        assert list(trial.intermediate_values) == list(range(1, len(row.losses) + 1))
        for found, loss in zip(trial.intermediate_values.values(), row.losses, strict=True):
            assert found == loss or (math.isnan(found) and math.isnan(loss))
        assert trial.user_attrs["point"] == run.label
        assert trial.user_attrs.get("message", "") == row.message
        assert trial.duration.total_seconds() == row.seconds
        assert abs((datetime.now() - trial.datetime_complete).total_seconds()) < 300
    assert not by_key


def test_optuna_finds_the_front_of_points(made, tmp_path):
    export(made, tmp_path / "optuna.db")
    study = optuna.load_study(study_name="made (points)", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    table = Study(frame(made)).table
    fit = table[table["n"] > 0]
    values = {row["point"]: (row["mean"], row["flops"], row["params"]) for row in fit.to_dict("records")}
    assert {trial.user_attrs["point"]: tuple(trial.values) for trial in study.trials} == values
    on = {
        point
        for point, mine in values.items()
        if not any(all(a <= b for a, b in zip(other, mine, strict=True)) and other != mine for other in values.values())
    }
    assert {trial.user_attrs["point"] for trial in study.best_trials} == on


def test_what_optuna_wrote_itself_reads_the_same(made, tmp_path):
    """Each trial added once more by Optuna's own function equals the one that was written in bulk."""
    export(made, tmp_path / "optuna.db")
    ours = optuna.load_study(study_name="made", storage=f"sqlite:///{tmp_path / 'optuna.db'}").trials[:12]
    theirs = optuna.create_study(storage=f"sqlite:///{tmp_path / 'theirs.db'}")
    theirs.add_trials(ours)
    for one, other in zip(ours, theirs.trials, strict=True):
        assert (one.params, one.distributions, one.state) == (other.params, other.distributions, other.state)
        assert (one.user_attrs, one.values) == (other.user_attrs, other.values)
        assert repr(one.intermediate_values) == repr(other.intermediate_values)
        assert (one.datetime_start, one.datetime_complete) == (other.datetime_start, other.datetime_complete)


def test_points_have_a_row_each_in_csv_and_parquet(made, tmp_path):
    said = export(made, tmp_path / "points.csv")
    table = Study(frame(made)).table
    assert said == f"6 points: {tmp_path / 'points.csv'}"
    with (tmp_path / "points.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [row["point"] for row in found] == table["point"].tolist()
    assert [float(row["mean"]) for row in found] == table["mean"].tolist()
    export(made, tmp_path / "my-points.parquet")
    same = pd.read_parquet(tmp_path / "my-points.parquet")
    assert same["mean"].tolist() == table["mean"].tolist()
    assert same["edge"].map(lambda text: "," not in text).all()


def test_runs_are_those_that_are_in(made, rows, tmp_path):
    assert export(made, tmp_path / "all runs.csv") == f"{len(rows[3])} runs: {tmp_path / 'all runs.csv'}"
    export(made, tmp_path / "runs.parquet")
    found = pd.read_parquet(tmp_path / "runs.parquet").set_index("key")
    assert found["error"].dropna().to_dict() == {r.key: r.error for r in rows[3] if r.error is not None}


def untex(text):
    """What TeX would print, by rules of its own."""
    text = re.sub(r"(?<!\\)%.*\n", "", text)
    for command, char in {
        r"\textbackslash{}": "\0",
        r"\textasciitilde{}": "~",
        r"\textasciicircum{}": "^",
        r"\textless{}": "<",
        r"\textgreater{}": ">",
        r"\textbar{}": "|",
        "{''}": '"',  # closing marks, as \textquotedbl needs an encoding that is not LaTeX's own
        r"$\lambda$": "λ",
        r"$\pm$": "±",
        r"$\times$": "×",
        r"\ldots{}": "…",
        "$-$": "\N{MINUS SIGN}",
        "{[}": "[",
        "{]}": "]",
    }.items():
        text = text.replace(command, char)
    return re.sub(r"\\([&%$#_{}])", r"\1", text).replace("\0", "\\")


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=300))
def test_any_text_is_printed_by_tex_as_it_is(text):
    escaped = escape(text)
    # a tilde that is left is a space that does not break
    assert untex(escaped) == text
    assert not re.search(r"(?<!\\)[&%#_]", escaped)
    assert escaped.count("{") == len(re.findall(r"(?<!\\)\{", escaped)) + len(re.findall(r"\\\{", escaped))


def test_a_latex_table_has_a_row_a_point_and_says_what_the_report_says():
    study = Study(quick())
    text = latex_table(study)
    body = text.split("\\midrule\n")[1].split("\\bottomrule")[0].strip().splitlines()
    heads = text.split("\\toprule\n")[1].split("\\midrule")[0]
    assert len(body) == len(study.table)
    assert len(re.search(r"\\begin\{tabular\}\{(\w+)\}", text)[1]) == heads.count("&") + 1
    for line, row in zip(body, study.table.to_dict("records"), strict=True):
        assert line.endswith(r" \\")
        cells = line.removesuffix(r" \\").split(" & ")
        assert len(cells) == heads.count("&") + 1
        assert cells[0] == row["point"]
        assert f"{row['mean']:.2f}" in cells[1]
        assert ("textbf" in cells[1]) == (row["mean"] == study.table["mean"].min())
        assert int(cells[-2].replace(r"\,", "")) == row["params"]


@pytest.mark.parametrize("name", ["runs.xlsx", "runs", "x.CSV"])
def test_another_suffix_is_an_error_that_says_which_there_are(name, made, command):
    code, _, err = command("export", "made", "--to", name)
    assert code == 2
    assert ".parquet" in err
    assert ".db: Optuna's storage" in err


@pytest.mark.parametrize("name", ["pareto.parquet", "out.csv", "runs-and-points.csv", ".csv", "x.runs.csv.csv"])
def test_a_table_says_in_its_name_what_its_rows_are(name, made, command, tmp_path):
    expected = name == "x.runs.csv.csv"
    code, out, err = command("export", "made", "--to", name)
    assert (code, out == "") == ((0, False) if expected else (2, True)), err
    if not expected:
        assert "runs.csv has a row per run, points.csv a row per point" in err
    assert (tmp_path / name).exists() == expected


@pytest.mark.parametrize("name", ["runs.csv", "points.parquet", "table.tex", "optuna.db"])
def test_a_file_that_exists_is_replaced_only_by_force(name, made, command, tmp_path):
    (tmp_path / name).write_text("precious")
    code, out, err = command("export", "made", "--to", name)
    assert (code, out, err) == (2, "", f"{name}: this file exists; --force replaces it\n")
    assert (tmp_path / name).read_text() == "precious"
    code, _, err = command("export", "made", "--to", name, "--force")
    assert (code, err) == (0, "")
    assert (tmp_path / name).read_bytes() != b"precious"


def test_a_link_is_replaced_by_force_and_not_followed(made, tmp_path):
    (tmp_path / "victim").write_text("precious")
    for name, target in {"runs.csv": tmp_path / "victim", "table.tex": tmp_path / "nothing"}.items():
        (tmp_path / name).symlink_to(target)
        with pytest.raises(SweepError, match="this file exists"):
            export(made, tmp_path / name)
        export(made, tmp_path / name, force=True)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "folder", ["a?b", "{y}", "a%20b", "100%", "a#b", "ü ñ", "a&mode=ro", "{{", ":memory:", "file:x"]
)
def test_optunas_storage_lies_where_its_path_says(folder, made, tmp_path, monkeypatch):
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    for to in (tmp_path / folder / "optuna.db", Path(folder) / "relative.db"):
        export(made, to)
        with contextlib.closing(sqlite3.connect(to.absolute())) as connection:
            names = {name for (name,) in connection.execute("SELECT study_name FROM studies")}
        assert names == {"made", "made (points)"}
    assert {path.name for path in (tmp_path / folder).iterdir()} == {"optuna.db", "relative.db"}
    assert {path.name for path in tmp_path.iterdir()} == {"results", folder}


def test_multiplicative_axes_are_on_a_logarithmic_scale(made, tmp_path):
    export(made, tmp_path / "optuna.db")
    study = optuna.load_study(study_name="made", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    scales = {
        name: one.log for trial in study.trials for name, one in trial.distributions.items() if hasattr(one, "log")
    }
    assert scales == {"M": True, "lambda": True, "optimizer.lr": True, "G": False, "seed": False}


def test_cells_that_a_spreadsheet_would_compute_are_text(tmp_path):
    table = pd.DataFrame(
        {
            "act": ["=1+1", "@x", None, "relu"],
            "mixed": ["+cmd", -1, 2.5, "-0.5"],
            "error": [-1.5, 2.0, math.nan, 3.0],
            "=head": [1, 2, 3, 4],
        }
    )
    write_csv(table, tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["act", "mixed", "error", "'=head"],
            ["'=1+1", "'+cmd", "-1.5", "1"],
            ["'@x", "-1", "2.0", "2"],
            ["", "2.5", "", "3"],
            ["relu", "-0.5", "3.0", "4"],
        ]
    assert table["act"][0] == "=1+1"


def test_a_folder_that_is_not_there_is_an_error(made, command, tmp_path):
    for name in ("no/runs.csv", "no/optuna.db", "no/table.tex", "no/runs.parquet"):
        code, out, err = command("export", "made", "--to", name)
        assert (code, out) == (2, ""), err
        assert err.startswith(f"{name}: cannot be written: ")
    assert not list(tmp_path.glob("*.part"))
