"""The forest plot of a categorical main axis: its marks, its intervals and its data against the verdict."""

import dataclasses
import math

import numpy as np
import pytest

from report.frames import gated, quick
from sweep.analysis.study import Study
from sweep.report.cards import forest


def card(frame):
    (found,) = forest.cards(Study(frame))
    return found


def test_a_family_has_a_row_with_its_interval_and_its_pairs():
    frame = quick()
    shown = card(frame)
    (verdict,) = Study(frame).verdicts
    (ax,) = shown.picture.figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["se vs static", "weightnet vs static"]
    bars = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1.2]
    assert np.array(bars) == pytest.approx(
        np.array([(one.difference.low, one.difference.high) for one in verdict.compared])
    )
    data = shown.picture.data
    means = data[data["role"] == "mean"].set_index("value")["difference"]
    pairs = data[data["role"] == "pair"].groupby("value")["difference"].mean()
    assert pairs.to_dict() == pytest.approx(means.to_dict())
    assert data[data["role"] == "pair"].groupby("value").size().to_dict() == {"se": 1, "weightnet": 8}
    assert shown.title == "Family against family, at equal cost"
    assert shown.says[0].startswith(
        "9 pairs of points, each with the one of the other family that is nearest in FLOPs: 1"
    )


def test_a_network_of_ones_own_has_a_card_of_its_axis():
    shown = card(gated())
    assert shown.title == "Values of gate against one another"
    assert shown.says == ("4 pairs of points that differ in gate alone.",)
    assert set(shown.picture.data["value"]) == {"soft", "hard"}


def test_numeric_axes_have_curves_and_no_forest():
    assert list(forest.cards(Study(dataclasses.replace(quick(), main=("lambda",))))) == []


def test_what_does_not_matter_is_shaded():
    shown = card(dataclasses.replace(gated(), smallest=0.5))
    (ax,) = shown.picture.figure.axes
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (-0.5, 1.0)
    assert "smaller than 0.5 points" in shown.notes[1]


def test_it_waits_and_draws_without_intervals():
    frame = quick()
    nothing = dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))
    assert card(nothing).waits
    (ax,) = card(quick(seeds=1)).picture.figure.axes
    assert not [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1.2]
