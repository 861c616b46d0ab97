import math
from dataclasses import replace

import numpy as np
import pytest

from sweep.analysis import separation
from sweep.analysis.metric import measured_by
from sweep.analysis.separation import separate, signal_over_noise
from sweep.analysis.study import Study
from sweep.report.cards.separation import cards
from tests.laboratory import laboratory

from .frames import sweep_frame


def table(frame, rate=None):
    runs = frame.runs if rate is None else frame.runs[frame.runs["optimizer.lr"] == rate]
    cells = runs.pivot_table(index="point", columns=["optimizer.lr", "seed"], values="error")
    return cells.to_numpy().reshape(len(cells), -1, len(frame.seeds))


@pytest.mark.parametrize(
    ("study", "metric", "rate", "expected"),
    [
        ("short", "error", 0.01, 1.77),
        ("short", "loss", 0.01, 1.80),
        ("short", "error", 0.02, 0.82),
        ("short", "loss", 0.04, 0.69),
        ("long", "error", 0.04, 1.85),
        ("long", "error", None, 1.80),
        ("long", "loss", None, 1.97),
    ],
)
def test_the_laboratorys_own_figures_come_out(study, metric, rate, expected):
    found = signal_over_noise(table(measured_by(laboratory(study), metric), rate))
    assert found == pytest.approx(expected, abs=0.006)


def test_a_planted_signal_is_found():
    rng = np.random.default_rng(0)
    values = 2.0 * rng.normal(size=(400, 1, 1)) + rng.normal(size=(400, 1, 8)) + 5 * rng.normal(size=(1, 1, 8))
    assert signal_over_noise(values) == pytest.approx(2.0, rel=0.1)


def test_loss_and_error_are_compared():
    found = separate(laboratory("short"))
    assert (found.points, found.seeds) == (10, 8)
    assert found.share == pytest.approx((found.error / found.loss) ** 2)
    assert found.low < found.share < found.high
    assert separate(measured_by(laboratory("short"), "loss")) == found


def test_the_same_numbers_need_the_same_seeds():
    frame = laboratory("short")
    alike = replace(frame, runs=frame.runs.assign(loss=frame.runs["error"] / 30))
    found = separate(alike)
    assert (found.share, found.low, found.high) == pytest.approx((1, 1, 1))


def test_three_seeds_have_no_interval_and_one_has_nothing():
    assert math.isnan(separate(laboratory("long")).low)
    assert separate(laboratory("long", seeds=[20])) is None


@pytest.mark.parametrize("seeds", [4, 8])
def test_of_two_measures_that_are_as_good_one_is_seldom_called_better(seeds, monkeypatch):
    """Eight points, signal and noise the same by both; an interval that excludes 1 is a mistake."""
    monkeypatch.setattr(separation, "RESAMPLES", 300)
    rng = np.random.default_rng(seeds)
    mistakes = 0
    for _ in range(100):
        true = 50 + rng.normal(0, 1, (8, 1))
        errors, losses = (true + rng.normal(0, 1, (8, seeds)) for _ in range(2))
        frame = sweep_frame({f"p{i}": [row] for i, row in enumerate(errors.tolist())}, nuisance={"lr": (1,)})
        found = separate(replace(frame, runs=frame.runs.assign(loss=losses.ravel())))
        mistakes += found.low > 1 or found.high < 1
    assert mistakes <= 9


def test_without_noise_by_one_measure_nothing_is_compared():
    errors = {f"p{i}": [[float(i)] * 4] for i in range(4)}
    frame = sweep_frame(errors, nuisance={"lr": (1,)})
    losses = frame.runs["error"] + np.random.default_rng(0).normal(0, 1, 16)
    said = cards(Study(replace(frame, runs=frame.runs.assign(loss=losses))))[0].says
    assert said[-1] == "By error seeds bring no noise, so that there is no signal over noise."
