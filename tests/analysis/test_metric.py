import math
from dataclasses import replace

import numpy as np
import pytest

from sweep.analysis.metric import measured_by
from sweep.analysis.study import Study
from tests.laboratory import laboratory


def test_by_loss_every_number_is_of_losses():
    frame = laboratory("long")
    raw = frame.runs
    table = Study(measured_by(frame, "loss")).table.set_index("point")
    for point, runs in raw.groupby("point"):
        losses = runs.pivot(index="optimizer.lr", columns="seed", values="loss")
        judged = [losses.loc[losses.drop(columns=seed).mean(axis=1).idxmin(), seed] for seed in losses]
        assert table.loc[point, "mean"] == pytest.approx(np.mean(judged))
    assert (table["low"] > 0).all()
    assert (table["high"] > table["mean"]).all()
    assert not table["at_chance"].any()


def test_it_can_be_turned_round():
    frame = laboratory("long")
    back = measured_by(measured_by(frame, "loss"), "error")
    assert back.runs["error"].tolist() == frame.runs["error"].tolist()
    assert back.runs["status"].tolist() == frame.runs["status"].tolist()


def test_a_ledger_without_losses_says_so():
    frame = laboratory("long")
    none = replace(frame, runs=frame.runs.assign(loss=math.nan))
    with pytest.raises(ValueError, match="no finished run of this ledger has a validation loss"):
        measured_by(none, "loss")
    with pytest.raises(ValueError, match="no finished run"):
        measured_by(replace(frame, runs=frame.runs.drop(columns="loss")), "loss")


def test_runs_without_a_loss_are_missing_not_diverged():
    frame = laboratory("long")
    losses = frame.runs["loss"].to_numpy().copy()
    losses[:3] = np.nan
    seen = measured_by(replace(frame, runs=frame.runs.assign(loss=losses)), "loss")
    assert (seen.runs["status"] == "missing").sum() == 3
    assert seen.metric_note.startswith("3 finished runs have no validation loss")
    assert Study(seen).counts.lost == 0


def test_guessing_is_the_logarithm_of_classes():
    frame = laboratory("long")
    table = Study(measured_by(replace(frame, runs=frame.runs.assign(loss=4.0)), "loss")).table
    assert table["at_chance"].all()  # ln 50 = 3.91
