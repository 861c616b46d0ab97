import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import population as population_card


def card(frame):
    (found,) = population_card.cards(Study(frame))
    return found


def two_families():
    """Three points more of a second family, each worse by a point of error."""
    frame = quick()
    runs = [frame.runs]
    for lam in (1.0, 2.0, 4.0):
        like = frame.runs[(frame.runs["lambda"] == lam) & (frame.runs["G"] == 1)]
        runs.append(like.assign(family="condconv", point=f"condconv lambda={lam}", error=like["error"] + 1))
    return dataclasses.replace(frame, runs=pd.concat(runs, ignore_index=True))


def test_the_sentence_and_the_steps_are_those_of_the_points():
    frame = two_families()
    shown, rows = card(frame), Study(frame).table
    for ax in shown.picture.figure.axes:
        lines = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
        assert len(lines) == 2
    errors = np.sort(rows.loc[rows["family"] == "weightnet", "mean"])
    (ax, _), n = shown.picture.figure.axes, len(errors)
    xs, ys = ax.lines[1].get_data()
    assert np.allclose(xs[1:-1], errors)
    assert np.allclose(ys[1:-1], np.arange(1, n + 1) / n)
    assert f"Half of the 8 points of weightnet have an error of at most {errors[3]:.2f} %" in shown.says[1]
    assert f"a quarter of at most {errors[1]:.2f} %" in shown.says[1]
    assert "Kolmogorov–Smirnov distance" in shown.says[2]
    assert shown.picture.data["family"].value_counts().to_dict() == {"weightnet": 8, "condconv": 3}


def test_one_family_is_split_by_another_axis():
    assert "Half of the 4 points with G\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1 have" in card(quick()).says[0]


def test_failed_points_are_counted():
    frame = two_families()
    lost = frame.runs["point"].isin(["weightnet M=1 G=1", "weightnet M=2 G=2"]) & (frame.runs["seed"] == 1)
    runs = frame.runs.assign(status=frame.runs["status"].mask(lost, "failed"), error=frame.runs["error"].mask(lost))
    shown = card(dataclasses.replace(frame, runs=runs))
    assert "the 8 points of weightnet (2 failed)" in shown.says[1]
    assert shown.picture.figure.axes[0].lines[1].get_ydata()[-1] == pytest.approx(6 / 8)


@pytest.mark.parametrize("status", ["missing", "failed"])
def test_what_it_waits_for(status):
    frame = quick()
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status=status, error=math.nan))).waits
    few = frame.runs["point"].isin(["static", "se"])
    assert card(dataclasses.replace(frame, runs=frame.runs[few])).waits
