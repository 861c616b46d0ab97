"""What a run would tell, beside regression over the draws; and which runs are taken."""

import numpy as np
import pytest

from sweep.search.posterior import Posterior, RandomNumbers
from sweep.search.posterior_scale import Scale
from sweep.search.racing_choice import Outlook, choose, runs_to_decide

PLAIN = Scale(cap=1e9, spread=1.0, center=0.0, unit=1.0)
DRAWS = 400


def made(deviations, noise=1.0):
    """A posterior of independent points (with one setting) of these deviations."""
    normal = np.random.default_rng(4).normal(size=(len(deviations), 1, DRAWS))
    draws = np.array(deviations)[:, None, None] * normal
    return Posterior(draws.mean(axis=2), draws, np.zeros((9, DRAWS)), noise, PLAIN, np.ones(draws.shape[:2], dtype=int))


def explained(target, results):
    """Variance of a target that a linear regression on results (runs, draws) explains, by least squares."""
    design = np.column_stack([np.ones(target.size), results.T])
    fitted = design @ np.linalg.lstsq(design, target, rcond=None)[0]
    return fitted.var()


def test_gain_is_what_a_regression_explains():
    generator = np.random.default_rng(0)
    outcomes = generator.normal(size=(5, DRAWS))
    targets = outcomes[:2] + generator.normal(size=(2, DRAWS))
    gains = Outlook(targets, outcomes, noise=0.0).gains()
    for cell in range(5):
        assert gains[cell] == pytest.approx(sum(explained(target, outcomes[cell][None]) for target in targets))


def test_a_known_run_takes_away_what_it_explains():
    generator = np.random.default_rng(1)
    outcomes = generator.normal(size=(4, DRAWS)) + generator.normal(size=DRAWS)
    target = outcomes.sum(axis=0) + generator.normal(size=DRAWS)
    outlook = Outlook(target[None], outcomes, noise=0.0)
    known = [generator.normal(size=DRAWS) + outcomes[0]]
    outlook.observe(known[0])
    for cell in (1, 2):
        together = explained(target, np.array([*known, outcomes[cell]]))
        assert outlook.gains()[cell] == pytest.approx(together - explained(target, np.array(known)))
        known.append(outlook.outcome(cell).copy())
        outlook.observe(known[-1])
    assert outlook.deviations()[0] ** 2 == pytest.approx(target.var() - explained(target, np.array(known)))


def test_the_most_uncertain_is_run_and_what_was_tried_is_not():
    posterior = made([0.1, 3.0, 1.0])
    targets = posterior.draws[:, 0]
    tried = np.zeros((3, 1, 2), dtype=bool)
    random = RandomNumbers(0, DRAWS)
    assert choose(posterior, targets, tried, [], range(5, 6), random) == [(1, 0, 0)]
    tried[1, 0, 0] = True
    assert choose(posterior, targets, tried, [], range(5, 6), random) == [(1, 0, 1)]
    tried[1, 0, 1] = True
    assert choose(posterior, targets, tried, [], range(5, 6), random) == [(2, 0, 0)]
    tried[:] = True
    assert choose(posterior, targets, tried, [], range(5, 6), random) == []


def test_a_pending_run_counts_as_if_it_were_in():
    posterior = made([0.1, 3.0, 2.0], noise=0.1)
    tried = np.zeros((3, 1, 5), dtype=bool)
    tried[1, 0, 0] = True
    chosen = choose(posterior, posterior.draws[:, 0], tried, [(4, (1, 0, 0))], range(5, 6), RandomNumbers(0, DRAWS))
    assert chosen == [(2, 0, 0)]


def test_several_runs_are_spread_as_each_counts_for_the_next():
    posterior = made([2.0, 2.1, 2.2], noise=0.5)
    tried = np.zeros((3, 1, 5), dtype=bool)
    chosen = choose(posterior, posterior.draws[:, 0], tried, [], range(3), RandomNumbers(0, DRAWS))
    assert {point for point, *_ in chosen} == {0, 1, 2}
    assert not tried.any()


def test_equal_gains_go_to_the_first():
    draws = np.broadcast_to(np.random.default_rng(0).normal(size=DRAWS), (3, 2, DRAWS)).copy()
    posterior = Posterior(
        draws.mean(axis=2), draws, np.zeros((1, DRAWS)), 1.0, PLAIN, np.ones(draws.shape[:2], dtype=int)
    )
    tried = np.zeros((3, 2, 1), dtype=bool)
    assert choose(posterior, draws[:1, 0], tried, [], range(1), RandomNumbers(0, DRAWS)) == [(0, 0, 0)]


def test_what_rounding_could_turn_decides_nothing():
    draws = np.broadcast_to(np.random.default_rng(0).normal(size=DRAWS), (2, 1, DRAWS)).copy()
    draws[1] *= 1 + 1e-12
    posterior = Posterior(
        draws.mean(axis=2), draws, np.zeros((1, DRAWS)), 1.0, PLAIN, np.ones(draws.shape[:2], dtype=int)
    )
    tried = np.zeros((2, 1, 1), dtype=bool)
    assert choose(posterior, draws[:1, 0], tried, [], range(1), RandomNumbers(0, DRAWS)) == [(0, 0, 0)]


def test_runs_to_decide_follow_the_square_root_of_their_number():
    # of one point with noise 1 and a wide prior the deviation falls as 1 / sqrt(runs)
    posterior = made([30.0])
    tried = np.zeros((1, 1, 40), dtype=bool)
    needed = runs_to_decide(posterior, posterior.draws[0, 0], 0.4, tried, RandomNumbers(0, DRAWS))
    assert needed is not None
    assert abs(needed - 1 / 0.4**2) <= 2
    assert runs_to_decide(posterior, posterior.draws[0, 0], 50.0, tried, RandomNumbers(0, DRAWS)) == 0
    assert runs_to_decide(posterior, posterior.draws[0, 0], 0.01, tried, RandomNumbers(0, DRAWS)) is None
