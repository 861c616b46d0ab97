"""How far a search is, in words."""

import pytest

from sweep.search_progress import SearchSoFar


@pytest.mark.parametrize(
    ("spent", "said"), [(0.0371, "0.037 of them"), (12.3, "12 of them"), (1234.4, "1,234 of them"), (None, "training")]
)
def test_hours_of_a_search_are_told_without_exponents(spent, said):
    told = SearchSoFar("tpe", None, 1, 9, 3, spent=spent).lines()[0]
    assert f"of at most 1 hour of training{'' if spent is None else ', ' + said + ' asked for'}" in told
    assert said in told


def test_a_race_to_the_best_point_speaks_of_no_front():
    assert SearchSoFar("racing", None, None, 9, 3, 1, 4, goal="best").lines()[1] == (
        "race: 1 among the best, 4 not, 0 not decided"
    )
