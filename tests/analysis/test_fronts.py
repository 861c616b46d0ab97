import math

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis.fronts import front

VALUE = st.one_of(st.integers(0, 5).map(float), st.sampled_from([math.nan, math.inf]))
ROWS = st.lists(st.tuples(VALUE, VALUE, VALUE, st.integers(0, 3).map(lambda n: max(0, n - 2))), max_size=12)


def frame_of(rows):
    return pd.DataFrame(rows, columns=["mean", "flops", "params", "n_failed"])


def brute_force(rows, width):
    """Compare every point with every other."""
    fit = [all(map(math.isfinite, row[:width])) and row[3] == 0 for row in rows]

    def beats(one, other):
        return all(a <= b for a, b in zip(one, other, strict=True)) and one != other

    return [
        fit[i] and not any(fit[j] and beats(rows[j][:width], rows[i][:width]) for j in range(len(rows)))
        for i in range(len(rows))
    ]


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_one_cost_agrees_with_brute_force(rows):
    assert front(frame_of(rows), ["flops"]).tolist() == brute_force(rows, 2)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_two_costs_agree_with_brute_force(rows):
    assert front(frame_of(rows), ["flops", "params"]).tolist() == brute_force(rows, 3)


def test_a_front_keeps_the_index():
    rows = frame_of([(1.0, 5.0, 1.0, 0), (2.0, 6.0, 1.0, 0)]).set_axis(["x", "y"])
    assert front(rows, ["flops"]).to_dict() == {"x": True, "y": False}
