"""Races as a space describes them."""

from fractions import Fraction

import numpy as np
import pytest

from sweep.errors import SweepError
from sweep.search.racing_goals import pairs_along, racing
from sweep.search.strategy import STRATEGIES
from tests.search.races import FRONT, TUNED, choices, pool, race

PLANE = [{"family": "static"}] + [
    {"family": "weightnet", "M": M, "G": G, "lambda": Fraction(M, G)} for G in (1, 2) for M in (2, 4, 8)
]


def test_neighbours_on_lambda_share_their_G():
    assert pairs_along(PLANE, "lambda") == [(1, 2), (2, 3), (4, 5), (5, 6)]
    assert pairs_along(PLANE, "M") == pairs_along(PLANE, "lambda")


def test_neighbours_on_G_share_their_M():
    assert pairs_along(PLANE, "G") == [(1, 4), (2, 5), (3, 6)]


def test_two_values_are_looked_for_on_every_line():
    assert pairs_along(PLANE, "lambda", (2, 4)) == [(1, 2), (5, 6)]
    assert pairs_along(PLANE, "lambda", (8, 2)) == [(3, 1)]


def test_points_that_differ_otherwise_are_no_pair():
    points = [{"width": 1, "depth": 1}, {"width": 2, "depth": 2}, {"width": 4, "depth": 1}]
    assert pairs_along(points, "width") == [(0, 2)]


@pytest.mark.parametrize(
    ("axis", "between", "message"),
    [
        ("lamda", None, "no point has the axis 'lamda'; axes are G, M, family, lambda"),
        ("lambda", (1, 16), "no two points have the values 1 and 16 of lambda with all other axes equal"),
        ("family", None, "no two points have two values of family with all other axes equal"),
    ],
)
def test_a_curve_that_is_not_there_is_told(axis, between, message):
    with pytest.raises(SweepError, match=message.replace("'", ".")):
        pairs_along(PLANE, axis, between)


def test_a_front_needs_costs():
    unknown = pool(costs={"flops": np.zeros(0)})
    with pytest.raises(SweepError, match="racing to a front needs the flops of every point"):
        racing(unknown)
    assert racing(unknown, goal="best")


def test_the_best_point_is_found():
    strategy = racing(pool(), goal="best", lag=3)
    history, _ = race(strategy)
    claims = strategy.standing(history.seen(len(history), 0)).judgement.claims
    assert [claim.point for claim in claims if claim.verdict == "on the front"] == [int(TUNED.argmin())]


def test_the_front_by_another_cost():
    """Dear points first: only the best point of all, which is among the cheap ones, is left, and what is cheaper."""
    costs = {"flops": np.arange(7.0), "params": np.array([7.0, 6, 5, 4, 3, 2, 1])}
    strategy = racing(pool(costs=costs), cost="params", lag=3)
    history, _ = race(strategy)
    claims = strategy.standing(history.seen(len(history), 0)).judgement.claims
    assert {claim.point for claim in claims if claim.verdict == "on the front"} == {5, 6}


def test_a_curve_has_an_interval_as_narrow_as_the_full_grids():
    strategy = racing(pool(), goal="curve", axis="width", between=(8, 64), lag=3)
    history, _ = race(strategy)
    assert {choice.phase for choice in choices(history)} == {"explore"}
    (contrast,) = strategy.standing(history.seen(len(history), 0)).judgement.contrasts
    assert (contrast.first, contrast.second) == (0, 3)
    assert abs(contrast.difference - 8.0) < contrast.half_width


def test_the_name_makes_a_race_with_defaults_that_work():
    history, _ = race(STRATEGIES["racing"](pool(), {}))
    assert {choice.point for choice in choices(history, "confirm")} >= FRONT
