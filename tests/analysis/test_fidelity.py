import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.estimates import Sample
from sweep.analysis.fidelity import ReferenceValue, agreement, measured, published, signs, spearman, tau_b
from sweep.space.published import read_published

LEVEL = st.integers(0, 6).map(float)
PAIRS = st.lists(st.tuples(LEVEL, LEVEL), min_size=3, max_size=10)


def columns(pairs):
    one, other = (np.array(values) for values in zip(*pairs, strict=True))
    assume(np.ptp(one) > 0)
    assume(np.ptp(other) > 0)
    return one, other


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_tau_and_rho_are_scipys(pairs):
    one, other = columns(pairs)
    assert tau_b(signs(one), signs(other)) == pytest.approx(stats.kendalltau(one, other).statistic)
    assert spearman(signs(one), signs(other)) == pytest.approx(stats.spearmanr(one, other).statistic)


@settings(max_examples=40, deadline=None)
@given(PAIRS, st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_a_point_drawn_twice_is_a_point_that_is_there_twice(pairs, copies):
    one, other = columns(pairs)
    copies = copies[: len(pairs)]
    repeated = [np.repeat(values, copies) for values in (one, other)]
    assume(all(len(values) and np.ptp(values) > 0 for values in repeated))
    weights = np.array(copies, dtype=float)
    assert tau_b(signs(one), signs(other), weights) == pytest.approx(stats.kendalltau(*repeated).statistic)
    assert spearman(signs(one), signs(other), weights) == pytest.approx(stats.spearmanr(*repeated).statistic)


def by_point(errors):
    return {f"p{i}": Sample(dict(enumerate(row))) for i, row in enumerate(errors)}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(LEVEL, min_size=3, max_size=3), LEVEL, st.sampled_from([0.0, 0.5, 1.0])),
        min_size=3,
        max_size=7,
    )
)
def test_pairs_regret_and_ceiling_are_those_of_plain_loops(rows):
    here, there = (
        by_point([row for row, _, _ in rows]),
        {f"p{i}": ReferenceValue(e, t) for i, (_, e, t) in enumerate(rows)},
    )
    found = agreement(here, there)
    means = [np.mean(row) for row, _, _ in rows]
    alike, tied, wrong = 0, 0, set()
    for i, j in combinations(range(len(rows)), 2):
        apart = rows[i][1] - rows[j][1]
        if abs(apart) <= rows[i][2] + rows[j][2] + 1e-9:
            tied += 1
        elif abs(means[i] - means[j]) > 1e-9:
            same = (means[i] < means[j]) == (apart < 0)
            alike += same
            wrong |= set() if same else {(f"p{i}", f"p{j}") if means[i] < means[j] else (f"p{j}", f"p{i}")}
    assert (found.alike, found.tied, {(pair.better, pair.worse) for pair in found.wrong}) == (alike, tied, wrong)
    assert all(pair.in_reference > 0 and pair.in_sweep.mean < 0 for pair in found.wrong)
    best = there[found.best].error
    assert found.regret == best - min(e for _, e, _ in rows)
    seeds = [[row[seed] for row, _, _ in rows] for seed in range(3)]
    taus = [
        stats.kendalltau(one, other).statistic
        for one, other in combinations(seeds, 2)
        if np.ptp(one) > 0 and np.ptp(other) > 0
    ]
    assert found.seed_to_seed == pytest.approx(np.mean(taus)) if taus else math.isnan(found.seed_to_seed)


def test_intervals_are_narrow_where_many_points_agree():
    rng = np.random.default_rng(4)
    truth = np.arange(60.0)
    here = by_point(truth[:, None] + rng.normal(0, 2, (60, 3)))
    found = agreement(here, {f"p{i}": ReferenceValue(error) for i, error in enumerate(truth)})
    assert 0.9 < found.tau.low < found.tau.value < found.tau.high < 1
    assert found.rho.low < found.rho.value <= found.rho.high
    few = agreement(dict(list(here.items())[:6]), {f"p{i}": ReferenceValue(error) for i, error in enumerate(truth)})
    assert few.tau.high - few.tau.low > found.tau.high - found.tau.low


def test_names_change_nothing():
    rng = np.random.default_rng(5)
    here = by_point(rng.normal(size=(8, 3)))
    there = {point: ReferenceValue(error, 0.1) for point, error in zip(here, rng.normal(size=8), strict=True)}
    names = {point: f"other {9 - i}" for i, point in enumerate(here)}
    one = agreement(here, there)
    other = agreement({names[p]: s for p, s in here.items()}, {names[p]: t for p, t in there.items()})
    assert (one.tau, one.rho, one.alike, one.regret) == (other.tau, other.rho, other.alike, other.regret)
    assert [names[pair.better] for pair in one.wrong] == [pair.better for pair in other.wrong]


def test_another_sweep_is_a_reference():
    longer = measured(by_point([[1.0, 2.0], [3.0, 5.0], [2.0, 2.5], []]))
    assert {point: told.error for point, told in longer.items()} == {"p0": 1.5, "p1": 4.0, "p2": 2.25}
    found = agreement(by_point([[9.0], [10.0], [11.0], [1.0]]), longer)
    assert (found.points, found.alike, len(found.wrong)) == (("p0", "p1", "p2"), 2, 1)


def test_too_few_points_and_ties_alone():
    assert agreement(by_point([[1.0], [2.0]]), {"p0": ReferenceValue(1.0), "p1": ReferenceValue(2.0)}) is None
    assert agreement({}, {}) is None
    found = agreement(by_point([[1.0], [2.0], [3.0]]), {f"p{i}": ReferenceValue(5.0) for i in range(3)})
    assert math.isnan(found.tau.value)
    assert (found.tied, found.regret, found.wrong) == (3, 0, ())


ROWS = read_published(Path(__file__).parents[2] / "results/paper/imagenet.csv")
NAN = math.nan
POINTS = [
    ("static", "static", NAN, NAN, NAN),
    ("wn 1 1", "weightnet", 1.0, 1.0, NAN),
    ("wn 2 2", "weightnet", 2.0, 2.0, NAN),
    ("wn 8 1", "weightnet", 8.0, 1.0, NAN),
    ("wn 3 1", "weightnet", 3.0, 1.0, NAN),
    ("condconv 4", "condconv", NAN, NAN, 4.0),
    ("se 4", "se", NAN, NAN, NAN),
    ("se 16", "se", NAN, NAN, NAN),
]


def test_published_rows_find_their_points():
    points = pd.DataFrame(POINTS, columns=["point", "family", "M", "G", "experts"])
    found = published(points, ROWS)
    small = {"static": 39.7, "wn 1 1": 37.2, "wn 2 2": 36.7, "wn 8 1": 34.0, "condconv 4": 35.9}
    assert {point: told.error for point, told in found["ImageNet, 0.5x"].items()} == small  # which se is meant is open
    assert found["ImageNet, 0.5x"]["wn 8 1"].tolerance == 0.05
    assert found["ImageNet, 0.5x"]["wn 1 1"].tolerance == 0.1
    assert set(found["ImageNet, 2x"]) == {"static", "wn 2 2", "condconv 4"}


def test_a_width_that_varies_must_match():
    rows = [(f"{name} at {width}", *rest, width) for name, *rest in POINTS[:3] for width in (0.5, 1.0)]
    points = pd.DataFrame(rows, columns=["point", "family", "M", "G", "experts", "width"])
    found = published(points, ROWS)
    assert set(found) == {"ImageNet"}
    assert found["ImageNet"]["static at 1.0"].error == 30.9
    assert len(found["ImageNet"]) == 5


def test_a_sweep_that_does_not_vary_an_axis():
    points = pd.DataFrame([("a", 1.0), ("b", 2.0)], columns=["point", "dropout"])
    assert published(points, ROWS) == {}
