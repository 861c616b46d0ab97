import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis import front_chances
from sweep.analysis.estimates import Sample
from sweep.analysis.front_chances import chances, hypervolumes, on_front


def brute_force(errors, costs):
    points = list(zip(costs, errors, strict=True))
    return [not any(a <= x and b <= y and (a, b) != (x, y) for a, b in points) for x, y in points]


VALUES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_fronts_of_draws_agree_with_brute_force(points):
    errors, costs = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    both = on_front(np.stack([errors, errors[::-1]]), costs)
    assert both[0].tolist() == brute_force(errors, costs)
    assert both[1].tolist() == brute_force(errors[::-1], costs)


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_a_hypervolume_is_the_area_of_its_cells(points):
    errors, costs = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    got = hypervolumes(errors[None], costs, errors)[0]
    if np.ptp(costs) == 0 or errors.max() == 0:
        assert math.isnan(got)
        return
    low, wide, high = int(costs.min()), int(np.ptp(costs)), int(errors.max())
    cells = sum(
        any(c <= low + i and e <= j for c, e in zip(costs, errors, strict=True))
        for i, j in product(range(wide), range(high))
    )
    assert got == pytest.approx(cells / (wide * high))


def sweep(rng, n):
    """A sweep with a known front: errors fall along a line in the logarithm of the cost, and scatter about it."""
    points, scatter = int(rng.integers(6, 21)), np.exp(rng.uniform(np.log(0.5), np.log(4)))
    cost = np.exp(rng.uniform(0, 2, points))
    shape = rng.normal(0, 1, points) if rng.random() < 0.5 else rng.uniform(-1.7, 1.7, points)
    truth = 20 - rng.uniform(0, 1) * np.log(cost) + scatter * shape
    noise = rng.normal(0, 1, (points, n)) * np.exp(rng.normal(0, 0.2, (points, 1)))
    errors = truth[:, None] + rng.normal(0, 0.7, n) + noise
    names = [f"point {i}" for i in range(points)]
    samples = {name: Sample(dict(enumerate(row))) for name, row in zip(names, errors.tolist(), strict=True)}
    return samples, dict(zip(names, cost.tolist(), strict=True)), truth, cost


@pytest.mark.parametrize("n", [3, 6])
def test_chances_come_true_as_often_as_they_say(n, monkeypatch):
    monkeypatch.setattr(
        front_chances, "hypervolumes", lambda errors, cost, means: np.zeros(3)
    )  # slow, and not asked for
    rng = np.random.default_rng((3, n))
    told, true = [], []
    for _ in range(1200):
        samples, costs, truth, cost = sweep(rng, n)
        found = chances(samples, costs)
        told += [found.chance[name] for name in samples]
        true += brute_force(truth, cost)
    told, true = np.array(told), np.array(true)
    bins = np.digitize(told, [0.1, 0.3, 0.5, 0.7, 0.9])
    for at in range(6):
        assert (bins == at).sum() > 500
        assert true[bins == at].mean() == pytest.approx(told[bins == at].mean(), abs=0.05)


def test_the_interval_of_a_hypervolume_covers_it():
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(150):
        samples, costs, truth, cost = sweep(rng, 3)
        found = chances(samples, costs)
        means = np.array([np.mean(list(sample.values.values())) for sample in samples.values()])
        covered.append(found.low <= hypervolumes(truth[None], cost, means)[0] <= found.high)
    assert 0.9 <= np.mean(covered) <= 0.99


def test_names_and_their_order_change_nothing():
    samples, costs, _, _ = sweep(np.random.default_rng(5), 3)
    before = chances(samples, costs)
    names = {name: f"other {99 - i}" for i, name in enumerate(samples)}
    after = chances(
        {names[name]: samples[name] for name in reversed(samples)}, {names[name]: costs[name] for name in samples}
    )
    assert {names[name]: chance for name, chance in before.chance.items()} == after.chance
    assert (before.hypervolume, before.low, before.high) == (after.hypervolume, after.low, after.high)


def test_without_noise_the_front_is_sure():
    samples = {name: Sample({0: error, 1: error}) for name, error in (("a", 5.0), ("b", 4.0), ("c", 4.5), ("d", 1.0))}
    found = chances(samples, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})
    assert found.chance == {"a": 1, "b": 1, "c": 0, "d": 1}
    assert found.low == pytest.approx(found.high)


def test_what_is_too_little():
    one = Sample({0: 1.0, 1: 2.0})
    assert chances({}, {}) is None
    assert chances({"a": one, "b": one}, {"a": 1.0, "b": 2.0}) is None
    lone = {name: Sample({0: 1.0}) for name in "abc"}
    assert chances(lone, dict.fromkeys("abc", 1.0)) is None
