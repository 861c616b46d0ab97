"""Points that guess are found by the binomial distribution, and ranked nowhere."""

import dataclasses

import pytest
from scipy import stats

from sweep.analysis.ranked import chance_limit, judged, ranked
from sweep.analysis.study import Study

from .frames import FAILED, MISSING, sweep_frame


def on(frame, classes=10, judged_on=500):
    return dataclasses.replace(frame, classes=classes, judged_on=judged_on)


@pytest.mark.parametrize(("classes", "judged_on"), [(2, 100), (10, 500), (10, 10_000), (1000, 50_000)])
def test_the_limit_is_what_one_guesser_in_twenty_falls_below(classes, judged_on):
    frame = on(sweep_frame({"a": [[1.0]]}), classes, judged_on)
    wrong = chance_limit(frame) / 100 * judged_on
    assert stats.binom.cdf(wrong, judged_on, 1 - 1 / classes) == pytest.approx(0.05, abs=0.012)


def test_nothing_is_at_chance_where_classes_are_not_known():
    for classes, images in ((0, 500), (1, 500), (10, 0)):
        study = Study(on(sweep_frame({"a": [[90.0, 90.0]], "b": [[100.0, 100.0]]}), classes, images))
        assert not study.table["at_chance"].any()


def study():
    errors = {
        "good": [[20.0, 22.0, 21.0]],
        "better": [[10.0, 12.0, 11.0]],
        "guesses": [[90.0, 89.6, 90.4]],
        "as well": [[88.0, 91.0, 90.0]],
        "near": [[87.0, 87.2, 87.4]],
        "failed": [[FAILED, 20.0, 20.0]],
        "late": [[MISSING, MISSING, MISSING]],
    }
    costs = {name: (1.0 + i, 10.0 - i) for i, name in enumerate(errors)}
    costs["guesses"] = (0.5, 0.5)
    axis = {"depth": {name: float(i) for i, name in enumerate(errors)}}
    baseline = dict.fromkeys(("good", "as well", "near"), "guesses")
    return Study(on(sweep_frame(errors, axes=axis, costs=costs, baseline=baseline)))


def test_points_at_chance_are_ranked_nowhere():
    rows = study().table.set_index("point")
    assert rows.index[rows["at_chance"].astype(bool)].tolist() == ["guesses", "as well"]
    assert judged(study().table)["point"].tolist() == ["good", "better", "near"]
    assert ranked(study().table)["point"].tolist() == ["good", "better", "near"]
    # the cheapest of all, and yet on no front
    assert not rows.loc["guesses", ["front_params", "front_flops"]].any()
    assert rows.loc["near", "front_flops"]
    assert study().edges[0] == "better"
    assert all(chances.chance.keys() <= {"good", "better", "near"} for chances in study().chances.values())


def test_two_that_guess_are_not_compared():
    rows = study().table.set_index("point")
    assert (rows.loc["as well", "diff_n"], rows.loc["near", "diff_n"], rows.loc["good", "diff_n"]) == (0, 3, 3)


def test_a_curve_between_two_that_guess_has_no_spread():
    axis = {"depth": {"a": 1.0, "b": 2.0, "c": 3.0}}
    for middle, last, n in ((90.0, 90.5, 0), (20.0, 90.5, 0), (90.0, 30.0, 3)):
        errors = {"a": [[90.0, 90.2, 89.9]], "b": [[middle] * 3], "c": [[last, last + 1, last]]}
        (curves,) = Study(on(sweep_frame(errors, axes=axis))).curves
        assert [spread.spread.n for spread in curves.spreads] == [n]
