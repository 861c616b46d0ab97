import re

import pytest

from sweep.analysis.metric import measured_by
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import finding, nuisance, points
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
