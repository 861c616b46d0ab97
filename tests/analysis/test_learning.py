"""Learning curves beside a plain loop over runs."""

import dataclasses
import math
import random

import pytest

from sweep.analysis.learning import learning
from sweep.analysis.nuisance import tune

from .frames import FAILED, MISSING, sweep_frame


def test_a_curve_is_that_of_the_runs_at_the_own_setting():
    noise = random.Random(0)
    errors = {
        "a": [[3.0, 4.0, 5.0], [2.0, 2.5, 2.0]],
        "b": [[1.0, FAILED, 1.5], [9.0, 9.0, 9.0]],
        "none in": [[MISSING] * 3, [MISSING] * 3],
    }
    frame = sweep_frame(errors)
    losses = {key: tuple(noise.uniform(0, 3) for _ in range(noise.randint(2, 6))) for key in frame.runs["key"]}
    losses["0"] += (math.nan, math.inf)
    losses["5"] = ()
    frame = dataclasses.replace(frame, losses=losses)
    tuned = tune(frame)
    own = dict(zip(tuned.points["point"], tuned.points["lr"], strict=True))
    found = learning(frame, tuned)
    assert found.points == ("a", "b")
    for row, point in enumerate(found.points):
        mine = frame.runs[(frame.runs["point"] == point) & (frame.runs["lr"] == own[point])]["key"]
        curves = [losses[key] for key in mine if losses[key]]
        assert found.seeds[row] == len(curves)
        assert found.epochs[row] == max(map(len, curves))
        for epoch in range(found.mean.shape[1]):
            there = [curve[epoch] for curve in curves if epoch < len(curve) and math.isfinite(curve[epoch])]
            told = [part[row, epoch] for part in (found.mean, found.low, found.high)]
            expected = [sum(there) / len(there), min(there), max(there)] if there else [math.nan] * 3
            assert told == pytest.approx(expected, nan_ok=True)


def test_a_sweep_without_losses_has_no_curves():
    frame = sweep_frame({"a": [[3.0, 4.0]]})
    assert learning(frame, tune(frame)) is None
