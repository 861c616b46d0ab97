"""What the page's script is given of points, runs, pairs and curves, beside the tables that it comes from."""

import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import pytest

from report.frames import quick
from sweep.analysis.estimates import estimate
from sweep.analysis.study import Study
from sweep.engine.ledger import Ledger
from sweep.ledger_frame import frame
from sweep.report.cards import explore
from sweep.space import alone

GOLDEN = Path(__file__).parents[2] / "golden" / "ledgers"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    shutil.copytree(GOLDEN / "quick", folder / "quick")
    with Ledger.open(folder / "quick" / "ledger.sqlite") as ledger:
        return Study(frame(ledger))


def test_points_and_runs_are_those_of_the_frame(study):
    data = json.loads(json.dumps(explore.explorer(study), allow_nan=False))
    table = study.table.set_index("point")
    assert sorted(data["points"]) == sorted(table.index)
    for i, label in enumerate(data["points"]):
        row = table.loc[label]
        assert data["error"][i] == pytest.approx(row["mean"], rel=1e-4)
        assert (data["low"][i], data["high"][i]) == pytest.approx((row["low"], row["high"]), rel=1e-4)
        assert data["told"][i].startswith(f"{row['mean']:.2f} ± {row['sd']:.2f} % [")
        assert data["groups"][data["group"][i]]["name"] == row["family"]
        assert data["settings"][data["setting"][i]] == f"learning rate {row['optimizer.lr']}"
        for measure in data["measures"]:
            value = measure["values"][i]
            if "words" in measure:
                assert measure["words"][value] == row[measure["key"]]
            else:
                assert value == pytest.approx(row[measure["key"]], rel=1e-2) or (
                    value is None and row.isna()[measure["key"]]
                )
    for cost in ("flops", "params"):
        on = table[table[f"front_{cost}"]].sort_values(cost).index.tolist()
        assert [data["points"][i] for i in data["fronts"][cost]] == on
    runs = data["runs"]
    told = {
        (data["points"][point], data["settings"][setting], seed): (runs["statuses"][status], error)
        for point, setting, seed, status, error in zip(
            *(runs[name] for name in ("point", "setting", "seed", "status", "error")), strict=True
        )
    }
    assert len(told) == len(study.frame.runs) == 90
    for run in study.frame.runs.itertuples():
        status, error = told[run.point, f"learning rate {study.frame.runs.loc[run.Index, 'optimizer.lr']}", run.seed]
        assert (status, error) == (run.status, pytest.approx(run.error, rel=1e-4))


def test_pairs_are_those_of_estimates(study):
    data = explore.explorer(study)
    pairs, samples = data["pairs"], study.tuned.samples
    assert pairs["n"] == 3
    at = 0
    for first, second in itertools.combinations(pairs["points"], 2):
        one = estimate(samples[data["points"][first]] - samples[data["points"][second]])
        assert pairs["mean"][at] == pytest.approx(one.mean, rel=1e-4, abs=1e-9)
        assert pairs["half"][at] == pytest.approx(one.high - one.mean, rel=1e-4)
        at += 1
    assert at == len(pairs["mean"]) == 45


def test_curves_are_means_over_seeds_at_the_own_setting(study):
    data = explore.explorer(study)
    losses, runs = data["losses"], study.frame.runs
    for row, point in enumerate(losses["points"]):
        label, setting = data["points"][point], data["settings"][data["setting"][point]]
        own = runs[(runs["point"] == label) & (runs["optimizer.lr"].map("learning rate {}".format) == setting)]["key"]
        curves = [study.frame.losses[key] for key in own]
        assert len(curves) == 3
        assert len(losses["mean"][row]) == 30
        for epoch, values in enumerate(zip(*curves, strict=True)):
            told = [losses[part][row][epoch] * losses["unit"] for part in ("mean", "low", "high")]
            assert told == pytest.approx([sum(values) / 3, min(values), max(values)], abs=losses["unit"])


def test_a_space_is_put_together_as_alone_writes_it(study):
    data, sweep = explore.explorer(study), study.frame
    space = data["space"]
    for i, label in enumerate(data["points"]):
        setting = {"optimizer.lr": study.table.set_index("point").loc[label, "optimizer.lr"]}
        text = space["title"][i] + space["network"] + space["grid"][i] + space["recipe"][data["setting"][i]]
        assert text == alone.text(sweep.name, label, sweep.blocks[label], sweep.space, setting)


def test_of_many_points_those_are_compared_that_matter_most(monkeypatch):
    monkeypatch.setattr(explore, "COMPARED", 4)
    study = Study(quick())
    (card,) = explore.cards(study)
    compared = {card.explorer["points"][i] for i in card.explorer["pairs"]["points"]}
    table = study.table
    assert len(compared) == 4
    first = table[table["front_flops"] | table["front_params"] | (table["point"] == "static")]["point"]
    assert compared <= set(first) or set(first) <= compared
    assert "paired differences of 4 are here" in card.notes[0]


def test_long_curves_keep_every_so_many_epochs_and_the_last(monkeypatch):
    monkeypatch.setattr(explore, "LOSSES", 300)
    made = quick()
    curve = tuple(float(100 - epoch) for epoch in range(100))
    study = Study(dataclasses.replace(made, losses=dict.fromkeys(made.runs["key"], curve)))
    losses = explore.explorer(study)["losses"]
    epochs = [losses["first"] + n * losses["every"] for n in range(len(losses["mean"][0]))]
    assert epochs[-1] == 100
    assert sum(len(losses[part][row]) for part in ("mean", "low", "high") for row in range(10)) <= 300
    assert [value * losses["unit"] for value in losses["mean"][0]] == pytest.approx([101 - epoch for epoch in epochs])


def test_failures_are_told_with_their_reason_and_what_is_missing_is_not_a_number():
    made = quick()
    runs = made.runs.copy()
    runs.loc[:8, ["error", "status", "kind", "message"]] = [float("nan"), "failed", "memory", "out of <memory>"]
    runs.loc[9:11, ["error", "seconds", "status"]] = [float("nan"), float("nan"), "missing"]
    data = explore.explorer(Study(dataclasses.replace(made, runs=runs)))
    json.dumps(data, allow_nan=False)
    static = data["points"].index("static")
    assert (data["error"][static], data["setting"][static], data["told"][static]) == (None, -1, "no run succeeded")
    assert {data["runs"]["point"][i] for i in data["runs"]["reason"]} == {static}
    assert set(data["runs"]["reason"].values()) == {"memory: out of <memory>"}
    assert data["space"] == {}
