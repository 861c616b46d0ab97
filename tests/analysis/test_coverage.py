"""The 95 % intervals of mean and paired difference cover 92 to 98 %, and the sign flips reject as often as they say."""

import numpy as np
import pytest

from sweep.analysis.estimates import Sample
from sweep.analysis.significance import sign_flip_p

from .coverage import KINDS, Kind, covers, simulate


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


@pytest.mark.parametrize("kind", ["nothing tuned", "3 settings tied", "5 settings nearly tied"])
def test_sign_flips_reject_a_true_null_no_more_often_than_they_say(kind):
    nothing = Kind(KINDS[kind].baseline, KINDS[kind].baseline)
    _, (values, left_out, _) = simulate(nothing, 6, sweeps=1000, seed=1)
    seeds = range(6)
    ps = []
    for row, rest in zip(values.tolist(), left_out.tolist(), strict=True):
        # any values with these means do: the test knows of them by their means alone
        without = {s: {t: rest[s] for t in seeds if t != s} for s in seeds}
        ps.append(sign_flip_p(Sample(dict(enumerate(row)), without)))
    # three standard errors of the simulation above
    for level in (0.05, 0.1, 0.2):
        assert np.mean(np.array(ps) <= level) <= level + 3 * (level * (1 - level) / 1000) ** 0.5
