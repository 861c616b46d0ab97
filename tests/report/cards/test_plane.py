import dataclasses
import math

import numpy as np
import pytest

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import finding
from sweep.report.cards import isolation as isolation_card
from sweep.report.cards import plane as plane_card


def only(builder, frame):
    (found,) = builder.cards(Study(frame))
    return found


def test_the_map_has_the_means_of_its_points():
    frame = quick()
    shown, rows = only(plane_card, frame), Study(frame).table.set_index("point")
    (ax,) = shown.picture.figure.axes
    cells = np.asarray(ax.images[0].get_array())
    for i, G in enumerate((1, 2)):
        for j, lam in enumerate((1, 2, 4, 8)):
            mean = rows.loc[f"weightnet M={lam * G} G={G}", "mean"]
            assert cells[i, j] == pytest.approx(mean)
            (text,) = [t for t in ax.texts if t.get_position() == (j, i)]
            assert text.get_text().startswith(words.number(mean))
    assert len(shown.picture.data) == 8 * 3
    best = rows[rows["family"] == "weightnet"]["mean"]
    assert f"is {words.number(best.min())} % at" in shown.says[0]


def test_the_interaction_is_told_with_its_interval():
    frame = quick()
    lam, G = frame.runs["lambda"].fillna(1), frame.runs["G"].fillna(1)
    rate = frame.runs["optimizer.lr"].map({0.01: 2.0, 0.03: 0.0, 0.09: 1.0})  # one setting best for all
    wobble = frame.runs["seed"] * np.log2(lam) * np.log2(G) * 0.1
    error = 20 - np.log2(lam) * (1 + np.log2(G)) + rate + wobble
    says = only(plane_card, dataclasses.replace(frame, runs=frame.runs.assign(error=error))).says[1]
    # from lambda 1 to 8 error falls by 3 at G = 1 and by 6, 5.7 and 5.4 at G = 2
    assert says.replace("\N{NO-BREAK SPACE}", " ") == (
        "From λ = 1 to 8 error falls more at G = 2 than at G = 1, by 2.70 points [2.38, 3.02] (3 seeds, paired)."
    )


def test_each_axis_has_its_means_and_its_best():
    frame = quick()
    shown, rows = only(isolation_card, frame), Study(frame).table
    table = next(table for table in shown.tables if table.caption.startswith("λ"))
    for row in table.rows:
        mine = rows[rows["lambda"] == float(row[0].text)]
        assert row[1].sort == 2
        assert row[2].sort == pytest.approx(mine["mean"].mean())
        assert row[3].sort == pytest.approx(mine["mean"].min())
    panels = {ax.get_xlabel(): ax for ax in shown.picture.figure.axes}
    assert set(panels) == {"family", "M", "G", "λ"}
    means = next(line for line in panels["λ"].lines if line.get_marker() == "o").get_ydata()
    assert list(means) == [row[2].sort for row in table.rows]


def test_a_best_point_at_the_edge_is_a_warning_in_the_headline():
    def best_at(point):
        frame = quick()
        return Study(
            dataclasses.replace(
                frame, runs=frame.runs.assign(error=frame.runs["error"].mask(frame.runs["point"] == point, 0.1))
            )
        )

    study = best_at("weightnet M=16 G=2")
    warning = isolation_card.edge_sentence(study).replace("\N{NO-BREAK SPACE}", " ")
    assert warning.startswith("The best point, weightnet M=16 G=2, lies at the edge of the grid (M = 16 is the largest")
    _, lead = finding.cards(study)
    assert isolation_card.edge_sentence(study) in lead.says
    assert isolation_card.edge_sentence(best_at("weightnet M=4 G=2")) is None


def test_what_they_wait_for():
    frame = quick()
    nothing = dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))
    assert only(plane_card, nothing).waits
    assert only(isolation_card, nothing).waits
    one = dataclasses.replace(frame, runs=frame.runs[frame.runs["point"] == "static"])
    assert only(plane_card, one).waits
    assert only(isolation_card, one).waits


def test_a_map_with_a_hole_says_what_it_lacks():
    frame = quick()
    hole = frame.runs["point"] == "weightnet M=16 G=2"
    shown = only(plane_card, dataclasses.replace(frame, runs=frame.runs[~hole]))
    assert shown.says[1] == "The interaction needs every combination of both axes, with shared seeds."
    assert np.isnan(np.asarray(shown.picture.figure.axes[0].images[0].get_array().filled(np.nan))[1, 3])
