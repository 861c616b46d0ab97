import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.statistics.intervals import equivalence_p, within_percent


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 99.999), st.floats(0.001, 50), st.integers(1, 30))
def test_intervals_of_a_mean_stay_between_0_and_100(mean, error, freedom):
    low, high = within_percent(mean, error, freedom)
    assert 0 <= low <= mean <= high <= 100


def test_small_ones_are_students():
    values = np.array([41.0, 41.2, 40.9, 41.1])
    low, high = within_percent(values.mean(), stats.sem(values), 3)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 3, values.mean(), stats.sem(values)), abs=0.003)


def test_what_is_wrong_mirrors_what_is_right():
    low, high = within_percent(np.array([4.0, 96.0]), 2.0, 4)
    assert low == pytest.approx(100 - high[::-1])


@pytest.mark.parametrize(("level", "spread", "n"), [(2.0, 1.0, 3), (5.0, 1.0, 5), (50.0, 8.0, 3), (90.0, 2.0, 4)])
def test_they_cover_as_often_as_they_say(level, spread, n):
    odds = math.log(level / (100 - level))
    scale = spread / (level * (100 - level) / 100)
    values = 100 / (1 + np.exp(-np.random.default_rng(1).normal(odds, scale, (40_000, n))))
    low, high = within_percent(values.mean(1), stats.sem(values, axis=1), n - 1)
    assert ((low <= values.mean()) & (values.mean() <= high)).mean() == pytest.approx(0.95, abs=0.015)


def test_no_spread_and_no_error_have_no_interval():
    assert np.isnan(within_percent(np.array([0.0, 100.0, 5.0]), np.array([0.0, 0.0, np.nan]), 2)).all()


def test_equivalence_is_the_larger_of_two_one_sided_tests():
    values, smallest = np.array([0.2, -0.1, 0.3, 0.05, 0.15]), 0.5
    below = stats.ttest_1samp(values, smallest, alternative="less").pvalue
    above = stats.ttest_1samp(values, -smallest, alternative="greater").pvalue
    assert equivalence_p(values.mean(), stats.sem(values), 4, smallest) == pytest.approx(max(below, above))
    assert equivalence_p(-values.mean(), stats.sem(values), 4, smallest) == pytest.approx(max(below, above))


def test_equivalence_is_said_wrongly_once_in_twenty():
    rng = np.random.default_rng(2)
    values = rng.normal(0.5, 0.2, (40_000, 6))  # a difference that just matters
    p = equivalence_p(values.mean(1), stats.sem(values, axis=1), 5, 0.5)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.005)
