import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.estimates import Sample
from sweep.analysis.naive import Effect, naive, to_frame
from sweep.analysis.nuisance import tune

from . import plain
from .frames import FAILED, MISSING, sweep_frame

NEW = [[9.0, 8.5, 9.4, 8.8], [5.0, 4.2, 5.1, 4.4], [4.9, 4.0, 5.3, 4.6]]
OLD = [[6.0, 5.5, 6.2, 5.4], [4.8, 4.4, 5.0, 4.9], [6.5, 6.6, 6.1, 6.2]]


def small(**points):
    return sweep_frame({"new": NEW, "old": OLD, **points}, baseline={"new": "old", **dict.fromkeys(points, "old")})


def test_effects_are_those_of_a_plain_loop():
    frame = small()
    found = naive(frame, tune(frame))
    assert [(one.setting, one.usual) for one in found] == [((1,), False), ((2,), True), ((3,), False)]
    for k, one in enumerate(found):
        effect = one.effects["new"]
        assert [effect.naive.values[s] for s in range(4)] == pytest.approx(np.subtract(NEW[k], OLD[k]))
        parts = [(1, [NEW[k]]), (-1, [OLD[k]]), (-1, NEW), (1, OLD)]
        taken = effect.taken
        assert (taken.mean, taken.low, taken.high) == pytest.approx(plain.interval(parts, order=(1, 0, 2)))


def fieller(numerator, denominator):
    """The textbook's interval of a ratio of two paired means."""
    n = len(numerator)
    a, b = np.mean(numerator), np.mean(denominator)
    (va, c), (_, vb) = np.cov(numerator, denominator) / n
    q = stats.t.ppf(0.975, n - 1) ** 2
    middle, root = a * b - q * c, math.sqrt((a * b - q * c) ** 2 - (a * a - q * va) * (b * b - q * vb))
    return (middle - root) / (b * b - q * vb), (middle + root) / (b * b - q * vb)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 9), st.floats(-3, 3)), min_size=3, max_size=7))
def test_a_share_is_fiellers(pairs):
    whole, own = (np.array(values) for values in zip(*pairs, strict=True))
    effect = Effect(Sample(dict(enumerate(whole))), Sample(dict(enumerate(own))))
    assume(np.ptp(whole) > 1e-3)
    assume(np.ptp(own) > 1e-3)
    clear = stats.ttest_1samp(whole, 0).pvalue
    assume(abs(clear - 0.05) > 1e-4)
    share = effect.share
    if clear > 0.05:
        assert math.isnan(share.mean)
        return
    assert share.mean == pytest.approx((whole - own).mean() / whole.mean())
    assert (share.low, share.high) == pytest.approx(fieller(whole - own, whole), rel=1e-6, abs=1e-6)


def test_the_overall_effect_is_the_mean_over_points():
    other = [[7.0, 7.7, 7.9, 7.2], [4.0, 4.1, 4.4, 4.2], [5.5, 5.1, 5.0, 5.2]]
    frame = small(other=other)
    found = naive(frame, tune(frame))[0].overall
    expected = (np.subtract(NEW[0], OLD[0]) + np.subtract(other[0], OLD[0])) / 2
    assert [found.naive.values[s] for s in range(4)] == pytest.approx(expected)
    parts = [(0.5, NEW), (0.5, other), (-1, OLD)]
    assert np.mean(list(found.tuned.values.values())) == pytest.approx(plain.interval(parts, order=(1, 0, 2))[0])


def test_what_tuning_left_untouched():
    share = Effect(Sample({0: 1.0, 1: 1.2, 2: 0.9}), Sample({0: 1.0, 1: 1.2, 2: 0.9})).share
    assert (share.mean, share.low, share.high) == (0, 0, 0)


def test_a_point_that_is_not_settled_is_left_out():
    frame = small(late=[[3.0] * 4, [3.0] * 4, [MISSING] * 4], lost=[[3.0, FAILED, 4.0, 5.0], [3.0] * 4, [4.0] * 4])
    found = naive(frame, tune(frame))
    assert [list(one.effects) for one in found] == [["lost", "new"]] * 3
    assert set(found[0].effects["lost"].naive.values) == {0, 2, 3}
    rows = to_frame(found, ["lr"])
    assert rows["lr"].tolist() == [1, 1, 2, 2, 3, 3]
    assert rows.loc[rows["point"] == "lost", "naive_n"].tolist() == [3, 4, 4]


def test_nothing_tuned_or_no_baseline():
    one = sweep_frame({"new": NEW[:1], "old": OLD[:1]}, baseline={"new": "old"})
    assert naive(one, tune(one)) == ()
    alone = sweep_frame({"new": NEW})
    assert naive(alone, tune(alone)) == ()
    empty = sweep_frame({})
    assert naive(empty, tune(empty)) == ()
