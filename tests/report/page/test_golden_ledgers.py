"""The committed ledgers give the tables that they gave when they were committed, to the byte."""

import shutil
from pathlib import Path

import pytest

from sweep.engine.ledger import Ledger
from sweep.ledger_frame import frame
from sweep.report import render

GOLDEN = Path(__file__).parents[2] / "golden" / "ledgers"


@pytest.mark.parametrize("name", ["quick", "fashion"])
def test_points_and_data_are_as_they_were(name, tmp_path):
    shutil.copytree(GOLDEN / name, tmp_path / name)
    with Ledger.open(tmp_path / name / "ledger.sqlite") as ledger:
        sweep = frame(ledger)
    # as the space lists them; files sort them by name
    families = {"quick": ("static", "se", "weightnet"), "fashion": ("static", "se", "condconv", "weightnet")}
    assert sweep.order["family"] == families[name]
    assert not render(sweep, tmp_path / "report").failed
    golden = {path.relative_to(GOLDEN / name) for path in (GOLDEN / name).rglob("*.csv")}
    assert len(golden) == 11
    made = {path.relative_to(tmp_path / "report") for path in (tmp_path / "report").rglob("*.csv")}
    assert golden <= made
    for path in sorted(golden):
        assert (tmp_path / "report" / path).read_bytes() == (GOLDEN / name / path).read_bytes(), path
