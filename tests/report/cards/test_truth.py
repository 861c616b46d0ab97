from dataclasses import replace

import numpy as np
import pytest

from sweep.analysis import truth as analysis
from sweep.analysis.study import Study
from sweep.report.cards import truth
from tests.analysis.frames import sweep_frame
from tests.laboratory import laboratory


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(analysis, "RESAMPLES", 100)


#: The paper's figure at 0.5x as it is printed and read off (results/paper/imagenet.csv).
PAPER = {
    "static": 39.7,
    "se": 37.5,
    "sk": 37.5,
    "condconv experts=2": 37.3,
    "weightnet M=1 G=1": 37.2,
    "weightnet M=2 G=2": 36.7,
    "condconv experts=4": 35.9,
    "weightnet M=2 G=1": 35.7,
    "weightnet M=4 G=1": 34.4,
    "weightnet M=8 G=1": 34.0,
}


def test_the_laboratorys_agreement_with_the_paper_is_that_of_its_tables():
    exact = {point: (error, 0.0) for point, error in PAPER.items()}
    (card,) = truth.cards(Study(replace(laboratory("short"), truth=exact)))
    (table,) = card.tables
    taus = {row[0].text: row[1].text.split(" ")[0] for row in table.rows}
    assert taus["learning rate 0.01"] == "0.81"
    assert taus["learning rate 0.02"] == "0.54"
    assert taus["learning rate 0.04"] == "0.58"
    assert "0.81 with learning rate 0.01" in " ".join(card.says)
    (as_read,) = truth.cards(Study(laboratory("short")))
    assert "ImageNet, 0.5x" in as_read.says[0]
    assert table.rows[-1][0].text == "by parameters alone"
    assert "from 71 points on" in card.notes[-1]


def test_a_target_of_ones_own_is_taken_before_the_paper():
    frame = laboratory("short")
    points = frame.runs["point"].unique().tolist()
    opposite = {point: (float(-i), 0.0) for i, point in enumerate(points)}
    (card,) = truth.cards(Study(replace(frame, truth=opposite)))
    assert "the target" in card.says[0]


def test_a_hundred_points_have_a_best_tenth():
    rng = np.random.default_rng(0)
    known = rng.normal(50, 5, 100)
    errors = {f"p{i}": [(known[i] + rng.normal(0, 1, 3)).tolist()] for i in range(100)}
    frame = replace(sweep_frame(errors), truth={f"p{i}": (float(e), 0.0) for i, e in enumerate(known)})
    (card,) = truth.cards(Study(frame))
    assert "over the best 10 of them" in card.says[0]
    assert [column.title for column in card.tables[0].columns][3] == "τ-b, best tenth"


def test_it_waits_for_points_that_the_target_knows():
    frame = sweep_frame({"a": [[1.0, 2.0]], "b": [[2.0, 3.0]]})
    (card,) = truth.cards(Study(replace(frame, truth={"a": (1.0, 0.0)})))
    assert card.waiting
    frame = replace(frame, network={"backbone": "resnet18"})
    assert list(truth.cards(Study(frame))) == []
