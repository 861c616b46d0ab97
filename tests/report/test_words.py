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
