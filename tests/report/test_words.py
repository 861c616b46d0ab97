import math

import pytest

from sweep.analysis.estimates import Estimate, estimate
from sweep.report import words


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (8, "8"),
        (8.0, "8"),
        (0.25, "0.25"),
        (1 / 48, "1/48"),
        (2 / 3, "2/3"),
        (3e-4, "0.0003"),
        (1e-5, "1e-05"),
        (-2.5, "−2.5"),
        (math.nan, ""),
        (None, ""),
        ("sgd", "sgd"),
        (True, "True"),
    ],
)
def test_value(cell, text):
    assert words.value(cell) == text


def test_numbers():
    assert words.number(-0.001) == "0.00"
    assert words.number(-1.005, 1) == "−1.0"
    assert words.number(math.inf) == "–"
    assert words.signed(0.3) == "+0.30"
    assert words.signed(0.001) == "0.00"
    assert words.count(1367024).replace("\N{NARROW NO-BREAK SPACE}", " ") == "1 367 024"
    assert words.count(math.nan) == "–"


def test_intervals():
    assert words.interval(Estimate(3, 0.25, 1, -0.5, 1)) == " [−0.50,\N{NO-BREAK SPACE}1.00]"
    assert words.interval(estimate([1.0])) == " (no interval: one seed)"
    assert words.interval(estimate([1.0, 1.0])) == " (no interval: equal at every seed)"
    assert words.points_of_error(Estimate(3, 1.0, 1, 0.5, 1.5)) == "1.00 points [0.50,\N{NO-BREAK SPACE}1.50]"


def test_sentences():
    assert words.several(["a"]) == "a"
    assert words.several(["a", "b", "c"]) == "a, b and c"
    assert words.plural(1, "seed") == "1 seed"
    assert words.setting(["optimizer.lr", "x.y"], (0.01, 2)) == "learning rate 0.01, x.y 2"
    assert len(words.shorten("x" * 300, 20)) == 20


def test_intervals_of_errors_hold_no_number_beyond_what_is_possible():
    plain = {
        (54.0, 49.0): " (two seeds give no useful interval)",
        (54.0, 49.0, 52.0): " [45.42, 57.92]",
        (2.0, 0.5, 1.0): " [< 0, 3.06]",
        (99.0, 60.0, 80.0): " [31.22, > 100]",
        (99.0, 1.0, 50.0): " [< 0, > 100]",
        (5.0,): " (no interval: one seed)",
        (5.0, 5.0): " (no interval: equal at every seed)",
    }
    for errors, text in plain.items():
        assert words.error_interval(estimate(errors)).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_verdict_has_a_direction_only_where_the_interval_excludes_zero():
    said = {
        (-1.0, -1.2, -1.1): "a has less error than b by 1.10 points [0.85, 1.35]",
        (1.0, 1.2, 1.1): "a has more error than b by 1.10 points [0.85, 1.35]",
        (-1.0, 1.2, 1.1): "a vs b: +0.43 points [−2.65, 3.52], inconclusive",
        (1.25, 1.25): "a and b differ by 1.25 points, equal at every seed, which gives no interval",
        (-1.25,): "a and b differ by 1.25 points at one seed, which gives no interval",
        (0.0, 0.0): "a and b have the same error at every seed",
    }
    for values, text in said.items():
        assert words.verdict("a", "b", estimate(values)).replace("\N{NO-BREAK SPACE}", " ") == text
