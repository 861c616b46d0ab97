import math

import numpy as np
import pytest
from scipy import stats

from sweep.statistics.noise import quantile
from sweep.statistics.power import error_ahead, seeds_needed, shown


@pytest.mark.parametrize("freedom", [1.0, 2.0, 3.7, 6.0, 18.0, 300.0])
def test_the_difference_shown_is_shown_in_four_of_five_sweeps(freedom):
    shift = shown(1.0, freedom)
    assert stats.nct.sf(quantile(freedom), freedom, shift) == pytest.approx(0.8, abs=1e-3)
    rng = np.random.default_rng(1)
    t = rng.normal(shift, 1, 200_000) / np.sqrt(rng.chisquare(freedom, 200_000) / freedom)
    assert (t > quantile(freedom)).mean() == pytest.approx(0.8, abs=0.004)


def test_seeds_needed_are_the_first_that_show_it():
    """One number of seeds after the other, by scipy's noncentral t."""
    error, freedom, seeds, points = 0.7, 5.5, 3, 10
    for difference in (0.3, -0.5, 1.0, 2.0, 5.0):
        n = 2
        while True:
            # as many degrees of freedom a seed as there are now, with one of the prior
            ahead = min(freedom * n / seeds, 9 * (n - 1))
            shift = abs(difference) / (error * math.sqrt(seeds / n))
            if stats.nct.sf(quantile(ahead), ahead, shift) >= 0.8:  # the other tail has less than a millionth
                break
            n += 1
        assert seeds_needed(difference, error, freedom, seeds, points) == n


def test_noise_of_two_points_alone_is_that_of_their_difference():
    """As a t-test with n - 1 degrees of freedom needs: scipy's noncentral t again."""
    found = seeds_needed(1.0, 0.8, 2.0, 3, 2)
    power = [stats.nct.sf(quantile(n - 1), n - 1, math.sqrt(n / 3) / 0.8) for n in (found - 1, found)]
    assert power[0] < 0.8 <= power[1]


def test_what_no_seeds_show():
    assert seeds_needed(0.0, 0.7, 5.0, 3, 10) == math.inf
    assert math.isnan(seeds_needed(1.0, math.nan, 5.0, 3, 10))
    found = seeds_needed(np.array([100.0, 1e-9, 0.7]), 0.7, 5.0, 3, 10)
    assert found[:2].tolist() == [2, math.inf]


@pytest.mark.parametrize("number", [3, 4, 6, 9, 12])
def test_errors_ahead_where_the_baseline_keeps_its_seeds(number):
    """By the variance of a difference that extra seeds enter with the best weight, and noise known."""
    noise, luck, n, m = 2.0, 0.5, 3, 6

    def variance(n, m):
        share = m / (n + m) * noise / (noise + luck)
        return 2 * noise / n - noise / n * share

    found = error_ahead(np.sqrt(variance(n, m)), n, number, np.sqrt(2 * noise / n), m)
    assert found**2 == pytest.approx(variance(number, max(n + m - number, 0)))
    assert error_ahead(1.5, n, number, np.nan, 0) == pytest.approx(1.5 * np.sqrt(n / number))


def test_more_seeds_are_needed_where_the_baselines_are_used_up():
    alone = seeds_needed(1.0, 1.0, 20.0, 3, 10)
    kept = seeds_needed(1.0, 1.0, 20.0, 3, 10, common=1.15, extra=6)
    assert alone < kept <= seeds_needed(1.0, 1.15, 20.0, 3, 10)
