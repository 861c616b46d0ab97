"""Intervals cover as often as they say, and are narrower than those of each difference alone, in whole tuned sweeps.

A quick look; `make bench-intervals` looks at 2,000 sweeps of each kind. Bounds here leave two standard errors.
"""

import numpy as np
import pytest

from .coverage import (
    LIKE,
    TIED,
    Sweeps,
    against_baseline,
    averaged,
    moderated,
    of_each_alone,
    shrunk,
    simulate,
    together,
)

#: by seeds, the most that the median width may be of that of each difference alone
MODERATED, SHRUNK = {3: 0.70, 4: 0.85}, {3: 0.45, 4: 0.58}


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("recipe", LIKE)
def test_moderated_intervals(recipe, n):
    sweeps = simulate(recipe, "scatter", "equal", n, 500)
    old, new = of_each_alone(sweeps), moderated(sweeps)
    joint = together(Sweeps(sweeps.errors[:150], sweeps.truth[:150]))
    assert 0.93 <= new.covered.mean() <= 0.98
    assert np.median(new.half) <= MODERATED[n] * np.median(old.half)
    assert joint.covered.all(1).mean() >= 0.91
    assert np.median(joint.half) > 1.2 * np.median(new.half)


@pytest.mark.parametrize(
    ("unequal", "least"), [("baseline 1.5 x", 0.91), ("baseline 2 x", 0.89), ("one point 2 x", 0.91)]
)
@pytest.mark.parametrize("recipe", LIKE)
def test_moderated_intervals_where_noise_is_unequal(recipe, unequal, least):
    assert moderated(simulate(recipe, "scatter", unequal, 3, 500)).covered.mean() >= least


def test_intervals_of_means_over_tuned_points():
    """With as many degrees of freedom as all residuals have they cover 93.3 %."""
    assert 0.95 <= averaged(simulate(TIED, "scatter", "equal", 3, 2000)).covered.mean() <= 0.98


@pytest.mark.parametrize(("recipe", "effect"), [("quick", "trend"), ("fashion", "scatter"), ("fashion", "none")])
def test_shrunk_intervals(recipe, effect):
    for n, most in SHRUNK.items():
        sweeps = simulate(recipe, effect, "equal", n, 80)
        old, new = of_each_alone(sweeps), shrunk(sweeps)
        assert new.covered.mean() >= 0.9
        assert np.median(new.half) <= most * np.median(old.half)
        assert (new.off**2).mean() < 0.8 * (old.off**2).mean()


def test_shrunk_intervals_where_the_baseline_is_noisy():
    sweeps = simulate("quick", "scatter", "baseline 2 x", 3, 80)
    assert shrunk(sweeps).covered.mean() >= 0.88


@pytest.mark.parametrize("unequal", ["equal", "baseline 2 x"])
@pytest.mark.parametrize("recipe", [*LIKE, TIED], ids=[*LIKE, "tied"])
def test_intervals_where_the_baseline_has_nine_seeds_and_others_three(recipe, unequal):
    few = simulate(recipe, "scatter", unequal, 3, 500)
    more = simulate(recipe, "scatter", unequal, 3, 500, more=6)
    assert (few.errors == more.errors).all()
    old, new = moderated(few), moderated(more)
    assert 0.935 <= new.covered.mean() <= 0.98
    assert np.median(new.half) <= 0.88 * np.median(old.half)
    assert (new.off**2).mean() < 0.8 * (old.off**2).mean()
    old, new = against_baseline(few), against_baseline(more)
    assert 0.92 <= new.covered.mean() <= 0.985
    assert np.median(new.half) <= 0.72 * np.median(old.half)


def test_shrunk_intervals_where_the_baseline_has_more_seeds():
    few, more = (simulate("fashion", "scatter", "equal", 3, 40, more=more) for more in (0, 6))
    old, new = shrunk(few), shrunk(more)
    assert new.covered.mean() >= 0.92
    assert np.median(new.half) <= 0.95 * np.median(old.half)
    assert (new.off**2).mean() < (old.off**2).mean()
