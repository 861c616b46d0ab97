import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweep.analysis.estimates import Sample, average, combine, error_of, estimate, pooled, precision_of
from sweep.analysis.nuisance import tune

from . import plain
from .frames import sweep_frame


def tables(points=5, seeds=4, rates=3, seed=0):
    rng = np.random.default_rng(seed)
    return {f"p{i}": (10 + rng.normal(0, 1, (rates, seeds))).tolist() for i in range(points)}


def samples(points=5, seeds=4, seed=0):
    rows = tables(points, seeds, 1, seed)
    return rows, pooled({point: Sample(dict(enumerate(row[0]))) for point, row in rows.items()})


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(3, 5), st.integers(1, 3))
def test_a_tuned_difference_has_the_noise_of_all_points(seed, seeds, rates):
    known = tables(seeds=seeds, rates=rates, seed=seed)
    tuned = tune(sweep_frame(known)).samples
    found = estimate(tuned["p1"] - tuned["p4"])
    order = [k for k in (1, 0, 2) if k < rates]  # one inside its list is preferred where settings tie
    expected = plain.pooled_interval(known, {"p1": 1.0, "p4": -1.0}, order)
    assume(expected is not None)
    assert (found.mean, found.low, found.high) == pytest.approx(expected)


def test_so_has_any_sum_of_weights_that_sum_to_zero():
    rows, mine = samples()
    found = estimate(average([mine["p0"], mine["p1"]]) - average([mine["p2"], mine["p3"]]))
    weights = {"p0": 0.5, "p1": 0.5, "p2": -0.5, "p3": -0.5}
    assert (found.mean, found.low, found.high) == pytest.approx(plain.pooled_interval(rows, weights))
    again = estimate((mine["p0"] - mine["p1"]) - (mine["p0"] - mine["p2"]))
    assert (again.low, again.high) == pytest.approx(plain.pooled_interval(rows, {"p2": 1.0, "p1": -1.0})[1:])


def test_differences_of_two_ways_to_judge():
    (one, mine), (other, yours) = samples(seed=1), samples(seed=2)
    found = estimate((mine["p0"] - mine["p1"]) - (yours["p0"] - yours["p1"]))
    expected = plain.pooled_interval([(1, one), (-1, other)], {"p0": 1.0, "p1": -1.0})
    assert (found.low, found.high) == pytest.approx(expected[1:])


@pytest.mark.parametrize("name", ["a mean", "points of two pools", "one that knows of no pool", "other points"])
def test_what_has_no_pooled_noise_stands_alone(name):
    mine, yours, fewer = samples(seed=1)[1], samples(seed=2)[1], samples(points=3, seed=2)[1]
    alone = {
        "a mean": mine["p0"],
        "points of two pools": mine["p0"] - yours["p1"],
        "one that knows of no pool": mine["p0"] - Sample({s: float(s) for s in range(4)}),
        "other points": (mine["p0"] - mine["p1"]) - (fewer["p0"] - fewer["p1"]),
    }[name]
    assert precision_of(alone) == (error_of(alone), 3)


def test_seeds_that_two_points_share_count():
    _, mine = samples()
    some = {**mine, "p1": mine["p1"].at((0, 1, 3))}
    error, _ = precision_of(some["p1"] - some["p0"])
    whole, _ = precision_of(mine["p1"] - mine["p0"])
    assert error == pytest.approx(whole * math.sqrt(4 / 3))
    assert math.isnan(precision_of(mine["p1"].at((2,)) - mine["p0"])[0])


def test_a_difference_that_is_equal_at_every_seed_has_the_noise_of_others():
    _, mine = samples()
    same = pooled({**mine, "twin": mine["p0"]})
    found = estimate(same["p0"] - same["twin"])
    assert (found.mean, found.sd) == (0, 0)
    assert found.low < 0 < found.high
    nothing = pooled({point: Sample({0: 1.0, 1: 1.0}) for point in "ab"})
    assert estimate(nothing["a"] - nothing["b"]).equal


def test_a_weight_of_nothing_changes_nothing():
    _, mine = samples(seed=1)
    _, yours = samples(seed=2)
    apart = mine["p0"] - mine["p1"]
    assert estimate(combine([(1.0, apart), (0.0, yours["p0"] - yours["p1"])])) == estimate(apart)
