"""The leading point of a sweep in progress, beside all standings computed anew at each landing."""

import math
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from sweep.leader import Leader

RUN = st.tuples(
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(["0.01", "0.1"]),
    st.none() | st.floats(0, 100, allow_nan=False).map(lambda error: round(error, 1)),
)


def leading_error(runs):
    """The lowest mean of any point at its setting with the fewest failures and, of these, the lowest mean."""
    best = math.inf
    for point in {point for point, *_ in runs}:
        standings = []
        for setting in {setting for other, setting, _ in runs if other == point}:
            errors = [error for other, one, error in runs if (other, one) == (point, setting)]
            done = [error for error in errors if error is not None]
            standings.append((len(errors) - len(done), fmean(done) if done else math.inf))
        failures, mean = min(standings)
        best = min(best, mean) if not failures else best
    return best


@given(st.lists(RUN, max_size=20), st.lists(RUN, max_size=20))
def test_the_leader_has_the_lowest_mean_whatever_lands(known, landing):
    leader, runs = Leader(known), list(known)
    for run in [None, *landing]:
        if run is not None:
            leader.add(*run)
            runs.append(run)
        truth, found = leading_error(runs), leader.leading
        assert (found is None) == (truth == math.inf)
        if found is not None:
            assert math.isclose(found.error, truth, abs_tol=1e-9)


def test_seeds_are_counted_and_a_failure_ends_the_lead():
    leader = Leader([("a", "x", 10.0), ("a", "x", 20.0), ("b", "x", 30.0)])
    assert (leader.leading.point, leader.leading.error, leader.leading.seeds) == ("a", 15.0, 2)
    leader.add("a", "x", None)
    assert leader.leading.point == "b"


def test_a_point_that_errs_as_often_as_guessing_does_not_lead():
    leader = Leader([("a", "s", 90.0)], limit=85.0)
    leader.add("b", "s", 86.0)
    assert leader.leading is None
    leader.add("c", "s", 84.0)
    assert leader.leading.point == "c"
