"""The 95 % intervals of a mean, and of a paired difference of two points alone, cover 92 to 98 %."""

import pytest

from .coverage import KINDS, covers, simulate


@pytest.mark.parametrize("n", [3, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_what_they_say(kind, n):
    for found in simulate(KINDS[kind], n):
        ours, _, _ = covers(*found)
        assert 0.92 <= ours <= 0.98


def test_students_interval_does_not_where_settings_tie():
    """If it did, the product's would be wider than need be."""
    for found in simulate(KINDS["3 settings nearly tied"], 6):
        _, students, _ = covers(*found)
        assert students < 0.9
