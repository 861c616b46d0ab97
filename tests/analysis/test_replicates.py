import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.estimates import Sample
from sweep.analysis.nuisance import tune
from sweep.analysis.replicates import count, estimate, table

from .frames import FAILED, MISSING, sweep_frame

#: What a count of wrong images of 1300 gives, in per cent.
ERROR = st.integers(0, 1300).map(lambda n: n / 13)
SAMPLES = st.lists(ERROR, min_size=2, max_size=8).filter(lambda v: np.ptp(v) > 1e-3)


@settings(max_examples=40, deadline=None)
@given(SAMPLES)
def test_interval_is_scipys(values):
    got = estimate(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    assert (got.n, got.mean) == (len(values), pytest.approx(np.mean(values)))
    assert got.sd == pytest.approx(np.std(values, ddof=1))
    assert (got.low, got.high) == (pytest.approx(low), pytest.approx(high))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ERROR, ERROR), min_size=3, max_size=8))
def test_paired_interval_is_scipys(pairs):
    first, second = (dict(enumerate(values)) for values in zip(*pairs, strict=True))
    differences = np.subtract(list(first.values()), list(second.values()))
    if np.ptp(differences) < 1e-3:
        return
    expected = stats.ttest_rel(list(first.values()), list(second.values())).confidence_interval(0.95)
    got = estimate(Sample(first) - Sample(second))
    assert (got.low, got.high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert got.clear == (expected.low > 0 or expected.high < 0)


def test_too_few_values_have_no_interval():
    assert estimate([]).n == 0
    assert math.isnan(estimate([]).mean)
    assert estimate([3.0]).mean == 3.0
    assert math.isnan(estimate([3.0]).low)


def test_equal_values_have_no_interval():
    got = estimate([0.1 + 0.2, 0.3, 0.3])
    assert got.sd == 0
    assert math.isnan(got.low)
    assert not got.clear


def test_pairs_only_where_both_have_an_error():
    assert estimate(Sample({0: 5.0, 1: 6.0, 3: 1.0}) - Sample({0: 4.0, 1: 4.0, 2: 9.0})).mean == 1.5


def test_count():
    got = count(["done", "failed", "diverged", "missing", "done"])
    assert dataclasses.astuple(got) == (5, 2, 2, 1, 1)


@pytest.fixture
def points():
    frame = sweep_frame(
        {
            "new": [[3.0, 4.0, FAILED], [5.0, 6.0, 5.5]],
            "old": [[6.0, 7.5, 7.0], [8.0, 8.0, 8.0]],
            "late": [[MISSING] * 3, [MISSING] * 3],
        },
        axes={"width": {"new": 1.0, "old": 1.0, "late": 2.0}},
        baseline={"new": "old", "late": "old"},
        costs={"new": (10.0, 20.0), "old": (1.0, 2.0)},
    )
    return table(frame, tune(frame)).set_index("point")


def test_table_of_points(points):
    assert points.index.tolist() == ["old", "new", "late"]  # the baseline first
    old, new, late = (points.loc[name] for name in ("old", "new", "late"))
    # Seeds 0 and 1 of 'new' are judged at setting 2, as setting 1 failed at seed 2; at seed 2 that failure counts.
    assert (new["n"], new["n_failed"], new["mean"]) == (2, 1, 5.5)
    assert (old["n"], old["mean"], old["baseline"]) == (3, pytest.approx(20.5 / 3), "")
    assert (new["diff_n"], new["diff_mean"]) == (2, pytest.approx(-1.25))
    assert (late["n"], late["n_missing"], late["runs_missing"]) == (0, 3, 6)
    assert math.isnan(late["mean"])
    assert (new["runs"], new["runs_done"], new["runs_failed"]) == (6, 5, 1)
    assert (new["params"], new["flops"]) == (10, 20)


def test_table_of_nothing():
    frame = sweep_frame({}, axes={"width": {}})
    assert table(frame, tune(frame)).empty


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)))
def test_order_of_rows_changes_nothing(order):
    frame = sweep_frame(
        {"a": [[3.0, 4.0, 5.0], [2.0, FAILED, 1.0]], "b": [[1.0, 4.0, MISSING], [2.0, 2.5, 1.0]]},
        axes={"width": {"a": 2.0, "b": 1.0}},
        baseline={"a": "b"},
    )
    shuffled = dataclasses.replace(frame, runs=frame.runs.iloc[list(order)].reset_index(drop=True))
    pd.testing.assert_frame_equal(table(frame, tune(frame)), table(shuffled, tune(shuffled)))
