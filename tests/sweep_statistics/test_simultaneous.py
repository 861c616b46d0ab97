import numpy as np
import pytest
from scipy import stats

from sweep.statistics.noise import noise
from sweep.statistics.simultaneous import half_widths, multiples


@pytest.mark.parametrize(("number", "freedom"), [(2, 4), (5, 10), (9, 18), (20, 40)])
def test_equal_correlations_are_dunnetts(number, freedom):
    """scipy's Dunnett p-value of a difference of that many standard errors is 5 %."""
    multiple = multiples(np.full(number, 0.5**0.5), np.full(number, float(freedom)))[0]
    rho = np.full((number, number), 0.5)
    reached = stats._multicomp._pvalue_dunnett(  # as scipy.stats.dunnett calls it
        rho=rho - rho * np.eye(number) + np.eye(number),
        df=freedom,
        statistic=np.array([multiple]),
        alternative="two-sided",
        rng=np.random.default_rng(0),
    )
    assert reached == pytest.approx(0.05, abs=0.002)


def test_it_is_scipys_dunnett_for_samples():
    rng = np.random.default_rng(1)
    control, samples = rng.normal(size=4), rng.normal(size=(5, 4))
    interval = stats.dunnett(*samples, control=control, rng=rng).confidence_interval(0.95)
    variance = np.vstack([samples, control]).var(1, ddof=1).mean()
    half = multiples(np.full(5, 0.5**0.5), np.full(5, 18.0)) * np.sqrt(variance / 2)
    assert half == pytest.approx((interval.high - interval.low) / 2, rel=0.01)


@pytest.mark.parametrize("loadings", [[0.0, 0.0, 0.0], [0.3, 0.9, 0.6, 0.6], [0.98] * 4])
def test_unequal_correlations_by_brute_force(loadings):
    loadings, freedom, rng = np.array(loadings), 6.0, np.random.default_rng(2)
    multiple = multiples(loadings, np.full(len(loadings), freedom))[0]
    z = loadings * rng.normal(size=(200_000, 1)) + np.sqrt(1 - loadings**2) * rng.normal(size=(200_000, len(loadings)))
    t = z / np.sqrt(rng.chisquare(freedom, (200_000, 1)) / freedom)
    assert (np.abs(t) <= multiple).all(1).mean() == pytest.approx(0.95, abs=0.002)


def test_two_baselines_by_brute_force():
    rng, freedom = np.random.default_rng(3), 8.0
    groups = np.array([0, 0, 1, 1, 1])
    multiple = multiples(np.full(5, 0.5**0.5), np.full(5, freedom), groups)[0]
    z = (rng.normal(size=(200_000, 2))[:, groups] + rng.normal(size=(200_000, 5))) / np.sqrt(2)
    t = z / np.sqrt(rng.chisquare(freedom, (200_000, 1)) / freedom)
    assert (np.abs(t) <= multiple).all(1).mean() == pytest.approx(0.95, abs=0.002)


def test_one_difference_is_students_and_none_is_none():
    assert multiples(np.array([0.5]), np.array([7.0])) == pytest.approx(stats.t.ppf(0.975, 7))
    assert np.isnan(multiples(np.array([0.5, 0.5]), np.array([np.nan, np.nan]))).all()
    lone = multiples(np.array([0.5, 0.5]), np.array([np.nan, 7.0]))
    assert lone == pytest.approx([np.nan, stats.t.ppf(0.975, 7)], nan_ok=True)


def test_many_degrees_of_freedom_are_interpolated():
    freedom = np.linspace(3, 30, 200)
    loadings = np.full(200, 0.5**0.5)
    found = multiples(loadings, freedom)
    for at in (0, 57, 133, 199):
        assert found[at] == pytest.approx(multiples(loadings, np.full(200, freedom[at]))[0], rel=0.01)


def test_only_differences_that_are_counted_count():
    seen = noise(np.random.default_rng(4).normal(size=(6, 3)))
    every = half_widths(seen, np.arange(1, 6), 0, 3)
    two = half_widths(seen, np.arange(1, 6), 0, 3, np.array([True, False, True, False, False]))
    assert np.isnan(two).tolist() == [False, True, False, True, True]
    assert two[0] < every[0]
    lone = half_widths(seen, np.array([2]), 0, 3)[0]
    error, freedom = seen.differences(np.array([2]), 0, 3, prior=2.0)
    assert lone == pytest.approx(error[0] * stats.t.ppf(0.975, freedom[0]))
