"""The paper's figure against the published rows, read here by a reader of our own."""

import csv
import dataclasses
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from report.figures.test_hover import titles
from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import fidelity, paper_figure
from sweep.report.cards import paper as paper_card
from sweep.report.figures import style

PUBLISHED = Path(__file__).parents[3] / "results/paper/imagenet.csv"
ROWS = list(csv.DictReader(PUBLISHED.read_text().splitlines()))


def card(frame=None):
    return list(paper_card.beside(Study(frame or quick())))


@pytest.mark.parametrize("width", [style.ONE_COLUMN, style.TWO_COLUMNS])
def test_every_published_row_is_a_mark_where_it_belongs(width, tmp_path, monkeypatch):
    monkeypatch.setattr(style, "_METADATA", {"svg": {}})
    study = Study(quick())
    rows = paper_card.read_published(paper_card.find_published("imagenet", "."))
    figure = paper_figure.draw_paper(rows, study.table, 3, "digits", width)
    for ax, cost in zip(figure.axes[:2], ("flops_m", "params_m"), strict=True):
        expected = Counter((float(row[cost]), float(row["top1_error"])) for row in ROWS if row[cost])
        drawn = [
            tuple(map(float, place)) for line in ax.lines if line.get_marker() != "None" for place in line.get_xydata()
        ]
        assert Counter(drawn) == expected
        hollow = [
            line for line in ax.lines if line.get_marker() != "None" and line.get_markerfacecolor() == style.PAPER
        ]
        read = sum(row["error_source"] == "figure" and bool(row[cost]) for row in ROWS)
        assert sum(len(line.get_xydata()) for line in hollow) == read
        bars = sorted(bar[1, 1] - bar[0, 1] for lines in ax.collections for bar in lines.get_segments())
        assert np.allclose(bars, sorted(2 * float(row["error_tolerance"]) for row in ROWS if row[cost]))
    for ax, cost in zip(figure.axes[2:], ("flops", "params"), strict=True):
        marks = [y for line in ax.lines if line.get_marker() != "None" for y in line.get_ydata()]
        assert np.allclose(sorted(marks), sorted(study.table["mean"]))
        assert cost[:4].lower() in ax.get_xlabel().lower()
    # each published row has a name of its own, by its label and its width
    names = titles(style.save(figure, tmp_path / "paper"))
    assert sum("as printed" in name for name in names) == sum(row["error_source"] == "readme" for row in ROWS)
    assert sum("read off" in name for name in names) == sum(row["error_source"] == "figure" for row in ROWS)


def test_lines_join_one_method_across_widths():
    rows = paper_card.read_published(paper_card.find_published("imagenet", "."))
    found = Counter(paper_figure.series(row) for row in rows)
    assert found.pop(None) == 3
    assert set(found.values()) == {4}
    assert len(found) == 7


def test_what_it_says_of_the_paper_follows_from_its_rows():
    (found,) = card()
    static = {row["width"]: float(row["top1_error"]) for row in ROWS if row["family"] == "static"}
    gains = [f"{static[r['width']] - float(r['top1_error']):.1f}" for r in ROWS if r["label"] == "+ WeightNet (1x)"]
    assert re.findall(r"\d\.\d(?= and|, | points)", found.says[0]) == gains == ["3.0", "2.1", "1.8", "1.4"]
    assert "Here, on digits, weightnet M=8 G=2 differs from static by −" in found.says[1]
    assert "the lowest of 8 means and so flattered" in found.says[1]


def test_a_sweep_of_other_things_is_not_laid_beside_it():
    frame = quick()
    runs = frame.runs[frame.runs["family"] == "static"].reset_index(drop=True)
    assert card(dataclasses.replace(frame, runs=runs)) == []
    assert card(dataclasses.replace(frame, axes=("M",), runs=frame.runs.drop(columns="family"))) == []
    own = frame.runs.assign(family=frame.runs["family"].replace({"weightnet": "mine", "se": "other"}))
    assert card(dataclasses.replace(frame, runs=own)) == []


def test_a_sweep_without_a_success_waits():
    frame = quick()
    nothing = frame.runs.assign(status="missing", error=np.nan)
    (found,) = card(dataclasses.replace(frame, runs=nothing))
    assert found.waits == "This waits for the first run to succeed."


@pytest.mark.parametrize(
    ("network", "shown"),
    [
        ({"backbone": "shufflenet_v2"}, True),
        ({}, True),
        ({"backbone": "resnet18"}, False),
        ({"backbone": "nets:mine"}, False),
    ],
)
def test_the_papers_cards_are_of_the_papers_backbone(network, shown):
    study = Study(dataclasses.replace(quick(), network=network))
    assert bool(card(study.frame)) is shown
    assert bool(list(fidelity.cards(study))) is shown


def test_a_sweep_over_backbones_has_the_papers_cards_if_one_is_the_papers():
    frame = quick()
    for backbones, shown in ((("resnet18", "resnet34"), False), (("resnet18", "shufflenet_v2"), True)):
        half = frame.runs.index < len(frame.runs) / 2
        runs = frame.runs.assign(backbone=[backbones[int(first)] for first in half])
        both = dataclasses.replace(frame, axes=(*frame.axes, "backbone"), runs=runs)
        assert bool(card(both)) is shown
