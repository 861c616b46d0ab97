import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.population import distribution, ks_distance, population, weights_at_equal_cost

ERRORS = st.lists(st.integers(0, 12).map(lambda n: n / 3), min_size=1, max_size=12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # scipy's own, of its p-value
@settings(max_examples=60, deadline=None)
@given(ERRORS, ERRORS)
def test_the_distance_is_scipys(one, other):
    assert ks_distance(np.array(one), np.array(other)) == pytest.approx(stats.ks_2samp(one, other).statistic)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=40, deadline=None)
@given(ERRORS, st.lists(st.integers(1, 4), min_size=12, max_size=12), ERRORS)
def test_weights_count_as_copies_do(one, copies, other):
    weights = np.array(copies[: len(one)], dtype=float)
    repeated = np.repeat(one, copies[: len(one)])
    got = ks_distance(np.array(one), np.array(other), weights / weights.sum())
    assert got == pytest.approx(stats.ks_2samp(repeated, other).statistic)


@settings(max_examples=40, deadline=None)
@given(ERRORS, st.floats(-1, 6))
def test_a_distribution_counts_points(errors, at):
    share = sum(error <= at for error in errors) / len(errors)
    assert distribution(np.array(errors), np.array([at]))[0] == pytest.approx(share)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=15), st.integers(1, 6))
def test_each_bin_of_costs_counts_alike(costs, bins):
    edges = np.linspace(0, 10, bins + 1)
    weights = weights_at_equal_cost(np.array(costs), edges)
    which = [min(bins - 1, sum(edge <= cost for edge in edges[1:])) for cost in costs]
    totals = {b: sum(w for w, at in zip(weights, which, strict=True) if at == b) for b in set(which)}
    assert all(total == pytest.approx(1 / len(totals)) for total in totals.values())
    for b in totals:
        assert len({round(w, 12) for w, at in zip(weights, which, strict=True) if at == b}) == 1


def table(rows):
    frame = pd.DataFrame(rows, columns=["family", "G", "mean", "flops", "n", "n_failed"])
    return frame.assign(settled=True, point=[f"p{i}" for i in range(len(frame))])


def test_equal_cost_undoes_what_cost_does():
    # error follows cost alone; the second family is merely larger
    sizes = {"small": [1, 1, 1, 2, 2, 3, 4], "large": [1, 2, 3, 3, 4, 4, 4]}
    rows = [(name, 1.0, 10.0 - cost, cost, 3, 0) for name, costs in sizes.items() for cost in costs]
    found = population(table(rows), ["family"])
    (apart,) = found.apart
    small, large = ([10.0 - cost for cost in sizes[name]] for name in ("small", "large"))
    assert apart.ks == pytest.approx(stats.ks_2samp(small, large).statistic)
    assert apart.p == pytest.approx(stats.ks_2samp(small, large).pvalue)
    assert apart.ks_at_equal_cost < apart.ks / 2
    assert [group.name for group in found.groups] == ["large", "small"]
    assert all(group.weights.sum() == pytest.approx(1) for group in found.groups)


def test_families_that_share_no_cost_are_not_compared_at_equal_cost():
    rows = [(name, 1.0, 5.0, cost, 3, 0) for name, at in (("a", 0), ("b", 90)) for cost in range(at, at + 8)]
    (apart,) = population(table(rows), ["family"]).apart
    assert math.isnan(apart.ks_at_equal_cost)
    assert apart.ks == 0


def test_a_failed_point_counts_and_is_never_reached():
    rows = [("a", 1.0, mean, 1.0, 3, 0) for mean in (1.0, 2.0)] + [("a", 1.0, 0.5, 1.0, 2, 1)]
    (group,) = population(table(rows), ["family"]).groups
    assert group.errors.tolist() == [1.0, 2.0, math.inf]
    assert distribution(group.errors, np.array([100.0]))[0] == pytest.approx(2 / 3)


def test_without_two_families_another_axis_groups_and_without_any_all_points_are_one():
    rows = [("a", G, 5.0 + i, 1.0 + i, 3, 0) for G in (1.0, 2.0) for i in range(3)] + [("b", math.nan, 1.0, 1.0, 3, 0)]
    assert population(table(rows), ["family", "G"]).axis == "G"
    assert population(table(rows), ["family"]).axis == ""
    assert population(table(rows[:2]), ["family"]) is None
    assert population(table([]), ["family"]) is None


def test_order_of_points_changes_nothing():
    rng = np.random.default_rng(2)
    rows = [("ab"[i % 2], 1.0, float(rng.integers(3, 9)), float(rng.integers(1, 9)), 3, 0) for i in range(20)]
    one, other = population(table(rows), ["family"]), population(table(rows[::-1]), ["family"])
    assert one.apart == other.apart
