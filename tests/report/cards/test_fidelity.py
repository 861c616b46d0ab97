import dataclasses
import math

import numpy as np
from scipy import stats

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import fidelity as fidelity_card

#: results/paper/imagenet.csv at 0.5x: error of the points that the made-up sweep has too
PAPER = {
    "static": 39.7,
    "se": 37.5,
    "weightnet M=1 G=1": 37.2,
    "weightnet M=2 G=1": 35.7,
    "weightnet M=2 G=2": 36.7,
    "weightnet M=4 G=1": 34.4,
    "weightnet M=8 G=1": 34.0,
}


def card(frame):
    (found,) = fidelity_card.cards(Study(frame))
    return found


def test_the_sentence_holds_scipys_tau_and_the_regret():
    frame = quick()
    shown, rows = card(frame), Study(frame).table.set_index("point")
    here = rows.loc[list(PAPER), "mean"]
    # no two of these errors are within their tolerances of one another, so that the plain tau is the truth
    tau = stats.kendalltau(here, list(PAPER.values())).statistic
    said = f"the rankings agree by a Kendall τ-b of {words.number(tau, 2)} and"
    assert shown.says[0].startswith(f"On the 7 points that ImageNet, 0.5x has too, {said}")
    best = here.idxmin()
    regret = PAPER[best] - min(PAPER.values())
    assert (f"costs {regret:.2f} points" if regret else "is the best of them") in shown.says[1]
    assert shown.picture.data.set_index("point")["reference"].to_dict() == PAPER


def test_marks_stand_where_both_errors_are():
    frame = quick()
    (ax,) = card(frame).picture.figure.axes
    rows = Study(frame).table.set_index("point")
    marks = {(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() != "None"}
    assert marks == {(rows.loc[point, "mean"], error) for point, error in PAPER.items()}


def test_wrong_pairs_are_listed():
    frame = quick()
    order = {point: 50 - error for point, error in PAPER.items()}  # the very reverse
    runs = frame.runs[frame.runs["point"].isin(PAPER)]
    wobble = np.random.default_rng(1).normal(0, 0.01, len(runs))
    shown = card(dataclasses.replace(frame, runs=runs.assign(error=runs["point"].map(order) + wobble)))
    assert "Kendall τ-b of −1.00" in shown.says[0]
    assert len(shown.tables[0].rows) == fidelity_card.MOST
    assert "the first 12 of 21" in shown.tables[0].caption
    assert all(row[2].sort < 0 < row[3].sort for row in shown.tables[0].rows)
    assert "costs 5.70 points" in shown.says[1]


def test_what_it_waits_for():
    frame = quick()
    few = frame.runs["point"].isin(["static", "se", "weightnet M=16 G=2"])
    assert card(dataclasses.replace(frame, runs=frame.runs[few])).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))).waits
    assert not card(quick(seeds=1)).waits
