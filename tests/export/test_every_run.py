"""Every file of runs holds all of them: of each length of training, and what a search explored before it confirmed."""

import sqlite3
from pathlib import Path

import optuna
import pandas as pd
import pytest
from ledgers import describe, result

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.export import export
from sweep.export.tracked import tracked_runs
from sweep.ledger_frame import frame
from sweep.space import Space

LENGTHS = {
    "name": "made",
    "about": "Two lengths.",
    "network": {"backbone": "shufflenet_v2", "width": 0.25, "image_size": 16, "stem_channels": 16},
    "grid": [{"family": "static"}, {"family": "weightnet", "G": 1, "M": [1, 2]}],
    "proxy": {
        "dataset": {"name": "digits", "train": 100, "validation": 500},
        "batch_size": 25,
        "optimizer": {"name": "adamw", "lr": 0.01},
    },
    "nuisance": {"optimizer.lr": [0.001, 0.05]},
    "lengths": [2, {"epochs": 4, "nuisance": {"optimizer.lr": [0.05]}}],
    "seeds": 2,
    "baseline": {"family": "static"},
}
SEARCH = Path(__file__).parents[2] / "results/reference/search/ledger.sqlite"


@pytest.fixture(scope="module")
def lengths(tmp_path_factory):
    """A ledger of two lengths, and the key of each run -> its epochs, rate and seed."""
    planned = plan(Space.parse(LENGTHS), traced=False)
    runs = wanted(planned)
    path = tmp_path_factory.mktemp("results") / "made/ledger.sqlite"
    with Ledger.create(path) as ledger:
        describe(ledger, planned)
        ledger.record([result(run, error=10.0 + i, losses=(1.0,) * run.proxy.epochs) for i, run in enumerate(runs)])
    with Ledger.open(path) as ledger:
        yield ledger, {run.key: (run.proxy.epochs, run.proxy.optimizer.lr, run.seed) for run in runs}


def test_a_table_of_runs_has_a_row_for_each_of_every_length(lengths, tmp_path):
    ledger, expected = lengths
    assert len(expected) == 3 * (2 + 1) * 2
    export(ledger, tmp_path / "runs.csv")
    rows = pd.read_csv(tmp_path / "runs.csv", keep_default_na=False)
    found = zip(rows["key"], rows["epochs"], rows["optimizer.lr"], rows["seed"], strict=True)
    assert {key: tuple(about) for key, *about in found} == expected


def test_learning_curves_are_of_every_length(lengths, tmp_path):
    ledger, expected = lengths
    export(ledger, tmp_path / "curves.csv")
    rows = pd.read_csv(tmp_path / "curves.csv", keep_default_na=False)
    assert rows.groupby("key")["epoch"].max().to_dict() == {key: epochs for key, (epochs, *_) in expected.items()}
    assert (rows["epoch"] <= rows["epochs"]).all()


def test_optuna_has_a_trial_for_each_run_of_every_length(lengths, tmp_path):
    ledger, expected = lengths
    export(ledger, tmp_path / "optuna.db")
    study = optuna.load_study(study_name="made", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    found = {
        trial.user_attrs["key"]: tuple(trial.params[name] for name in ("epochs", "optimizer.lr", "seed"))
        for trial in study.trials
    }
    assert found == expected


def test_trackers_get_every_run_under_a_name_of_its_own(lengths):
    ledger, expected = lengths
    runs = tracked_runs(frame(ledger, kernels=False), ledger.curves())
    assert {run.key for run in runs} == set(expected)
    assert len({run.name for run in runs}) == len(expected)
    assert all(run.params["epochs"] == expected[run.key][0] == len(run.losses) for run in runs)


def test_of_a_search_every_file_has_what_it_explored(tmp_path):
    with sqlite3.connect(f"file:{SEARCH}?mode=ro", uri=True) as database:
        keys = {key for (key,) in database.execute("SELECT key FROM asks JOIN runs USING (key)")}
    with Ledger.open(SEARCH) as ledger:
        export(ledger, tmp_path / "runs.csv")
        export(ledger, tmp_path / "curves.csv")
        tracked = tracked_runs(frame(ledger, kernels=False), ledger.curves())
    assert set(pd.read_csv(tmp_path / "runs.csv")["key"]) == keys
    assert set(pd.read_csv(tmp_path / "curves.csv")["key"]) == keys
    assert {run.key for run in tracked} == keys
