import dataclasses
import re

import pytest

from sweep.analysis.study import Study
from sweep.report import headline

from .frames import quick


def says(frame):
    (card,) = headline.cards(Study(frame))
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in card.says]


def by_lambda(frame, fall, noise=(0.0, 0.1, -0.1)):
    """Let error fall by so many points a doubling of lambda, at every setting alike, with given noise by seed."""
    runs = frame.runs
    doublings = runs["lambda"].map({1: 0, 2: 1, 4: 2, 8: 3}).fillna(0)
    wobble = runs["seed"].map(dict(enumerate(noise))) * doublings
    # One setting is best for all points, so that none is chosen by a tie.
    rate = runs["optimizer.lr"].map({0.01: 2.0, 0.03: 0.0, 0.09: 1.0})
    return dataclasses.replace(frame, runs=runs.assign(error=20 - fall * doublings + wobble + rate))


def test_a_clear_fall_is_said_with_interval_and_n():
    first = says(by_lambda(quick(), 2.0))[0]
    assert first.startswith("With the learning rate tuned for each point, error falls by 6.00 points [5.25, 6.75] from")
    assert "3 seeds, paired" in first


def test_a_clear_rise_is_a_rise():
    assert "error rises by 6.00 points [5.25, 6.75] from" in says(by_lambda(quick(), -2.0))[0]


def test_an_interval_with_zero_shows_no_difference():
    first, naive, *_ = says(by_lambda(quick(), 0.05, (0.0, 0.5, -0.5)))
    assert "the data do not show a difference from" in first.lower()
    assert "would have read as no difference that the data show: " in naive
    assert "a fall of" not in naive


def test_one_seed_has_no_interval():
    sentences = says(quick(seeds=1))
    assert re.search(r"falls by [\d.]+ points \(no interval\) from .* 1 seed\)", sentences[0])
    assert any("there is one seed to choose the learning rate on" in sentence for sentence in sentences)


def test_the_naive_curve_is_said_beside_the_tuned_one():
    naive = says(quick())[1]
    assert naive.startswith("At one learning rate for all points, the same step would have read as a fall of ")
    assert [part in naive for part in ("at 0.01", "at 0.03", "at 0.09")] == [True] * 3


def test_points_against_the_baseline_are_counted():
    text = " ".join(says(by_lambda(quick(), 2.0)))
    assert "Of 9 points compared with a baseline by seed, 6 are better and none is worse" in text
    assert "for 3 the data do not show a difference" in text  # se and lambda = 1: equal at every seed


def test_the_best_point_is_not_sold_as_better():
    frame = quick()
    flat = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs.index % 7 + 3.0))
    best = next(sentence for sentence in says(flat) if sentence.startswith("Lowest mean error"))
    assert "a little flattered" in best


@pytest.mark.parametrize(("status", "said"), [("missing", "are not in yet"), ("diverged", "by diverging")])
def test_what_is_lacking_is_said(status, said):
    frame = quick()
    runs = frame.runs.copy()
    runs.loc[80:, "status"] = status
    runs.loc[80:, "error"] = float("nan")
    assert any(said in sentence for sentence in says(dataclasses.replace(frame, runs=runs)))


def test_a_line_speaks_where_another_waits():
    frame = by_lambda(quick(), 2.0)
    waits = frame.runs["point"] == "weightnet M=16 G=2"
    runs = frame.runs.assign(status=frame.runs["status"].mask(waits, "missing"), error=frame.runs["error"].mask(waits))
    first = says(dataclasses.replace(frame, runs=runs))[0]
    assert "error falls by 6.00 points [5.25, 6.75] from λ = 1 to 8 (G = 1, 3 seeds, paired)." in first


def test_what_tuning_took_away_is_told_with_its_interval():
    study = Study(quick())
    text = headline.taken_sentence(study.curves[0], ["optimizer.lr"]).replace("\N{NO-BREAK SPACE}", " ")
    assert re.match(r"Tuning took away 7\.78 points \[7\.35, 8\.21\] of the 9\.25 at 0\.01", text)
    assert text.endswith("of the 1.39 at 0.09, the data do not show that tuning changed it.")
