import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest

from report.frames import ERRORS, RATES, quick
from sweep.analysis.naive import Share
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import finding
from sweep.report.cards import nuisance as nuisance_card
from sweep.report.cards import rate as rate_card
from tests.analysis.frames import sweep_frame


def card(frame):
    (found,) = nuisance_card.cards(Study(frame))
    return found


def runs_at(frame, rate):
    runs = frame.runs[frame.runs["optimizer.lr"] == rate]
    return runs.pivot(index="point", columns="seed", values="error")


def test_the_naive_difference_is_that_at_the_baselines_best_setting():
    frame = quick()
    shown = card(frame)
    naive = runs_at(frame, 0.03)
    cells = {row[0].text: row for row in shown.tables[0].rows}
    assert shown.tables[0].columns[1].title == "shared, 0.03 for all"
    assert set(cells) == set(ERRORS) - {"static"}
    for point, row in cells.items():
        difference = naive.loc[point] - naive.loc["static"]
        assert row[1].text.startswith(words.signed(difference.mean()))
        assert row[1].sort == pytest.approx(difference.mean())
        assert row[3].sort == pytest.approx(row[1].sort - row[2].sort)


def test_the_figure_has_a_row_for_each_point_with_both_differences():
    shown = card(quick())
    (ax,) = shown.picture.figure.axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    cells = shown.tables[0].rows
    assert [line.get_xdata()[0] for line in dots] == pytest.approx([c.sort for row in cells for c in (row[1], row[2])])
    assert [label.get_text() for label in ax.get_yticklabels()] == [row[0].text for row in cells]


def test_the_data_hold_every_point_at_every_setting():
    data = card(quick()).picture.data
    assert len(data) == 3 * 9
    assert data.loc[data["usual"], "optimizer.lr"].unique().tolist() == [0.03]


def test_the_headline_says_which_share_of_the_axis_effect_is_gone():
    _, lead = finding.cards(Study(quick()))
    (says,) = [sentence for sentence in lead.says if sentence.startswith("So, of the effect of λ")]
    frame = quick()
    by_rate = {rate: runs_at(frame, rate) for rate in RATES}

    def spread(errors):
        low = (errors.loc["weightnet M=1 G=1"] + errors.loc["weightnet M=2 G=2"]) / 2
        return (low - (errors.loc["weightnet M=8 G=1"] + errors.loc["weightnet M=16 G=2"]) / 2).mean()

    tuned = Study(frame).tuned.rows.pivot(index="point", columns="seed", values="error")
    for rate in (0.01, 0.03):
        gone = 1 - spread(tuned) / spread(by_rate[rate])
        assert f"{100 * gone:.0f} % [" in says


def test_many_points_are_cut_in_the_figure_and_kept_in_the_data():
    frame = quick()
    more = [frame.runs]
    for i in range(30):
        one = frame.runs[frame.runs["point"] == "weightnet M=1 G=1"]
        more.append(one.assign(point=f"copy {i}", error=one["error"] + i * (one["optimizer.lr"] == 0.03)))
    shown = card(dataclasses.replace(frame, runs=pd.concat(more, ignore_index=True)))
    assert len(shown.tables[0].rows) == nuisance_card.MOST
    assert "copy 29" in {row[0].text for row in shown.tables[0].rows}
    assert len(shown.picture.data) == 3 * 39
    assert any("the data hold all" in note for note in shown.notes)


def test_what_it_waits_for():
    frame = quick()
    one_rate = dataclasses.replace(
        frame, runs=frame.runs[frame.runs["optimizer.lr"] == 0.03], nuisance={"optimizer.lr": (0.03,)}
    )
    assert "tunes something" in card(one_rate).waits
    assert "a baseline" in card(dataclasses.replace(frame, runs=frame.runs.assign(baseline=""))).waits
    assert "two seeds" in card(quick(seeds=1)).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))).waits


def test_a_share_is_written_in_per_cent():
    assert nuisance_card.percent(Share(0.841, 0.79, 0.9)) == "84 % [79,\N{NO-BREAK SPACE}90]"
    assert nuisance_card.percent(Share(1.2, 0.5, np.inf)) == "120 % [50,\N{NO-BREAK SPACE}–]"


def test_it_says_that_columns_need_not_subtract_where_the_baseline_has_more_seeds():
    every = quick()
    runs = every.runs[(every.runs["seed"] < 2) | (every.runs["point"] == "static")]
    more = dataclasses.replace(every, runs=runs, seeds=(0, 1), extra_seeds=(2,))
    for frame, some in ((every, False), (more, True)):
        cards = (card(frame), *rate_card.cards(Study(frame)))
        assert [any("need not subtract" in note for note in one.notes) for one in cards] == [some, some]


def test_what_tuning_adds_has_the_sign_of_what_it_adds():
    """With one rate for all the gain is 0.4 points, and 1.4 with each point tuned."""
    noise = [0.0, 0.02, -0.02, 0.01]
    base = [[5.0 + e for e in noise], [6.0 + e for e in noise]]
    point = [[4.6, 4.63, 4.58, 4.64], [3.63, 3.59, 3.62, 3.56]]
    other = [[4.57, 4.6, 4.62, 4.66], [3.57, 3.66, 3.6, 3.59]]
    frame = sweep_frame(
        {"a": base, "b": point, "c": other},
        axes={"gate": {"a": "x", "b": "y", "c": "z"}},
        baseline={"b": "a", "c": "a"},
    )
    shown = nuisance_card.cards(Study(frame))
    (says,) = [line for found in shown for line in found.says if "on average" in line]
    assert re.search(r"by −0\.\d\d points .* on average, and with each tuned by −1\.\d\d points", says)
    assert re.search(r"tuning added −1\.0\d points \[−1", says)
