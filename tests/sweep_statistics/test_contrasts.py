"""Simultaneous intervals of any comparisons: against Tukey's and Dunnett's in scipy, and against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.statistics.contrasts import stepped_up, together
from sweep.statistics.simultaneous import multiples


@pytest.mark.parametrize(("points", "freedom"), [(3, 4.0), (4, 10.0), (6, 30.0)])
def test_all_pairs_are_tukeys(points, freedom):
    pairs = [(i, j) for i in range(points) for j in range(i)]
    weights = np.array([[float(k == i) - float(k == j) for k in range(points)] for i, j in pairs])
    found = together(weights, np.ones(points), np.full(len(pairs), freedom))
    assert found == pytest.approx(stats.studentized_range.ppf(0.95, points, freedom) / np.sqrt(2), rel=0.006)


@pytest.mark.parametrize(("points", "freedom", "noisy"), [(3, 6.0, 1.0), (5, 12.0, 1.0), (5, 12.0, 4.0)])
def test_all_against_one_are_dunnetts(points, freedom, noisy):
    weights = np.eye(points)[1:] - np.eye(points)[0]
    variance = np.array([noisy] + [1.0] * (points - 1))
    found = together(weights, variance, np.full(points - 1, freedom))
    loadings = np.full(points - 1, np.sqrt(noisy / (noisy + 1)))
    assert found == pytest.approx(multiples(loadings, np.full(points - 1, freedom)), rel=0.01)


def test_scipys_dunnett_agrees():
    rng = np.random.default_rng(3)
    samples = [rng.normal(size=4) for _ in range(4)]
    interval = stats.dunnett(*samples[1:], control=samples[0], rng=np.random.default_rng(0)).confidence_interval()
    pooled = np.mean([sample.var(ddof=1) for sample in samples])
    half = (interval.high - interval.low) / 2
    weights = np.eye(4)[1:] - np.eye(4)[0]
    found = together(weights, np.full(4, pooled / 4), np.full(3, 12.0)) * np.sqrt(pooled / 2)
    assert found == pytest.approx(half, rel=0.02)


def test_they_hold_together_for_averages_that_overlap():
    # a family of three points against a baseline, and one of them against the baseline, with unequal noise
    weights = np.array([[-1, 1 / 3, 1 / 3, 1 / 3], [-1, 1, 0, 0], [0, -1, 0.5, 0.5]])
    variance = np.array([2.0, 1.0, 0.5, 3.0])
    freedom = 5
    extent = together(weights, variance, np.full(3, float(freedom)))
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((200_000, 4)) * np.sqrt(variance)
    scale = np.sqrt(rng.chisquare(freedom, 200_000) / freedom)
    error = np.sqrt((weights**2 * variance).sum(1))
    held = (np.abs(draws @ weights.T) <= extent * error * scale[:, None]).all(1).mean()
    assert held == pytest.approx(0.95, abs=0.003)


def test_one_alone_is_students():
    assert together(np.array([[1.0, -1.0]]), np.ones(2), np.array([7.0])) == pytest.approx(stats.t.ppf(0.975, 7))


def test_the_same_comparison_twice_is_one():
    weights = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert together(weights, np.ones(2), np.full(2, 7.0)) == pytest.approx(stats.t.ppf(0.975, 7), rel=0.003)


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_claims_are_stepped_up_as_hochberg_says(ps):
    known = sorted(p for p in ps if not np.isnan(p))
    # the largest k of which the k-th smallest is at most level / (m - k + 1): these k are held
    count = len(known)
    most = max((k for k in range(1, count + 1) if known[k - 1] <= 0.05 / (count - k + 1)), default=0)
    held = stepped_up(np.array(ps))
    if most == 0:
        assert not held.any()
    else:
        assert sorted(np.array(ps)[held]) == known[:most]
