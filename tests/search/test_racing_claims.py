"""Claims beside enumeration: every draw is looked at by itself, every pair of points compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.search.posterior import Posterior
from sweep.search.posterior_scale import Scale
from sweep.search.racing_claims import LEAN, WIDENING, Curve, Front, full_grid_half_width, margins

PLAIN = Scale(cap=1e9, spread=1.0, center=10.0, unit=2.0)


def made(draws, noise=1.0, runs=None):
    """A posterior of these draws (points, settings, draws), and of so many runs of each point and setting."""
    runs = np.full(draws.shape[:2], 10**6) if runs is None else np.array(runs)
    return Posterior(draws.mean(axis=2), draws, np.zeros((1, draws.shape[2])), noise, PLAIN, runs)


def enumerated(errors, costs, point, slack):
    """Whether no rival is better by more than `slack` (below 0: every rival is worse by that)."""
    for other in range(len(errors)):
        cheaper = costs is None or all(a <= b for a, b in zip(costs[other], costs[point], strict=True))
        if other != point and cheaper and errors[other] < errors[point] - slack:
            return False
    return True


@given(st.integers(1, 6), st.integers(0, 3), st.integers(0, 10**6))
def test_margins_are_those_of_enumeration(points, objectives, seed):
    generator = np.random.default_rng(seed)
    lowest = generator.integers(0, 5, (points, 7)).astype(float)
    costs = generator.integers(0, 3, (points, objectives)).astype(float) if objectives else None
    margin = margins(lowest, costs)
    for draw in range(7):
        for point in range(points):
            assert (margin[point, draw] >= 0) == enumerated(lowest[:, draw], costs, point, 0)
            assert (margin[point, draw] >= -1) == enumerated(lowest[:, draw], costs, point, 1)


@given(st.integers(2, 5), st.booleans(), st.integers(0, 10**6))
def test_probabilities_are_shares_of_the_draws(points, by_cost, seed):
    generator = np.random.default_rng(seed)
    draws = generator.normal(size=(points, 2, 40)) + 3 * generator.normal(size=(points, 1, 1))
    costs = np.arange(points, dtype=float)[:, None] if by_cost else None
    judgement = Front(costs, tolerance=0.5).judge(made(draws), 0.9)
    lowest = draws.min(axis=1)
    expected = draws.mean(axis=2).min(axis=1)
    for claim in judgement.claims:
        ahead = all(
            expected[claim.point] < expected[other] - LEAN * 0.5
            for other in (range(claim.point) if by_cost else set(range(points)) - {claim.point})
        )
        on = np.mean([enumerated(lowest[:, draw], costs, claim.point, 0.5) for draw in range(40)])
        off = np.mean([not enumerated(lowest[:, draw], costs, claim.point, -0.5) for draw in range(40)])
        says_on = on >= off or ahead
        assert claim.probability == pytest.approx(on if says_on else off)
        assert claim.verdict == (
            "not decided" if claim.probability < 0.9 else "on the front" if says_on else "off the front"
        )
        assert (claim.point in judgement.undecided) == (claim.verdict == "not decided")


def test_many_rivals_that_are_little_known_do_not_push_a_better_point_off_the_front():
    """Ten rivals at 10 +- 0.5, the point at 9.5: the lowest of the rivals' draws is lower in nearly all draws."""
    draws = 10 + 0.5 * np.random.default_rng(0).normal(size=(11, 1, 400))
    draws[:10] += 10 - draws[:10].mean(axis=2, keepdims=True)
    draws[10] = 9.5
    claim = Front(np.arange(11.0)[:, None], tolerance=1.0).judge(made(draws), 0.95).claims[10]
    assert (draws[:10].min(axis=0) - 9.5 < 1.0).mean() > 0.95
    assert claim.verdict != "off the front"


def test_the_cheapest_point_is_on_the_front_and_its_setting_is_a_target():
    generator = np.random.default_rng(0)
    draws = np.array([30.0, 10.0])[:, None, None] + generator.normal(size=(2, 2, 100))
    judgement = Front(np.array([[1.0], [2.0]]), tolerance=0.1).judge(made(draws), 0.95)
    assert [claim.verdict for claim in judgement.claims] == ["on the front", "on the front"]
    # its two settings cannot be told apart
    assert not judgement.settled
    assert judgement.targets.shape == (4, 100)


def test_without_costs_only_the_best_are_left():
    draws = np.array([10.0, 30.0, 10.0, 20.0])[:, None, None] + np.zeros((4, 1, 10))
    judgement = Front(None, tolerance=0.5).judge(made(draws), 0.95)
    assert [claim.verdict[:3] for claim in judgement.claims] == ["on ", "off", "on ", "off"]
    assert judgement.settled
    assert judgement.finalists == (0, 2)


def test_a_finalist_brings_its_strongest_rival():
    # the second beats the third, which is undecided; it is off the front itself
    errors = np.array([10.0, 12.0, 11.9])
    draws = np.repeat(errors[:, None, None], 100, axis=2)
    draws[2, 0, :50] = 9.0
    costs = np.array([[1.0], [2.0], [3.0]])
    assert Front(costs, tolerance=0.1).judge(made(draws), 0.95).finalists == (0, 2)
    costs = np.array([[2.5], [2.0], [2.4]])
    assert Front(costs, tolerance=0.1).judge(made(draws), 0.95).finalists == (0, 1, 2)


def test_only_what_may_decide_is_useful():
    """Of five points the last is undecided; the third is its strongest rival in most draws, the fourth never."""
    generator = np.random.default_rng(2)
    draws = np.array([30.0, 25.0, 10.0, 12.0, 10.0])[:, None, None] + 0.1 * generator.normal(size=(5, 1, 200))
    costs = np.arange(5.0)[:, None]
    judgement = Front(costs, tolerance=0.01).judge(made(draws), 0.95)
    assert [claim.point for claim in judgement.claims if claim.verdict == "not decided"] == [4]
    assert judgement.useful.tolist() == [2, 4]


def test_a_contrast_is_that_of_the_draws_in_per_cent():
    generator = np.random.default_rng(1)
    draws = np.array([3.0, 1.0, 0.0])[:, None, None] + 0.5 * generator.normal(size=(3, 1, 50_000))
    curve = Curve([(0, 1), (1, 2)], half_width=10.0)
    judgement = curve.judge(made(draws), 0.95)
    # a unit of the scale is two points of error; the deviation of a difference is sqrt(2) / 2
    assert judgement.contrasts[0].difference == pytest.approx(4.0, abs=0.03)
    assert judgement.contrasts[0].half_width == pytest.approx(WIDENING * 1.96 * np.sqrt(2) / 2 * 2, rel=0.03)
    assert judgement.settled
    narrower = Curve([(0, 1), (1, 2)], half_width=0.5).judge(made(draws), 0.95)
    assert not narrower.settled
    assert narrower.targets.shape == (2, 50_000)
    assert narrower.finalists == (0, 1, 2)


def test_half_width_of_the_full_grid_is_that_of_a_paired_t_interval():
    # t with 4 degrees of freedom: 2.776
    assert full_grid_half_width(5, 0.95) == pytest.approx(2.7764 * np.sqrt(2 / 5), rel=1e-4)


def test_an_interval_is_not_narrower_than_that_of_the_two_points_own_runs():
    """Draws that know everything, of points that were run 3 and 5 times at the settings that are best."""
    draws = np.array([[5.0, 3.0], [6.0, 9.0]])[..., None] + 1e-6 * np.random.default_rng(0).normal(size=(2, 2, 400))
    (contrast,) = Curve([(0, 1)], 10.0).judge(made(draws, 0.7, [[40, 3], [5, 40]]), 0.95).contrasts
    assert contrast.half_width == pytest.approx(1.96 * PLAIN.unit * np.sqrt(0.7**2 / 3 + 0.7**2 / 5), rel=1e-3)
    assert contrast.difference == pytest.approx(-3 * PLAIN.unit, rel=1e-3)
