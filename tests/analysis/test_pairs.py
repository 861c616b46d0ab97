"""Paired differences of all points at once are those of one pair after the other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis.estimates import estimate
from sweep.analysis.nuisance import tune
from sweep.analysis.pairs import pairs

from .frames import FAILED, MISSING, sweep_frame

CELLS = st.integers(3, 30).map(lambda n: n / 3) | st.sampled_from([FAILED, MISSING])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_each_is_what_estimate_tells(data):
    shape = [data.draw(st.integers(least, most)) for least, most in ((1, 5), (1, 2), (1, 4))]
    cells = data.draw(st.lists(CELLS, min_size=math.prod(shape), max_size=math.prod(shape)))
    table = np.array(cells).reshape(shape).tolist()
    tuned = tune(sweep_frame({f"p{i}": rows for i, rows in enumerate(table)}))
    names = [f"p{i}" for i in reversed(range(shape[0]))]
    found = pairs(tuned, names, apart={"p0", "p1"})
    assert len(found.n) == shape[0] * (shape[0] - 1) // 2
    settled = dict(zip(tuned.points["point"], tuned.points["settled"].astype(bool), strict=True))
    place = 0
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            assert (names[found.first[place]], names[found.second[place]]) == (first, second)
            n, mean, half = found.n[place], found.mean[place], found.half[place]
            one = estimate(tuned.samples[first] - tuned.samples[second])
            if not (settled[first] and settled[second]) or {first, second} == {"p0", "p1"}:
                assert n == 0
            else:
                assert n == one.n
                assert mean == pytest.approx(one.mean, abs=1e-9, nan_ok=True)
                assert half == pytest.approx((one.high - one.low) / 2, abs=1e-9, nan_ok=True)
            place += 1


def test_no_points_make_no_pairs():
    assert len(pairs(tune(sweep_frame({"a": [[1.0, 2.0]]})), []).n) == 0
