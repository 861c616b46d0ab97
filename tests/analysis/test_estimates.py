import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis.estimates import Sample, average, combine, estimate, read, standard_error, write
from sweep.analysis.nuisance import tune
from sweep.statistics.cross_fit import cross_fit, judged

from . import plain
from .frames import FAILED, MISSING, sweep_frame

#: Errors are thirds, so that settings tie now and then.
ERROR = st.integers(3, 30).map(lambda n: n / 3)


def tables(settings=3, seeds=4):
    return st.lists(st.lists(ERROR, min_size=seeds, max_size=seeds), min_size=settings, max_size=settings)


@settings(max_examples=40, deadline=None)
@given(tables(seeds=2) | tables() | tables(seeds=5), st.data())
def test_a_tuned_difference_is_that_of_a_plain_loop(one, data):
    other = data.draw(tables(seeds=len(one[0])))
    samples = tune(sweep_frame({"a": one, "b": other})).samples
    got = estimate(samples["a"] - samples["b"])
    # setting 2 of 1, 2, 3 is inside its list, and so preferred where settings tie
    mean, low, high = plain.interval([(1, one), (-1, other)], order=(1, 0, 2))
    assert got.mean == pytest.approx(mean, abs=1e-9)
    if not got.equal:
        assert (got.low, got.high) == (pytest.approx(low), pytest.approx(high))


@settings(max_examples=40, deadline=None)
@given(tables(), st.permutations(range(4)), st.integers(1, 9), st.integers(-5, 5))
def test_an_interval_moves_as_its_errors_do(table, order, scale, shift):
    """Renaming seeds changes nothing; multiplying and adding does the same to mean and interval."""
    changed = [[scale * row[seed] + shift for seed in order] for row in table]
    before, after = (estimate(tune(sweep_frame({"p": t})).samples["p"]) for t in (table, changed))
    assert after.mean == pytest.approx(scale * before.mean + shift)
    assert after.equal == before.equal
    if not before.equal:
        expected = (scale * before.low + shift, scale * before.high + shift)
        assert (after.low, after.high) == pytest.approx(expected, abs=1e-9)


def test_arrays_of_sweeps_are_estimated_as_one_by_one():
    errors = np.random.default_rng(3).normal(size=(50, 3, 5))
    chosen = cross_fit(errors, np.ones((50, 5), dtype=bool))
    for table, values in zip(errors.tolist(), judged(errors, chosen).tolist(), strict=True):
        assert values == list(plain.cross_fit(table, range(5)).values())


def test_a_seed_that_fails_when_another_is_left_out_is_left_out_too():
    # Without seed 2, whose failure speaks against setting 1, seed 0 would be judged at setting 1.
    frame = sweep_frame({"p": [[3.0, 4.0, FAILED], [5.0, 6.0, 5.5]]})
    assert tune(frame).samples["p"] == Sample({0: 5.0, 1: 6.0}, {0: {1: 6.0}, 1: {0: 5.0}})


def test_what_was_not_tuned_has_nothing_to_leave_out():
    frame = sweep_frame({"p": [[3.0, MISSING, 5.0]], "q": [[1.0, 2.0, 3.0]]})
    samples = tune(frame).samples
    assert samples["p"] == Sample({0: 3.0, 2: 5.0})
    assert samples["q"].left_out(1) == {0: 1.0, 2: 3.0}


def test_samples_add_up_over_the_seeds_that_all_have():
    one, other = Sample({0: 1.0, 1: 2.0, 2: 4.0}, {0: {1: 3.0}, 1: {}, 2: {0: 1.0}}), Sample({1: 1.0, 2: 3.0, 3: 9.0})
    assert (one - other) == Sample({1: 1.0, 2: 1.0}, {1: {}, 2: {}})
    assert average([one, other]).values == {1: 1.5, 2: 3.5}
    assert combine([]) == Sample({})


def test_a_seed_without_which_nothing_is_known_does_not_count():
    values = np.array([1.0, 2.0, 4.0, 5.0])
    left_out = np.array([3.0, 2.0, 2.5, np.nan])
    known = left_out[:3]
    jackknife = 3 * ((known - known.mean()) ** 2).mean()
    plain_variance = values.var(ddof=1) / 4
    expected = math.sqrt(max(plain_variance, math.sqrt(plain_variance * jackknife)))
    assert standard_error(values, left_out) == pytest.approx(expected)
    assert standard_error(values, np.full(4, np.nan)) == pytest.approx(math.sqrt(plain_variance))


def test_cells_hold_an_estimate():
    found = estimate([1.0, 2.0, 4.0])
    assert read(write(found, "diff_"), "diff_") == found
