"""Yes, no and not yet: against intervals and tests computed by hand from the same runs."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from analysis.frames import FAILED, MISSING, sweep_frame
from sweep.analysis.study import Study
from sweep.analysis.verdict import more_runs


def sweep(errors, values, main="gate", baseline="", smallest=math.nan, flops=None):
    """A sweep without nuisance of points a, b, ... with a value of one axis each."""
    axes = {main: dict(zip(errors, values, strict=True))}
    costs = None if flops is None else {point: (1.0, cost) for point, cost in zip(errors, flops, strict=True)}
    frame = sweep_frame(
        {point: [numbers] for point, numbers in errors.items()}, {}, axes, dict.fromkeys(errors, baseline), costs
    )
    return dataclasses.replace(frame, main=(main,), smallest=smallest)


def verdict(frame):
    (found,) = Study(frame).verdicts
    return found


def noisy(means, seeds=5, deviation=0.1, rng=0):
    draw = np.random.default_rng(rng)
    return {name: (mean + deviation * draw.standard_normal(seeds)).tolist() for name, mean in means.items()}


def test_two_points_with_equal_noise_are_a_paired_t_test():
    errors = noisy({"a": 5.0, "b": 6.0})
    found = verdict(sweep(errors, ["x", "y"]))
    # of two points the residuals after seeds are the same, so that moderating changes nothing
    difference = np.array(errors["b"]) - np.array(errors["a"])
    interval = stats.ttest_1samp(difference, 0).confidence_interval()
    (one,) = found.compared
    assert (one.contrast.value, one.contrast.other) == ("y", "x")
    assert one.difference.mean == pytest.approx(difference.mean())
    assert (one.difference.low, one.difference.high) == pytest.approx((interval.low, interval.high))
    assert (found.answer, one.answer, found.together) == ("yes", "yes", False)
    assert math.isnan(found.seeds)


def test_a_difference_that_does_not_matter_is_no_and_needs_the_smallest():
    errors = noisy({"a": 5.0, "b": 5.05})
    difference = np.array(errors["b"]) - np.array(errors["a"])
    p = max(
        stats.ttest_1samp(difference, 0.5, alternative="less").pvalue,
        stats.ttest_1samp(difference, -0.5, alternative="greater").pvalue,
    )
    assert p < 0.05
    assert verdict(sweep(errors, ["x", "y"])).answer == "not yet"
    assert verdict(sweep(errors, ["x", "y"], smallest=0.5)).answer == "no"
    assert verdict(sweep(errors, ["x", "y"], smallest=0.02)).answer == "not yet"


def test_a_difference_that_is_real_and_too_small_to_matter_is_no():
    errors = noisy({"a": 5.0, "b": 5.5}, seeds=8)
    assert verdict(sweep(errors, ["x", "y"], smallest=0.2)).answer == "yes"
    assert verdict(sweep(errors, ["x", "y"], smallest=2.0)).answer == "no"


def test_intervals_of_several_comparisons_hold_together():
    errors = noisy({"a": 5.0, "b": 5.3, "c": 6.0, "d": 5.1}, seeds=4)
    found = verdict(sweep(errors, ["w", "x", "y", "z"], baseline="a"))
    study = Study(sweep(errors, ["w", "x", "y", "z"], baseline="a"))
    rows = study.table.set_index("point")
    assert found.together
    for one in found.compared:
        row = rows.loc[one.contrast.pairs[0].point]
        # Dunnett's, from its own integral
        assert (one.difference.low, one.difference.high) == pytest.approx(
            (row["diff_all_low"], row["diff_all_high"]), abs=0.004
        )
    assert found.answer == "yes"
    assert found.telling[0].contrast.value == "y"


def test_one_yes_makes_the_axis_yes_and_only_all_no_make_it_no():
    errors = noisy({"a": 5.0, "b": 5.0, "c": 5.02}, seeds=8, deviation=0.05)
    frame = sweep(errors, ["x", "y", "z"], baseline="a", smallest=0.3)
    assert [one.answer for one in verdict(frame).compared] == ["no", "no"]
    assert verdict(frame).answer == "no"
    apart = {**errors, "c": [error + 1 for error in errors["c"]]}
    assert verdict(sweep(apart, ["x", "y", "z"], baseline="a", smallest=0.3)).answer == "yes"
    wild = {**errors, "c": [error + 3 * (-1) ** i for i, error in enumerate(errors["c"])]}
    assert verdict(sweep(wild, ["x", "y", "z"], baseline="a", smallest=0.3)).answer == "not yet"


def test_more_seeds_are_asked_for_where_it_is_not_decided():
    errors = noisy({"a": 5.0, "b": 5.2}, seeds=3, deviation=0.5, rng=1)
    frame = sweep(errors, ["x", "y"], smallest=0.5)
    found = verdict(frame)
    assert found.answer == "not yet"
    assert found.seeds > 3
    assert more_runs(frame, found.seeds) == 2 * (found.seeds - 3)
    # a smaller difference takes more, in proportion to its square where seeds are many
    small, smaller = (verdict(sweep(errors, ["x", "y"], smallest=s)).seeds for s in (0.1, 0.05))
    assert smaller / small == pytest.approx(4, rel=0.1)


def test_so_many_seeds_do_decide_it_in_four_of_five_sweeps():
    rng = np.random.default_rng(5)
    start = noisy({"a": 5.0, "b": 5.0, "c": 5.0, "d": 5.0}, seeds=3, deviation=0.7, rng=2)
    needed = int(verdict(sweep(start, list("wxyz"), baseline="a", smallest=0.6)).seeds)
    seen = Study(sweep(start, list("wxyz"))).tuned.samples["a"].parts
    (pool,) = seen
    deviation = math.sqrt(float(pool.noise.typical))
    told = 0
    for _ in range(30):
        again = {name: 5 + 0.6 * (name == "b") + deviation * rng.standard_normal(needed) for name in "abcd"}
        found = verdict(sweep({name: list(x) for name, x in again.items()}, list("wxyz"), baseline="a"))
        told += found.compared[0].answer == "yes"
    assert 0.6 <= told / 30 <= 0.97


@pytest.mark.parametrize(
    ("errors", "n"),
    [
        ({"a": [5.0], "b": [6.0]}, 1),
        ({"a": [5.0, 5.0, 5.0], "b": [6.0, 6.0, 6.0]}, 3),
        ({"a": [5.0, 5.2, FAILED], "b": [FAILED, 6.0, 6.1]}, 1),
    ],
)
def test_without_an_interval_nothing_is_decided(errors, n):
    found = verdict(sweep(errors, ["x", "y"], smallest=0.5))
    assert found.answer == "not yet"
    assert [one.difference.n for one in found.compared] == [n]
    assert not math.isfinite(found.seeds) or found.seeds > n


def test_points_that_wait_or_guess_are_not_compared():
    waits = sweep({"a": [5.0, 5.1], "b": [MISSING, MISSING]}, ["x", "y"])
    assert verdict(waits).compared == ()
    guess = dataclasses.replace(sweep({"a": [90.0, 90.2], "b": [91.0, 90.5]}, ["x", "y"]), classes=10, judged_on=500)
    assert (verdict(guess).compared, verdict(guess).answer) == ((), "not yet")


def test_the_cheapest_within_noise_of_the_best():
    errors = noisy({"a": 6.0, "b": 5.0, "c": 5.02, "d": 5.01}, seeds=4, deviation=0.1, rng=3)
    study = Study(sweep(errors, list("wxyz"), flops=[1.0, 5.0, 3.0, 4.0]))
    means = {name: np.mean(numbers) for name, numbers in errors.items()}
    found = study.best
    assert found.point["point"] == min(means, key=means.get)
    assert (found.cheapest["point"], found.close, found.of) == ("c", 2, 4)
    one = Study(sweep({"a": [5.0], "b": [6.0]}, ["x", "y"])).best
    assert (one.point["point"], one.cheapest, one.close) == ("a", None, 0)
    alone = Study(sweep({"a": [5.0, 5.1]}, ["x"])).best
    assert (alone.cheapest["point"], alone.close) == ("a", 0)
    assert Study(sweep({"a": [FAILED]}, ["x"])).best is None


def test_pairs_whose_seeds_differ_are_not_averaged():
    """One seed is lost in each of two pairs: a mean over both would be over no seed, or over fewer."""
    errors = {"a": [5.0, MISSING], "b": [6.0, 6.5], "c": [7.0, 7.1], "d": [MISSING, 8.3]}
    axes = {"gate": {"a": "x", "b": "y", "c": "x", "d": "y"}, "width": {"a": 1, "b": 1, "c": 2, "d": 2}}
    frame = sweep_frame({point: [values] for point, values in errors.items()}, {}, axes)
    (one,) = verdict(dataclasses.replace(frame, main=("gate",))).compared
    assert (one.difference.n, one.difference.mean, len(one.contrast.pairs)) == (1, 1.0, 1)
