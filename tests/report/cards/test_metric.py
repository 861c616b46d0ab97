import re

import pytest

from sweep.analysis.metric import measured_by
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import (
    curves,
    evidence,
    explore,
    fidelity,
    finding,
    forest,
    isolation,
    nuisance,
    points,
    population,
)
from sweep.report.latex import latex_table
from tests.laboratory import laboratory


def said(study):
    cards = [*finding.cards(study), *nuisance.cards(study), *points.all_points(study)]
    tables = [table for card in cards for table in card.tables]
    cells = [cell.text for table in tables for row in table.rows for cell in row]
    heads = [column.title for table in tables for column in table.columns]
    labels = [ax.get_xlabel() for card in cards if card.picture for ax in card.picture.figure.axes]
    return " ".join([*(line for card in cards for line in card.says), *cells, *heads, *labels])


@pytest.mark.parametrize("metric", ["error", "loss"])
def test_a_page_writes_units_of_its_metric(metric):
    with words.judged_by(metric):
        text = said(Study(measured_by(laboratory("long"), metric)))
    assert re.search(r"Best: \w+", text)
    assert ("nats" in text) == (metric == "loss")
    assert bool(re.search(r"\d points \[", text)) == (metric == "error")
    assert bool(re.search(r"1\.2\d\d", text)) == (metric == "loss")


def test_a_loss_is_never_written_as_an_error_of_so_many_per_cent():
    with words.judged_by("loss"):
        study = Study(measured_by(laboratory("long"), "loss"))
        builders = [curves.main_axis, nuisance.cards, points.all_points]
        builders += [module.cards for module in (evidence, fidelity, finding, forest, isolation, population)]
        cards = [card for build in builders for card in build(study)]
        tables = [table for card in cards for table in card.tables]
        lines = [line for card in cards for line in (*card.says, *card.notes)]
        lines += [table.caption for table in tables]
        lines += [column.title for table in tables for column in table.columns]
        lines += [cell.text for table in tables for row in table.rows for cell in row]
        told = explore.explorer(study)
        tex = latex_table(study)
    text = " ".join([*lines, *told["told"]])
    assert not re.search(r"\d\.\d{2,3} %", text)
    # what the paper's networks have is an error
    assert text.count("points of error") == text.count("points of error on ImageNet") == 1
    assert told["metric"]["label"] == "validation loss, nats"
    assert "cross-entropy in nats" in tex
    assert "loss, nats" in tex
    assert "points" not in tex
