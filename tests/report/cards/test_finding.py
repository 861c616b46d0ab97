import dataclasses
import math
import re

import pandas as pd
import pytest
from analysis.frames import sweep_frame

from report.frames import quick
from sweep.analysis.estimates import estimate
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import curves as curve_cards
from sweep.report.cards import curves_sentences as differences
from sweep.report.cards import evidence as evidence_card
from sweep.report.cards import finding
from sweep.report.cards import isolation as isolation_card
from sweep.report.cards import nuisance as nuisance_card
from sweep.report.cards import plane as plane_card
from sweep.report.cards.card import build
from sweep.report.page.contents import CONTENTS


def plain(sentences):
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in sentences if sentence]


def says(frame):
    """The finding, and what to keep in mind with it."""
    return plain(sentence for card in finding.cards(Study(frame)) for sentence in card.says)


def along_lambda(frame):
    """What the card of error against lambda can say, the tuned difference first."""
    study = Study(frame)
    curves, names = study.curves[0], list(frame.nuisance)
    first = differences.tuned_sentence(curves, names, len(study.curves))
    return plain([first, differences.shared_sentence(curves, names)])


def asked(frame, *main, smallest=math.nan):
    return dataclasses.replace(frame, main=main, smallest=smallest)


def by_lambda(frame, fall, noise=(0.0, 0.1, -0.1)):
    """Let error fall by so many points a doubling of lambda, at every setting alike, with given noise by seed."""
    runs = frame.runs
    doublings = runs["lambda"].map({1: 0, 2: 1, 4: 2, 8: 3}).fillna(0)
    wobble = runs["seed"].map(dict(enumerate(noise))) * doublings
    # One setting is best for all points, so that none is chosen by a tie.
    rate = runs["optimizer.lr"].map({0.01: 2.0, 0.03: 0.0, 0.09: 1.0})
    return dataclasses.replace(frame, runs=runs.assign(error=20 - fall * doublings + wobble + rate))


def test_a_clear_fall_is_said_with_interval_and_n():
    first = along_lambda(by_lambda(quick(), 2.0))[0]
    assert first.startswith(
        "With the learning rate tuned for each point, λ = 8 has less error than λ = 1 by 6.00 points [5.81, 6.19] ("
    )
    assert "3 seeds, paired" in first


def test_a_clear_rise_is_a_rise():
    first, naive = along_lambda(by_lambda(quick(), -2.0))
    assert "λ = 8 has more error than λ = 1 by 6.00 points [5.81, 6.19] (" in first
    assert "the gain of λ = 8 over λ = 1 reads −6.00 points [−6.19, −5.81] at 0.01" in naive


def test_an_interval_with_zero_shows_no_difference():
    first, naive = along_lambda(by_lambda(quick(), 0.05, (0.0, 0.5, -0.5)))
    assert "λ = 8 vs λ = 1: −0.15 points [−1.10, 0.80], inconclusive (" in first
    assert "+0.15 points [−0.80, 1.10] at 0.01" in naive


def test_one_seed_has_no_interval():
    no_direction = r"λ = 8 and λ = 1 differ by [\d.]+ points at one seed, which gives no interval \(.* 1 seed\)"
    assert re.search(no_direction, along_lambda(quick(seeds=1))[0])
    sentences = says(asked(quick(seeds=1), "lambda"))
    assert re.match(
        r"Does λ matter\? Not yet decided\. λ = 8 vs 1: −[\d.]+ points \(no interval: one seed\)", sentences[0]
    )
    assert "One seed says nothing of noise." in sentences[1]
    assert sentences[2] == "Not decided: λ. One seed has no interval: wn-sweep run quick --seeds 3"
    assert any("the learning rate was chosen and judged on the same single seed" in sentence for sentence in sentences)


def test_the_naive_curve_is_said_beside_the_tuned_one():
    naive = along_lambda(quick())[1]
    assert naive.startswith("With one learning rate for all points, the gain of λ = 8 over λ = 1 reads +9.25 points [")
    assert [part in naive for part in ("at 0.01", "at 0.03", "at 0.09")] == [True] * 3


def test_points_against_the_baseline_are_counted():
    (card,) = evidence_card.cards(Study(by_lambda(quick(), 2.0)))
    text = " ".join(card.says)
    assert (
        "Of 9 points compared with static by seed, 6 have less error and none has more by intervals that exclude zero "
        "together; for 3 the data do not show a difference."  # se and lambda = 1
    ) in text


def test_the_best_point_is_not_sold_as_better():
    frame = quick()
    flat = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs.index % 7 + 3.0))
    best = next(sentence for sentence in says(flat) if sentence.startswith("Best: "))
    table = Study(flat).table.set_index("point")
    lowest = table.sort_values("mean").iloc[0]
    assert lowest["shrunk"] > lowest["mean"] + 0.2
    assert best.startswith(f"Best: {lowest.name}, {lowest['mean']:.2f} ± ")
    assert f"; shrunk toward the others {lowest['shrunk']:.2f} % [" in best
    assert "Cheapest within noise of it: static, at " in best


@pytest.mark.parametrize(
    "errors", [([90.0, 60.0], [95.0, 99.0]), ([99.0, 70.0], [99.0, 98.0]), ([0.5, 3.0], [1.0, 9.0])]
)
def test_no_error_of_the_best_point_is_impossible(errors):
    """Of two points with two seeds draws lie anywhere."""
    first, second = errors
    frame = sweep_frame({"a": [[*first]], "b": [[*second]]}, baseline={"b": "a"})
    row = Study(frame).best.point
    assert row["shrunk_low"] < 0 or row["shrunk_high"] > 100
    best = next(sentence for sentence in says(frame) if sentence.startswith("Best: "))
    numbers = [float(text) for text in re.findall(r"[-\N{MINUS SIGN}]?\d+\.\d+", best.replace("\N{MINUS SIGN}", "-"))]
    assert numbers
    assert all(0 <= number <= 100 for number in numbers), best


@pytest.mark.parametrize(("status", "said"), [("missing", "are not in yet"), ("diverged", "10 runs diverged")])
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
    first = along_lambda(dataclasses.replace(frame, runs=runs))[0]
    assert "λ = 8 has less error than λ = 1 by 6.00 points [5.68, 6.32] (G = 1; 3 seeds, paired)." in first


def test_a_point_that_waits_for_a_setting_is_left_out():
    frame = by_lambda(quick(), 2.0)
    waits = (frame.runs["point"] == "weightnet M=16 G=2") & (frame.runs["optimizer.lr"] == 0.09)
    runs = frame.runs.assign(status=frame.runs["status"].mask(waits, "missing"), error=frame.runs["error"].mask(waits))
    study = Study(dataclasses.replace(frame, runs=runs))
    row = study.table.set_index("point").loc["weightnet M=16 G=2"]
    assert (row["n"], row["settled"], row["diff_n"], row["front_flops"]) == (3, False, 0, False)
    assert "(G = 1; 3 seeds, paired)." in along_lambda(study.frame)[0]
    (card,) = evidence_card.cards(study)
    assert "Of 8 points compared with static" in card.says[0]
    text = says(asked(study.frame, "lambda"))
    # of two pairs of points the one that is whole
    assert text[0].startswith("Does λ matter? Yes. λ = 8 vs 1: −6.00 points [")
    assert text[0].endswith("less error (3 seeds).")
    assert not any("Best: weightnet M=16 G=2" in sentence for sentence in text)
    assert "1 point is left out of comparisons: not all settings are in yet." in text


def test_a_best_setting_at_an_edge_is_said():
    frame = quick()
    edged = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs["optimizer.lr"] * 10 + 5))
    assert any("10 of 10 points have the best learning rate at the edge" in sentence for sentence in says(edged))


def test_of_several_curves_the_headline_names_the_one_it_speaks_of():
    frame = quick()
    runs = pd.concat([frame.runs.assign(width=w, point=frame.runs["point"] + f" width={w}") for w in (0.25, 0.5)])
    both = dataclasses.replace(frame, axes=(*frame.axes, "width"), runs=runs.assign(baseline=""))
    assert "(width = 0.25, the first of 2 curves; mean over G = 1 and 2; 3 seeds, paired)" in along_lambda(both)[0]


def test_a_single_line_that_differs_is_named_where_the_mean_does_not():
    frame = quick()
    runs = by_lambda(frame, 2.0).runs
    wild = (runs["G"] == 1) & (runs["lambda"] == 8)
    error = runs["error"].mask(wild, 20 + runs["seed"].map({0: 9.0, 1: -9.0, 2: 0.0}))
    curves = Study(dataclasses.replace(frame, runs=runs.assign(error=error))).curves[0]
    text = differences.lines_sentence(curves).replace("\N{NO-BREAK SPACE}", " ")
    assert text == (
        "Of single lines, each by itself, these show a difference: G = 2 (λ = 8 vs 1: −6.00 points [−6.33, −5.67])."
    )


def test_what_tuning_took_away_is_told_with_its_interval():
    study = Study(quick())
    clear, unclear = differences.taken_sentences(study.curves[0], ["optimizer.lr"])
    first = clear[0].replace("\N{NO-BREAK SPACE}", " ")
    assert first == "Of the gain of +9.25 at 0.01, tuning took away 7.78 points [7.02, 8.54]."
    assert unclear.replace("\N{NO-BREAK SPACE}", " ") == (
        "The data do not show that tuning changed the gain of λ = 8 that one learning rate for all shows "
        "(+1.39 at 0.09)."
    )


def texts(frame):
    """All sentences and cells of the cards that speak of differences."""
    study = Study(frame)
    builders = (finding, isolation_card, plane_card, nuisance_card, evidence_card)
    cards = [card for builder in builders for card in builder.cards(study)]
    cards += [*curve_cards.main_axis(study), *curve_cards.second_axis(study)]
    return [sentence for card in cards for sentence in card.says]


@pytest.mark.parametrize("case", ["one seed", "equal at every seed", "two that guess", "all the same"])
def test_no_direction_is_said_without_an_interval(case):
    frame = quick(seeds=1) if case == "one seed" else quick()
    if case == "equal at every seed":
        frame = by_lambda(frame, 1.0, (0.0, 0.0, 0.0))
    if case == "all the same":
        frame = dataclasses.replace(frame, runs=frame.runs.assign(error=20.0))
    if case == "two that guess":
        frame = dataclasses.replace(frame, runs=frame.runs.assign(error=90.0), classes=10, judged_on=500)
    for sentence in texts(frame):
        assert not re.search(r"\b(less|more) error\b|\bgain of [+−]|took away [+−\d]|falls (more|less)", sentence)
        assert not re.search(r"(less|more|gain|took|added).* 0\.00 points", sentence)


def test_points_at_chance_are_counted_first_and_not_ranked():
    frame = quick()
    guess = frame.runs["family"].isin(["static", "se"]) | (frame.runs["lambda"] == 1)
    runs = frame.runs.assign(error=frame.runs["error"].mask(guess, 90.0 + frame.runs["seed"] / 10))
    sentences = says(dataclasses.replace(frame, runs=runs, classes=10, judged_on=500))
    assert sentences[0] == "4 of 10 points are at chance (90 %) and not ranked: train longer."
    assert any(sentence.startswith("Best: weightnet") for sentence in sentences)
    all_guess = says(dataclasses.replace(frame, runs=runs.assign(error=90.0), classes=10, judged_on=500))
    assert all_guess[0] == "10 of 10 points are at chance (90 %) and not ranked: train longer."
    assert not any("Best" in sentence or "interval that excludes" in sentence for sentence in all_guess)


def test_a_small_difference_that_is_clear_is_never_nought():
    found = estimate([0.0012, 0.0013, 0.0011])
    text = words.verdict("a", "b", found).replace("\N{NO-BREAK SPACE}", " ")
    assert text == "a has more error than b by 0.0012 points [0.0010, 0.0014]"


def test_runs_of_several_builds_are_told():
    frame = quick()
    assert not any("builds of torch" in sentence for sentence in says(frame))
    versions = {**frame.versions, "torch": "2.13.0+cpu, 2.13.0+cu126", "machine": "Linux x86_64"}
    mixed = [s for s in says(dataclasses.replace(frame, versions=versions)) if "builds of torch" in s]
    assert mixed == [
        "Runs were computed with different builds of torch (2.13.0+cpu, 2.13.0+cu126): part of a difference between "
        "points may come from that."
    ]


def test_no_sentence_of_the_page_stands_twice():
    runs = quick().runs
    at_the_edge = runs.assign(error=runs["error"].mask(runs["point"] == "weightnet M=16 G=2", 0.1))
    study = Study(asked(dataclasses.replace(quick(), runs=at_the_edge), "lambda", "family"))
    said = [sentence for card in build(study, CONTENTS) for sentence in card.says]
    assert sorted(sentence for sentence in set(said) if said.count(sentence) > 1) == []
