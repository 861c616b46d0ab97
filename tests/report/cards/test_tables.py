"""The cells of the tables against the frames that they print."""

import dataclasses
import math

import pytest

from report.frames import RATES, quick
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import curves as curve_cards
from sweep.report.cards import points as point_cards
from sweep.report.cards.finding import best_sentence


def lacking(frame, status, rows):
    runs = frame.runs.copy()
    runs.loc[rows, "status"] = status
    runs.loc[rows, "error"] = math.nan
    return dataclasses.replace(frame, runs=runs)


def printed(cards, number=0):
    (card,) = cards
    table = card.tables[number]
    heads = [column.title for column in table.columns]
    return {row[0].text: dict(zip(heads, row, strict=True)) for row in table.rows}


def test_the_best_setting_is_marked_and_the_cross_fitted_error_stands_beside_it():
    study = Study(quick())
    cells = printed(point_cards.chosen_settings(study))
    rows = study.table.set_index("point")
    means = study.frame.runs.groupby(["point", "optimizer.lr"])["error"].mean()
    for point, row in study.tuned.points.set_index("point").iterrows():
        for rate in RATES:
            cell = cells[point][f"learning rate {rate}"]
            assert cell.text == words.number(means[point, rate])
            assert cell.mark == ("best" if row["optimizer.lr"] == rate else "")
        mean, sd = rows.loc[point, ["mean", "sd"]]
        assert cells[point]["cross-fitted"].text == f"{words.number(mean)} ± {words.number(sd)}"


def test_a_setting_that_was_not_compared_is_not_called_an_edge():
    study = Study(lacking(quick(), "missing", (quick().runs["optimizer.lr"] == 0.09)))
    assert "No point has a result at every setting yet" in point_cards._edge_sentence(study, ["optimizer.lr"])


def test_points_have_their_error_interval_and_difference():
    study = Study(quick())
    cells = printed(point_cards.all_points(study))
    clear = 0
    for row in study.table.to_dict("records"):
        mine = cells[row["point"]]
        assert mine["error, %"].text == f"{words.number(row['mean'])} ± {words.number(row['sd'])}"
        low, high = words.number(row["low"]), words.number(row["high"])
        assert mine["95 % interval"].text == f"[{low},\N{NO-BREAK SPACE}{high}]"
        if row["point"] != "static":
            found = mine["difference to static, points"]
            assert found.text.startswith(words.signed(row["diff_mean"]))
            assert found.mark == ("clear" if row["diff_low"] > 0 or row["diff_high"] < 0 else "")
            clear += found.mark == "clear"
    assert 0 < clear < 9
    assert {"family", "M", "G"}.isdisjoint(mine)  # the label says them
    assert "λ" in mine


def test_one_seed_has_a_star_and_no_interval():
    cells = printed(point_cards.all_points(Study(quick(seeds=1))))
    assert all(row["error, %"].text.endswith("*") and row["95 % interval"].text == "–" for row in cells.values())


def test_spreads_are_printed_and_marked_where_clear():
    study = Study(quick())
    cells = printed(curve_cards.main_axis(study))
    heads = {("weightnet", 1.0): "G = 1", ("weightnet", 2.0): "G = 2", None: "mean over G = 1 and 2"}
    taken = "taken away by tuning, mean over G = 1 and 2"
    seen = set()
    for spread in study.curves[0].spreads:
        row = cells[f"{spread.setting[0]} for all" if spread.setting else "tuned for each point"]
        row = {head.replace("\N{NO-BREAK SPACE}", " "): cell for head, cell in row.items()}
        pairs = [(row[heads[spread.line]], spread.spread)]
        if spread.line is None and spread.setting:
            pairs.append((row[taken], spread.taken))
        for cell, found in pairs:
            assert cell.text == f"{words.signed(found.mean)}{words.interval(found)}"
            assert cell.mark == ("clear" if found.clear else "")
            seen.add(cell.mark)
    assert seen == {"clear", ""}


@pytest.mark.parametrize("status", ["missing", "failed"])
def test_a_point_that_lacks_a_seed_is_not_the_best(status):
    frame = quick()
    best = frame.runs["point"] == "weightnet M=8 G=2"
    assert best_sentence(Study(frame)).startswith("Best: weightnet M=8 G=2")
    study = Study(lacking(frame, status, best & (frame.runs["seed"] == 2)))
    assert study.table.set_index("point").loc["weightnet M=8 G=2", "n"] == 2
    assert not best_sentence(study).startswith("Best: weightnet M=8 G=2")
