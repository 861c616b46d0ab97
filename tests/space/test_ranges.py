"""Ranges against arithmetic on fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sweep.space.ranges import MOST_IN_RANGE, Range


@given(st.integers(-1000, 1000), st.integers(1, 60), st.sampled_from([1, 2, 4, 5, 10, 20, 100]))
def test_steps_are_exact(low, steps, parts):
    found = Range(low=low / parts, high=(low + steps) / parts, step=1 / parts).values()
    assert found == [float(Fraction(low + i, parts)) for i in range(steps + 1)]


@given(st.integers(-1000, 1000), st.integers(1, 60), st.sampled_from([1, 2, 4, 5, 10, 20, 100]))
def test_the_length_is_that_of_the_values(low, steps, parts):
    found = Range(low=low / parts, high=(low + steps) / parts, step=1 / parts)
    assert found.length == len(found.values()) == steps + 1


def test_the_most_values():
    assert Range(low=0, high=9999.9, step=0.1).length == MOST_IN_RANGE
    with pytest.raises(ValidationError, match="more than 100,000 values"):
        Range(low=0, high=10000, step=0.1)


def test_whole_numbers_stay_whole_and_ends_are_included():
    assert Range(low=1, high=16, count=5, log=True).values() == [1, 2, 4, 8, 16]
    assert Range(low=32, high=224, step=96).values() == [32, 128, 224]
    assert all(isinstance(value, int) for value in Range(low=1, high=9, count=5).values())
    assert Range(low=0.25, high=0.5, count=3).values() == [0.25, 0.375, 0.5]
    assert Range(low=0, high=1, step=0.3).values() == [0, 0.3, 0.6, 0.9]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"step": 1, "count": 3},
        {"step": 0},
        {"count": 1},
        {"step": 1, "log": True},
        {"low": 0, "count": 3, "log": True},
        {"low": 5, "step": 1},
        {"step": 1e-9},
    ],
)
def test_a_range_that_makes_no_sense(wrong):
    with pytest.raises(ValidationError):
        Range(**{"low": 1, "high": 4, **wrong})
