import math
from dataclasses import replace

import numpy as np
import pytest

from sweep.analysis.metric import measured_by
from sweep.analysis.separation import separate, signal_over_noise
from tests.laboratory import laboratory


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
