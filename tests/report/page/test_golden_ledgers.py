"""Ledgers of an earlier version give the tables that they gave then, but for what statistics estimate anew."""

import csv
import html
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from sweep.engine.ledger import Ledger
from sweep.ledger_frame import frame
from sweep.report import render

GOLDEN = Path(__file__).parents[2] / "golden" / "ledgers"


#: Columns that say how sure something is: intervals, p values, chances, seeds that are needed. They changed with the
#: estimators, and may again.
ESTIMATED = {
    "fidelity.csv": {"low", "high"},
    "front-chances.csv": {f"chance_{cost}" for cost in ("params", "flops", "activations", "training_flops")},
    "isolation.csv": {"low", "high"},
    "tuning-took-away.csv": {f"{what}_{end}" for what in ("naive", "tuned", "taken") for end in ("low", "high")},
    "points.csv": {"low", "high"}
    | {f"diff_{what}" for what in ("low", "high", "p", "p_holm", "p_least", "resolves", "seeds")},
}


def cells(path):
    """The rows of a table, without what is estimated."""
    with path.open(encoding="utf-8", newline="") as file:
        estimated = ESTIMATED.get(path.name, set())
        return [{name: cell for name, cell in row.items() if name not in estimated} for row in csv.DictReader(file)]


def assert_no_sentence_twice(page):
    """What a reader reads: paragraphs, list items and definitions, but for what figures and scripts hold."""
    page = re.sub(r"<(svg|script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    parts = re.findall(r"<(p|li|dd)\b[^>]*>(.*?)</\1>", page, flags=re.DOTALL)
    texts = [" ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split()) for _, text in parts]
    sentences = [one for text in texts for one in re.split(r"(?<=[.!?]) (?=[A-Z])", text) if one.endswith(".")]
    assert len(sentences) > 20
    assert [one for one, times in Counter(sentences).items() if times > 1] == []


@pytest.mark.parametrize("name", ["quick", "fashion"])
def test_points_and_data_are_as_they_were(name, tmp_path, lean):
    shutil.copytree(GOLDEN / name, tmp_path / name)
    with Ledger.open(tmp_path / name / "ledger.sqlite") as ledger:
        sweep = frame(ledger)
    # as the space lists them; files sort them by name
    families = {"quick": ("static", "se", "weightnet"), "fashion": ("static", "se", "condconv", "weightnet")}
    assert sweep.order["family"] == families[name]
    assert not render(sweep, tmp_path / "report").failed
    assert_no_sentence_twice((tmp_path / "report" / "index.html").read_text(encoding="utf-8"))
    golden = {path.relative_to(GOLDEN / name) for path in (GOLDEN / name).rglob("*.csv")}
    assert len(golden) == 11
    made = {path.relative_to(tmp_path / "report") for path in (tmp_path / "report").rglob("*.csv")}
    assert golden <= made
    for path in sorted(golden):
        before, now = cells(GOLDEN / name / path), cells(tmp_path / "report" / path)
        # a table may have more columns than it had
        assert [{column: row[column] for column in old} for old, row in zip(before, now, strict=True)] == before, path
        if path.name not in ESTIMATED:
            assert (tmp_path / "report" / path).read_bytes() == (GOLDEN / name / path).read_bytes(), path
