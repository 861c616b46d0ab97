import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.estimates import Sample, error_of, estimate
from sweep.analysis.significance import (
    EXHAUSTIVE,
    holm,
    least_p,
    resolved,
    seeds_to_resolve,
    sign_flip_p,
)

DIFFERENCES = st.lists(st.integers(-12, 12), min_size=1, max_size=8)


def sample(values):
    return Sample(dict(enumerate(map(float, values))))


@settings(max_examples=60, deadline=None)
@given(DIFFERENCES)
def test_every_sign_is_flipped(values):
    observed = abs(sum(map(Fraction, values)))
    flips = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in product((1, -1), repeat=len(values))
    ]
    assert sign_flip_p(sample(values)) == sum(flip >= observed for flip in flips) / len(flips)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8).filter(lambda v: np.ptp(v) > 1e-3))
def test_it_is_scipys_permutation_test(values):
    found = stats.permutation_test(
        (np.array(values), np.zeros(len(values))),
        lambda a, b, axis: abs((a - b).mean(axis)),
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert sign_flip_p(sample(values)) == pytest.approx(found.pvalue)


def test_the_smallest_p_is_reached_where_all_seeds_agree():
    for n in (1, 2, 3, 6, EXHAUSTIVE):
        assert sign_flip_p(sample(np.arange(n) + 1.0)) == least_p(n)
    assert least_p(3) == 0.25
    assert math.isnan(least_p(0))
    assert math.isnan(sign_flip_p(sample([])))
    assert sign_flip_p(sample([0, 0, 0])) == 1


def test_drawn_flips_are_near_the_exact_ones():
    values = np.random.default_rng(1).normal(0.4, 1, EXHAUSTIVE + 2)
    signs = np.array(list(product((1, -1), repeat=len(values))))
    exact = (abs(signs @ values) >= abs(values.sum()) - 1e-12).mean()
    assert sign_flip_p(sample(values)) == pytest.approx(exact, abs=0.01)
    assert sign_flip_p(sample(values)) == sign_flip_p(sample(values[::-1])) >= least_p(len(values))


def test_choosing_on_the_same_seeds_widens_the_flips():
    values = {0: 1.0, 1: 1.2, 2: 0.9, 3: 1.4, 4: -0.2, 5: 0.8}
    means = np.array([0.2, 1.4, 0.5, 1.6, 0.1, 1.2])
    chosen = Sample(values, {s: {t: float(means[s]) for t in values if t != s} for s in values})
    t = np.mean(list(values.values())) / error_of(chosen)
    count = 0
    for signs in product((1, -1), repeat=6):
        flipped = np.array(signs) * list(values.values())
        count += abs(flipped.mean()) >= abs(t) * flipped.std(ddof=1) / math.sqrt(6) - 1e-12
    assert sign_flip_p(chosen) == count / 64
    assert sign_flip_p(chosen) > sign_flip_p(Sample(values))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=8))
def test_holm_rejects_as_its_steps_do(ps):
    """At any level: sort, and reject while p stays below level / (number left)."""
    corrected = holm(ps)
    for level in (0.01, 0.05, 0.2, 0.7):
        left = sorted((p, i) for i, p in enumerate(ps) if not math.isnan(p))
        rejected = set()
        while left and left[0][0] * len(left) <= level:
            rejected.add(left.pop(0)[1])
        assert {i for i, p in enumerate(corrected) if p <= level} == rejected
    assert [math.isnan(p) for p in corrected] == [math.isnan(p) for p in ps]


@pytest.mark.parametrize("difference", [0.7, 1.5, -3.0])
def test_so_many_seeds_resolve_a_difference_in_four_of_five_sweeps(difference):
    now = estimate([1.0, 2.5, -0.5, 1.2])
    n = seeds_to_resolve(now, difference)
    rng = np.random.default_rng(7)
    for seeds, above in ((int(n), True), (int(n) - 1, False)):
        draws = rng.normal(difference, now.sd, (200_000, seeds))
        power = (stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05).mean()
        assert (power >= 0.8 - 0.003) if above else (power <= 0.8 + 0.003)


def test_what_the_seeds_at_hand_resolve():
    now = estimate([1.0, 2.5, -0.5, 1.2])
    draws = np.random.default_rng(8).normal(resolved(now), now.sd, (200_000, 4))
    assert (stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05).mean() == pytest.approx(0.8, abs=0.005)


def test_what_no_seeds_resolve():
    assert seeds_to_resolve(estimate([1.0, 2.0]), 0.0) == math.inf
    assert seeds_to_resolve(estimate([1.0, 2.0]), 1e-9) == math.inf
    assert math.isnan(seeds_to_resolve(estimate([1.0]), 1.0))
    assert math.isnan(seeds_to_resolve(estimate([1.0, 1.0]), 1.0))
    assert math.isnan(resolved(estimate([1.0])))
    assert seeds_to_resolve(estimate([1.0, 1.1]), 100.0) == 2


def test_seeds_needed_are_the_first_at_which_power_is_reached():
    """By scipy's noncentral t, one number of seeds after the other."""
    now = estimate([1.0, 2.5, -0.5, 1.2])
    for difference in (0.2, 0.5, 1.0, 2.0, 4.0, 8.0):
        n = 2
        while True:
            q, shift = stats.t.ppf(0.975, n - 1), difference / now.sd * math.sqrt(n)
            if stats.nct.sf(q, n - 1, shift) >= 0.8:  # the other tail has less than a millionth
                break
            n += 1
        assert seeds_to_resolve(now, difference) == n
