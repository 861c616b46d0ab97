import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis import front_chances
from sweep.analysis.estimates import Sample
from sweep.analysis.front_chances import chances, hypervolumes, on_front
from sweep.analysis.study import Study
from sweep.statistics import hierarchy

from .frames import sweep_frame


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
    return truth[:, None] + rng.normal(0, 0.7, n) + noise, truth, cost


def judged(errors, cost):
    """Chances of points named by their place, tuned over nothing."""
    names = [f"point {i}" for i in range(len(errors))]
    samples = {name: Sample(dict(enumerate(row))) for name, row in zip(names, errors.tolist(), strict=True)}
    drawn = hierarchy.draw(errors[:, None, :], np.random.default_rng(0), covariate=np.log(cost))
    found = chances(dict(zip(names, drawn.T, strict=True)), samples, dict(zip(names, cost.tolist(), strict=True)))
    return [found.chance[name] for name in names], found


@pytest.mark.parametrize("n", [3, 4, 6])
def test_chances_come_true_as_often_as_they_say(n, monkeypatch):
    """Of sweeps in which nothing is tuned; tests/sweep_statistics/test_hierarchy.py has tuned ones."""
    # slow, and not asked for
    monkeypatch.setattr(front_chances, "hypervolumes", lambda errors, cost, means: np.zeros(3))
    monkeypatch.setattr(hierarchy, "DRAWS", 300)
    rng = np.random.default_rng((3, n))
    told, true = [], []
    for _ in range(1200):
        errors, truth, cost = sweep(rng, n)
        told += judged(errors, cost)[0]
        true += brute_force(truth, cost)
    told, true = np.array(told), np.array(true)
    bins = np.digitize(told, [0.1, 0.3, 0.5, 0.7, 0.9])
    for at in range(6):
        assert (bins == at).sum() > 500
        assert true[bins == at].mean() == pytest.approx(told[bins == at].mean(), abs=0.05)


def test_the_interval_of_a_hypervolume_covers_it(monkeypatch):
    monkeypatch.setattr(hierarchy, "DRAWS", 300)
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(400):
        errors, truth, cost = sweep(rng, 3)
        _, found = judged(errors, cost)
        covered.append(found.low <= hypervolumes(truth[None], cost, errors.mean(1))[0] <= found.high)
    assert 0.9 <= np.mean(covered) <= 0.99


def study(errors, costs):
    return Study(sweep_frame({name: [row] for name, row in errors.items()}, costs=costs))


def test_names_and_their_order_change_nothing():
    errors, _, cost = sweep(np.random.default_rng(5), 3)
    rows = dict(enumerate(errors.tolist()))
    before = study({f"point {i}": row for i, row in rows.items()}, {f"point {i}": (1.0, cost[i]) for i in rows})
    after = study(
        {f"other {99 - i}": rows[i] for i in reversed(rows)}, {f"other {99 - i}": (1.0, cost[i]) for i in rows}
    )
    one, other = before.chances["flops"], after.chances["flops"]
    assert {f"other {99 - int(name.split()[1])}": chance for name, chance in one.chance.items()} == other.chance
    assert (one.hypervolume, one.low, one.high) == (other.hypervolume, other.low, other.high)


def test_without_noise_the_front_is_sure():
    errors = {"a": [5.0, 5.0], "b": [4.0, 4.0], "c": [4.5, 4.5], "d": [1.0, 1.0]}
    found = study(errors, {"a": (1.0, 1.0), "b": (1.0, 2.0), "c": (1.0, 3.0), "d": (1.0, 4.0)}).chances["flops"]
    assert found.chance == {"a": 1, "b": 1, "c": 0, "d": 1}
    assert found.low == pytest.approx(found.high)


def test_what_is_too_little():
    one = Sample({0: 1.0, 1: 2.0})
    drawn = np.array([1.0, 2.0])
    assert chances({}, {}, {}) is None
    assert chances({"a": drawn, "b": drawn}, {"a": one, "b": one}, {"a": 1.0, "b": 2.0}) is None
    lone = {name: Sample({0: 1.0}) for name in "abc"}
    assert chances(dict.fromkeys("abc", drawn), lone, dict.fromkeys("abc", 1.0)) is None
