"""What was asked is answered: yes, no or not yet, and with what would decide it."""

import dataclasses
import re

from report.cards.test_finding import asked, by_lambda, plain, says
from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import finding


def test_the_answer_is_yes_no_or_not_yet():
    yes, *_ = says(asked(by_lambda(quick(), 2.0), "lambda"))
    assert yes == (
        "Does λ matter? Yes. λ = 8 vs 1: −6.00 points [−6.19, −5.81], less error (mean over G = 1 and 2, 3 seeds)."
    )
    small = by_lambda(quick(), 0.02)
    assert says(asked(small, "lambda"))[0].startswith("Does λ matter? Not yet decided. λ = 8 vs 1: −0.06 points [")
    no = says(asked(small, "lambda", smallest=0.5))
    assert re.match(
        r"Does λ matter\? No\. λ = 8 vs 1: −0\.06 points \[−0\.2\d, 0\.1\d\], too small to matter \(", no[0]
    )
    assert "Every question is decided." in no
    yes_and_small = says(asked(by_lambda(quick(), 0.2), "lambda", smallest=2.0))
    assert "too small to matter" in yes_and_small[0]


def test_a_hypothesis_stands_on_the_page():
    frame = dataclasses.replace(quick(), hypothesis="lambda = 8 has less error than lambda = 1")
    assert "What was expected: lambda = 8 has less error than lambda = 1" in says(frame)


def test_families_are_answered_for_at_equal_cost():
    frame = by_lambda(quick(), 2.0)
    (verdict,) = Study(frame).verdicts
    sentence = plain([finding.verdict_sentence(verdict)])[0]
    assert sentence.startswith("Does the family matter? Yes. weightnet vs static: −3.00 points [")
    assert "; se vs static: 0.00 points [" in sentence
    table = finding.comparisons([verdict])
    assert [row[0].text for row in table.rows] == ["weightnet vs static", "se vs static"]
    assert [row[2].text for row in table.rows] == ["yes", "not yet"]
    # every family costs as much here, so that all eight points of weightnet count
    ratios = (
        frame.runs.groupby("point")["flops"].first() / frame.runs.loc[frame.runs["point"] == "static", "flops"].max()
    )
    wide = ratios[ratios.index.str.startswith("weightnet")]
    assert table.rows[0][4].text == f"mean over 8 pairs, {wide.min():.2f} to {wide.max():.2f} × the FLOPs"


def test_what_is_not_decided_comes_with_the_command_that_would_decide_it():
    frame = asked(by_lambda(quick(), 0.3, (0.0, 0.5, -0.5)), "lambda", "family")
    last = says(frame)[3]
    found = re.match(r"Not decided: (.*) \((\d+) seeds would decide it in 4 of 5 sweeps, (\d+) more runs\)", last)
    seeds, runs = int(found.group(2)), int(found.group(3))
    assert runs == 30 * (seeds - 3)
    assert last.endswith(f"wn-sweep run quick --seeds {seeds}")
    other = dataclasses.replace(frame, name="mine")
    assert says(other)[3].endswith(f"wn-sweep run SPACE --seeds {seeds}")
    runs = frame.runs.assign(status=frame.runs["status"].mask(frame.runs.index == 5, "missing"))
    waits = dataclasses.replace(frame, runs=runs.assign(error=runs["error"].mask(runs["status"] == "missing")))
    assert any("1 run is not in yet: wn-sweep run quick" in sentence for sentence in says(waits))


def test_differences_too_small_for_any_number_of_seeds_want_a_smallest_one():
    frame = quick()
    flat = by_lambda(frame, 0.001, (0.0, 0.5, -0.5))
    last = next(sentence for sentence in says(asked(flat, "lambda")) if sentence.startswith("Not decided"))
    found = re.search(
        r"If less than (\S+) points does not matter, write smallest: (\S+) in space.yaml, and 6 seeds", last
    )
    size = float(found.group(2))
    # with that said the number of seeds is at most a few more than twice those at hand
    (verdict,) = Study(asked(flat, "lambda", smallest=size)).verdicts
    assert verdict.answer == "no" or verdict.seeds <= 7


def test_comparisons_over_different_numbers_of_seeds_are_told_so():
    frame = quick()
    lost = (frame.runs["point"] == "se") & (frame.runs["seed"] == 2)
    runs = frame.runs.assign(status=frame.runs["status"].mask(lost, "missing"), error=frame.runs["error"].mask(lost))
    said = says(asked(dataclasses.replace(frame, runs=runs), "family"))[0]
    assert "2 to 3 seeds)" in said
