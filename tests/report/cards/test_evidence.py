import dataclasses
import math
from itertools import product

import pandas as pd
import pytest

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import evidence as evidence_card


def card(frame):
    (found,) = evidence_card.cards(Study(frame))
    return found


def one_rate(seeds):
    frame = quick(seeds)
    runs = frame.runs[frame.runs["optimizer.lr"] == 0.03].reset_index(drop=True)
    return dataclasses.replace(frame, runs=runs, nuisance={})


def test_three_seeds_cannot_reach_a_small_p():
    says = " ".join(card(quick()).says)
    assert "With 3 seeds no p-value can be below 0.250: 0.05 takes 6 seeds, and 9 if it is to hold for 9 points" in says
    assert "Holm" not in says


def test_ten_seeds_can_and_their_p_is_that_of_all_flips():
    frame = one_rate(10)
    shown = card(frame)
    errors = frame.runs.pivot(index="point", columns="seed", values="error")
    small = 0
    for row in shown.tables[0].rows:
        differences = (errors.loc[row[0].text] - errors.loc["static"]).to_numpy()
        flips = [abs((differences * signs).sum()) for signs in product((1, -1), repeat=10)]
        p = sum(flip >= abs(differences.sum()) - 1e-9 for flip in flips) / len(flips)
        assert row[2].sort == pytest.approx(p)
        assert row[2].text == (f"{p:.3f}" if p >= 0.001 else "< 0.001")
        small += row[3].sort <= 0.05
    assert small > 1
    assert any(f"Corrected for their number (Holm), {small} of 9 points have p ≤ 0.05" in s for s in shown.says)


def test_many_points_are_cut():
    frame = one_rate(3)
    runs = frame.runs
    copies = [runs[runs["point"] == "se"].assign(point=f"se {i}") for i in range(evidence_card.MOST + 5)]
    shown = card(dataclasses.replace(frame, runs=pd.concat([runs, *copies])))
    assert len(shown.tables[0].rows) == evidence_card.MOST
    assert "points.csv has all" in shown.notes[-1]


def test_what_it_waits_for():
    frame = quick()
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(baseline=""))).waits
    assert card(quick(seeds=1)).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))).waits


def test_equal_differences_have_no_seeds_to_count():
    frame = one_rate(3)
    shown = card(dataclasses.replace(frame, runs=frame.runs.assign(error=5.0)))
    assert {row[4].text for row in shown.tables[0].rows} == {"–"}
    assert {row[2].text for row in shown.tables[0].rows} == {"1.000"}
