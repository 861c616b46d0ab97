"""How replays are scored, on tables small enough to score by hand; and that calls without thought fail."""

import numpy as np
import pytest

from benchmarks import replay_rivals as rivals
from benchmarks.replay_scores import Calls, calibration, score, summary
from benchmarks.replay_tables import Known, Table, simulated

SEEDS = 5
#: Margins of the points after the first: 2 (on), -1 (off), 0.1 (a tie), with a noise of 1 and so an se of 0.63.
TRUTH = np.array([[10.0, 12.0], [9.0, 8.0], [9.0, 9.5], [7.9, 9.0]])


def known():
    table = Table("small", np.zeros((4, 2, SEEDS)), np.arange(4.0), [{}] * 4, [{}] * 2)
    return Known(table, np.zeros((4, 2, SEEDS)), TRUTH, 1.0)


@pytest.mark.parametrize(
    ("called", "wrong", "undecided", "on", "off"),
    [
        ([1, 1, -1, 1], 0, 0, 1, 1),
        ([1, 1, -1, -1], 0, 0, 1, 1),  # a tie is called either way
        ([-1, 1, -1, 0], 0, 0, 1, 1),  # the cheapest point is left out, and so are ties that are not called
        ([1, -1, -1, 1], 0.5, 0, 0, 1),
        ([1, 0, 1, 1], 0.5, 0.5, 0, 0),
    ],
)
def test_clear_points_are_scored(called, wrong, undecided, on, off):
    row = summary([score(Calls(np.array(called), 8), known(), SEEDS)])
    assert row == {"share": 8 / 40, "wrong": wrong, "undecided": undecided, "on": on, "off": off}


def test_calibration_counts_what_came_true():
    calls = Calls(np.array([1, 1, 1, 0]), 8, np.array([1.0, 0.96, 0.97, 0.5]))
    # the second is on the front; the third is off it; the fourth was not called
    assert calibration([score(calls, known(), SEEDS)]) == [(0.95, 2, pytest.approx(0.965), 0.5)]


def test_the_front_of_means_is_that_of_points_better_than_all_cheaper_ones():
    np.testing.assert_array_equal(rivals.front_of(np.array([3.0, 4.0, 2.0, 2.0, 1.0])), [1, -1, 1, -1, 1])


def pooled(call):
    generator = np.random.default_rng(0)
    scores = []
    for _ in range(60):
        made = simulated(SEEDS, generator)
        scores.append(score(call(made.errors), made, SEEDS))
    return summary(scores)


CARELESS = {
    "all on": lambda errors: rivals.constant(len(errors), 1),
    "all off": lambda errors: rivals.constant(len(errors), -1),
    "nothing called": lambda errors: rivals.constant(len(errors), 0),
    "one run of each": lambda errors: rivals.means(errors, 1),
    "halving": lambda errors: rivals.halving(errors, SEEDS),
}


@pytest.mark.parametrize("name", CARELESS)
def test_calls_without_thought_fail_the_bars(name):
    row = pooled(CARELESS[name])
    assert row["wrong"] > 0.05 or row["undecided"] > 0.05


def test_the_means_of_the_full_grid_pass_them():
    row = pooled(lambda errors: rivals.means(errors, SEEDS))
    assert row["wrong"] <= 0.05
    assert row["undecided"] == 0
    assert row["share"] == 1
