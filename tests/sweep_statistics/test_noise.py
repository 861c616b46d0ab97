import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.statistics.blocks import blocks
from sweep.statistics.noise import noise, quantile


@st.composite
def tables(draw):
    """A table of points by seeds, some values missing."""
    points, seeds = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = rng.normal(5, 1, (points, seeds))
    values[rng.random(values.shape) < draw(st.sampled_from([0, 0.1, 0.5]))] = np.nan
    return values


@settings(max_examples=80, deadline=None)
@given(tables(), st.booleans())
def test_points_and_seeds_are_fitted_by_least_squares(values, weighted):
    weights = np.random.default_rng(len(values)).uniform(0.01, 1, len(values)) if weighted else np.ones(len(values))
    found = blocks(values, weights if weighted else None)
    point, seed = np.nonzero(np.isfinite(values))
    design = np.zeros((len(point), sum(values.shape)))
    design[np.arange(len(point)), point] = 1
    design[np.arange(len(point)), values.shape[0] + seed] = 1
    y = values[point, seed]
    root = np.sqrt(weights[point])[:, None]
    hat = design @ np.linalg.pinv(root * design, rcond=1e-10) * root.T
    assert found.residuals[point, seed] == pytest.approx(y - hat @ y, abs=1e-9)
    assert found.freedom == pytest.approx(len(y) - np.linalg.matrix_rank(design))
    # the variance of a residual, of values whose variance is 1
    left = np.eye(len(y)) - hat
    shares = np.bincount(point, (left**2).sum(1), minlength=len(values))
    assert found.shares == pytest.approx(shares, abs=1e-9)
    assert found.counts.tolist() == np.isfinite(values).sum(1).tolist()


def test_batches_are_fitted_one_by_one():
    values = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    values[0, 1, 2, 3] = values[1, 2, 0] = np.nan
    together, seen = blocks(values), noise(values, values**2)
    for at in np.ndindex(2, 3):
        alone, one = blocks(values[at]), noise(values[at], values[at] ** 2)
        assert together.means[at] == pytest.approx(alone.means, nan_ok=True)
        assert together.squares[at] == pytest.approx(alone.squares)
        assert seen.moderated()[0][at] == pytest.approx(one.moderated()[0], nan_ok=True)
        assert seen.widening[at] == pytest.approx(one.widening)


def limma(variances, degrees, typical, prior):
    """Smyth 2004, equation 9: each variance drawn toward a prior one."""
    return [(prior * typical + d * s) / (prior + d) for s, d in zip(variances, degrees, strict=True)]


def test_a_point_is_moderated_as_limma_does():
    values = np.random.default_rng(2).normal(size=(7, 4))
    seen = noise(values)
    rows = [[x - r.mean() - c.mean() + values.mean() for x, c in zip(r, values.T, strict=True)] for r in values]
    alone = [sum(x * x for x in row) / 3 * 7 / 6 for row in rows]
    assert seen.own == pytest.approx(alone)
    # the middle one, less what a middle one is off on average
    assert seen.typical == pytest.approx(sorted(alone)[3] / (stats.chi2.median(3) / 3))
    for prior in (1.0, 2.5):
        variance, degrees = seen.moderated(prior)
        assert variance == pytest.approx(limma(alone, [3] * 7, float(seen.typical), prior))
        assert degrees.tolist() == [prior + 3] * 7


def test_a_wild_point_widens_no_interval_of_others():
    values = np.random.default_rng(7).normal(size=(8, 4))
    without = noise(values)
    values = np.vstack([values, [[0, 60, -60, 5]]])
    seen = noise(values)
    assert seen.own[:8] == pytest.approx(without.own, rel=0.1)
    assert seen.typical == pytest.approx(without.typical, rel=0.4)  # the middle of nine is not that of eight
    assert seen.own[8] == pytest.approx(np.var(values[8], ddof=1), rel=0.15)


def test_the_prior_is_that_of_equal_noise_where_noise_is_equal():
    values = np.random.default_rng(3).normal(0, 2, (400, 20, 3))
    assert noise(values).typical.mean() == pytest.approx(4, rel=0.15)
    assert noise(values).own.mean() == pytest.approx(4, rel=0.03)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6))
def test_two_points_are_compared_by_a_paired_t_test(pairs):
    values = np.array(pairs, dtype=float).T
    apart = values[1] - values[0]
    if np.ptp(apart) == 0:
        assert np.isnan(noise(values).typical)
        return
    error, freedom = noise(values).differences(np.array([1]), 0, len(pairs))
    expected = stats.ttest_rel(values[1], values[0]).confidence_interval(0.95)
    assert apart.mean() - quantile(freedom[0]) * error[0] == pytest.approx(expected.low)
    assert apart.mean() + quantile(freedom[0]) * error[0] == pytest.approx(expected.high)


def test_degrees_of_freedom_are_welchs():
    """Two independent points of many, with no prior to speak of: as scipy's unequal-variance test has them."""
    values = np.random.default_rng(4).normal(size=(300, 5)) * np.array([1.0, 3.0] * 150)[:, None]
    seen = noise(values)
    error, freedom = seen.differences(np.array([0]), 1, 5, prior=1e-9)
    standard = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / 2.5**0.5
    welch = stats.ttest_ind(*(standard * variance**0.5 for variance in seen.own[:2]), equal_var=False)
    assert freedom[0] == pytest.approx(welch.df)
    assert error[0] == pytest.approx(welch._standard_error)


def test_choosing_on_the_same_seeds_widens_all():
    values = np.random.default_rng(5).normal(size=(4, 6))
    others = (values.sum(1, keepdims=True) - values) / 5
    assert noise(values, others).widening == pytest.approx(1)
    # means that move three times as far when a seed is left out: a variance nine times as large, and its root
    assert noise(values, 3 * others).widening == pytest.approx(3)
    assert noise(values, others / 3).widening == 1


def test_what_is_too_little():
    nothing = noise(np.full((3, 2), np.nan))
    assert np.isnan(nothing.typical)
    assert np.isnan(nothing.differences(np.array([1]), 0, 2)[0])
    lone = noise(np.array([[1.0, 2.0, 4.0]]))  # no other point to tell the seed's luck from the point's
    assert np.isnan(lone.typical)
    equal = noise(np.array([[0.1 + 0.2, 0.3, 0.3], [1.0, 1.0, 1.0]]))
    assert np.isnan(equal.typical)
    some = noise(np.array([[1.0, 2.0, 4.0], [2.0, 2.5, 1.0], [3.0, np.nan, np.nan], [np.nan] * 3]))
    error, freedom = some.differences(np.array([1, 2, 3]), 0, 2)
    assert np.isfinite(error).tolist() == np.isfinite(freedom).tolist() == [True, False, False]
