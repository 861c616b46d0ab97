"""Which comparisons `main` makes: against what a person would list by hand."""

import dataclasses
import math

import pytest
from report.frames import quick

from analysis.frames import sweep_frame
from sweep.analysis.question import contrasts, main_axes, questions


def sweep(axes, baseline="", flops=None, main=()):
    """A sweep of points named by number, with these values of axes; `flops` by point."""
    count = len(next(iter(axes.values())))
    names = [str(i) for i in range(count)]
    frame = sweep_frame(
        {name: [[1.0, 2.0]] for name in names},
        axes={axis: dict(zip(names, values, strict=True)) for axis, values in axes.items()},
        baseline=dict.fromkeys(names, baseline),
        costs={name: (1.0, cost) for name, cost in zip(names, flops or [1.0] * count, strict=True)},
    )
    return dataclasses.replace(frame, main=main)


def pairs(frame):
    return [(c.value, c.other, sorted((p.point, p.other) for p in c.pairs)) for c in contrasts(frame)]


NAN = math.nan


@pytest.mark.parametrize(
    ("axes", "main"),
    [
        ({"family": ["a", "b"], "lambda": [1.0, 2.0]}, "family"),
        ({"family": ["a", "a"], "lambda": [1.0, 2.0]}, "lambda"),
        ({"family": ["a", "a"], "network.gate": ["x", "y"], "lambda": [1.0, 2.0]}, "network.gate"),
        ({"width": [1.0, 1.0], "depth": [1.0, 2.0], "lambda": [1.0, NAN]}, "depth"),
        ({"width": [1.0, 2.0], "depth": [1.0, 2.0], "lambda": [1.0, 2.0]}, "lambda"),
        ({"bias": [True, False], "depth": [1.0, 2.0]}, "bias"),
    ],
)
def test_without_main_it_is_families_then_words_then_lambda_then_the_first(axes, main):
    assert main_axes(sweep(axes)) == (main,)


def test_nothing_varies():
    assert main_axes(sweep({"family": ["a", "a"]})) == ()
    assert contrasts(sweep({"family": ["a", "a"]})) == ()


def test_main_names_axes_of_ours_and_of_a_network_of_ones_own():
    axes = {"family": ["a", "b"], "network.gate": ["x", "y"], "lambda": [1.0, 2.0]}
    assert main_axes(sweep(axes, main=("gate", "lambda"))) == ("network.gate", "lambda")


def test_lambda_is_asked_about_at_its_ends_for_each_g():
    frame = dataclasses.replace(quick(), main=("lambda",))
    (one,) = contrasts(frame)
    assert (one.value, one.other) == (8.0, 1.0)
    assert [(p.point, p.other, p.shared["G"]) for p in one.pairs] == [
        ("weightnet M=8 G=1", "weightnet M=1 G=1", 1.0),
        ("weightnet M=16 G=2", "weightnet M=2 G=2", 2.0),
    ]
    assert one.weights == {
        "weightnet M=8 G=1": 0.5,
        "weightnet M=1 G=1": -0.5,
        "weightnet M=16 G=2": 0.5,
        "weightnet M=2 G=2": -0.5,
    }


def test_g_is_asked_about_at_equal_lambda():
    (one,) = contrasts(dataclasses.replace(quick(), main=("G",)))
    assert [(p.point, p.other) for p in one.pairs][:2] == [
        ("weightnet M=2 G=2", "weightnet M=1 G=1"),
        ("weightnet M=4 G=2", "weightnet M=2 G=1"),
    ]
    assert len(one.pairs) == 4


def test_families_are_compared_at_equal_cost():
    frame = sweep(
        {"family": ["static", "static", "sk", "sk", "sk"], "width": [1.0, 2.0, 1.0, 2.0, 4.0]},
        flops=[100.0, 200.0, 190.0, 260.0, 900.0],
    )
    # sk of width 1 costs what static of width 2 does; sk of width 4 is like nothing
    assert pairs(frame) == [("static", "sk", [("1", "2")])]
    turned = sweep({"family": ["static", "sk", "sk"]}, baseline="0", flops=[100.0, 300.0, 200.0])
    assert pairs(turned) == [("sk", "static", [("2", "0")])]
    assert contrasts(turned)[0].pairs[0].flops == 2.0


def test_at_equal_cost_equal_rest_is_preferred():
    frame = sweep(
        {"family": ["static", "static", "se", "se"], "width": [1.0, 2.0, 1.0, 2.0]},
        baseline="0",
        flops=[100.0, 110.0, 108.0, 118.0],
    )
    assert pairs(frame) == [("se", "static", [("2", "0"), ("3", "1")])]


def test_words_are_compared_each_with_each_or_with_the_baseline():
    axes = {"gate": ["x", "y", "z"] * 2, "depth": [1.0] * 3 + [2.0] * 3}
    assert pairs(sweep(axes)) == [
        ("y", "x", [("1", "0"), ("4", "3")]),
        ("z", "x", [("2", "0"), ("5", "3")]),
        ("z", "y", [("2", "1"), ("5", "4")]),
    ]
    assert pairs(sweep(axes, baseline="1")) == [
        ("x", "y", [("0", "1"), ("3", "4")]),
        ("z", "y", [("2", "1"), ("5", "4")]),
    ]
    (question,) = questions(sweep(axes, baseline="1"))
    assert (question.against, question.ordered, question.values) == ("y", False, ("x", "y", "z"))


def test_many_words_are_compared_with_the_first():
    found = pairs(sweep({"gate": list("abcdefg")}))
    assert [(one, two) for one, two, _ in found] == [(word, "a") for word in "bcdefg"]


def test_where_the_ends_meet_nowhere_the_widest_values_that_meet_are_asked_about():
    frame = sweep({"depth": [1.0, 2.0, 4.0], "width": [1.0, 2.0, 2.0]}, main=("depth",))
    assert pairs(frame) == [(4.0, 2.0, [("2", "1")])]


def test_costs_that_nobody_knows_are_no_reason_to_fail():
    frame = sweep({"family": ["a", "b"]}, flops=[NAN, 0.0])
    assert pairs(frame) == [("b", "a", [("1", "0")])]
    assert math.isnan(contrasts(frame)[0].pairs[0].flops)


def test_thousands_of_points_take_no_time():
    import time

    count = 5000
    frame = sweep(
        {"family": ["a", "b"] * (count // 2), "width": [float(i) for i in range(count)]},
        flops=[float(1 + i) for i in range(count)],
        main=("family", "width"),
    )
    contrasts(dataclasses.replace(frame))  # lists of points are kept by frame, so that only this is timed next
    started = time.perf_counter()
    assert contrasts(dataclasses.replace(frame))
    assert time.perf_counter() - started < 3
