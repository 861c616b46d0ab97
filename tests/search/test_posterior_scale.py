"""Errors on the scale of the Gaussian process."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sweep.search.posterior_scale import Scale

ERRORS = st.lists(st.floats(0.125, 100), min_size=1, max_size=40)


@given(ERRORS, st.integers(1, 8))
def test_scale_keeps_the_order_and_can_be_undone(errors, points):
    error = np.array(errors)
    scale = Scale.of(error, np.arange(len(error)) % points)
    value, kept = scale.apply(error)
    order = np.argsort(error, kind="stable")
    assert (np.diff(value[order]) >= -1e-9).all()
    np.testing.assert_allclose(scale.restore(value), error, rtol=1e-6)
    assert ((kept >= 0.2) & (kept <= 1)).all()


@given(ERRORS)
def test_no_points_lowest_error_is_compressed_unless_it_is_far_above_the_others(errors):
    error = np.array(errors)
    scale = Scale.of(error, np.arange(len(error)))
    lower, upper = np.quantile(error, [0.25, 0.75])
    near = error <= upper + 4 * (upper - lower)
    assert (error[near] <= scale.cap + 1e-9).all()


def test_networks_that_did_not_train_leave_the_others_their_resolution():
    good = np.linspace(8, 12, 20)
    scale = Scale.of(np.append(good, [90.0, 95.0]), np.append(np.arange(20), [0, 1]))
    values, _ = scale.apply(np.append(good, 90.0))
    assert values[-1] - values[0] < 6 * (values[19] - values[0])


def test_two_points_that_tie_have_the_spread_of_their_settings():
    error = np.array([10.0, 11.0, 14.0, 10.01, 11.2, 13.0])
    scale = Scale.of(error, np.array([0, 0, 0, 1, 1, 1]))
    assert scale.cap > 11
