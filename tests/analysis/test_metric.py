import math
from dataclasses import replace

import numpy as np
import pytest

from sweep.analysis.metric import measured_by
from sweep.analysis.study import Study
from sweep.report.cards.caveats import caveats
from sweep.report.cards.finding import lines
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


def test_by_loss_too_points_guess_whose_errors_do():
    """A network that is sure of its few errors has a higher loss than guessing, ln 50 = 3.91, and is ranked."""
    frame = laboratory("long")
    sure = measured_by(replace(frame, runs=frame.runs.assign(loss=4.0)), "loss")
    assert not Study(sure).table["at_chance"].any()
    guesses = frame.runs["point"] == frame.runs["point"].iloc[0]
    runs = frame.runs.assign(loss=1.0, error=np.where(guesses, 98.0, frame.runs["error"]))
    table = Study(measured_by(replace(frame, runs=runs), "loss")).table.set_index("point")
    assert table.index[table["at_chance"].astype(bool)].tolist() == [frame.runs["point"].iloc[0]]


def test_the_judged_length_stays_the_judged_one():
    frame = laboratory("long")
    frame = replace(frame, lengths={8: laboratory("long"), 24: frame})
    seen = measured_by(frame, "loss")
    assert seen.lengths[24].runs is seen.runs
    assert seen.lengths[8].runs is not seen.runs
    assert (seen.lengths[8].metric, seen.lengths[24].metric) == ("loss", "loss")


def test_runs_without_a_loss_are_not_to_come():
    frame = laboratory("long")
    losses = frame.runs["loss"].to_numpy().copy()
    losses[:3] = np.nan
    study = Study(measured_by(replace(frame, runs=frame.runs.assign(loss=losses)), "loss"))
    said = " ".join([*lines(study), *caveats(study)])
    assert "3 finished runs have no validation loss" in said
    assert "not in yet: wn-sweep run" not in said
    assert "provisional" not in said
