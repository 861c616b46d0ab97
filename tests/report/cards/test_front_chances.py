import dataclasses
import math

import pandas as pd
import pytest

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import front_chances as front_chance_card


def card(frame):
    (found,) = front_chance_card.cards(Study(frame))
    return found


def test_each_point_that_can_be_on_a_front_has_its_chance():
    study = Study(quick())
    assert set(study.chances) == {"params", "flops"}  # activations do not vary
    for told in study.chances.values():
        assert set(told.chance) == set(study.table["point"])
        assert told.chance["static"] == 1  # nothing is cheaper
        assert 0 <= told.low <= told.hypervolume <= told.high <= 1


def test_the_card_prints_and_draws_them():
    frame = quick()
    shown, chances = card(frame), Study(frame).chances
    assert [column.title for column in shown.tables[0].columns] == ["point", "FLOPs", "parameters"]
    for row in shown.tables[0].rows:
        assert row[1].sort == pytest.approx(100 * chances["flops"].chance[row[0].text])
        assert row[1].text == f"{row[1].sort:.0f} %"
    for ax, cost in zip(shown.picture.figure.axes, ("flops", "params"), strict=True):
        widths = [bar.get_width() for bar in ax.patches[1::2]]
        assert widths == [chances[cost].chance[row[0].text] for row in shown.tables[0].rows]
    sure = [point for point, chance in chances["flops"].chance.items() if chance >= 0.95]
    assert all(point in shown.says[0] for point in sure)
    data = shown.picture.data.set_index("point")
    assert data["chance_flops"].to_dict() == dict(chances["flops"].chance)


def test_more_costs_more_columns_and_many_points_are_cut():
    frame = quick()
    copies = [frame.runs]
    for i in range(40):
        one = frame.runs[frame.runs["point"] == "weightnet M=1 G=1"]
        copies.append(one.assign(point=f"copy {i}", params=one["params"] + i, error=one["error"] + i))
    runs = pd.concat(copies, ignore_index=True)
    runs = runs.assign(training_flops=runs["flops"] * 1e4, activations=runs["params"] * 2)
    shown = card(dataclasses.replace(frame, runs=runs))
    titles = [column.title for column in shown.tables[0].columns]
    assert titles == ["point", "FLOPs", "parameters", "activations", "training FLOPs"]
    assert len(shown.tables[0].rows) == front_chance_card.MOST
    assert len(shown.picture.data) == 50


def test_a_point_with_a_failed_seed_has_no_chance():
    frame = quick()
    lost = (frame.runs["point"] == "se") & (frame.runs["seed"] == 1)
    runs = frame.runs.assign(status=frame.runs["status"].mask(lost, "failed"), error=frame.runs["error"].mask(lost))
    assert "se" not in Study(dataclasses.replace(frame, runs=runs)).chances["flops"].chance


def test_what_it_waits_for():
    frame = quick()
    assert card(quick(seeds=1)).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(flops=1.0, params=1.0))).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(params=math.nan, flops=math.inf))).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))).waits
