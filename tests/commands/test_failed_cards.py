"""A card that cannot be made: the command says why on stderr, writes the rest of the page, and ends with 1."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep import api
from sweep.cli import app
from sweep.report.page import contents

GOLDEN = Path(__file__).parents[1] / "golden" / "ledgers" / "quick"


@pytest.fixture
def broken(tmp_path, monkeypatch):
    def card(study):
        raise ValueError("no such\nthing \x1b]0;title\x07")

    monkeypatch.setattr(contents, "CONTENTS", [("Broken", card), *contents.CONTENTS[-1:]])
    shutil.copytree(GOLDEN, tmp_path / "results" / "quick")
    return tmp_path


def test_report_says_why_and_ends_with_1(broken):
    arguments = ["report", "quick", "--results", str(broken / "results"), "--reports", str(broken / "reports")]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1
    assert "Broken: This card could not be made: ValueError: no such thing ?]0;title?" in " ".join(ended.stderr.split())
    assert "What was run" in (broken / "reports" / "quick" / "index.html").read_text()


def test_report_ends_with_0_if_all_cards_are_there(broken, monkeypatch):
    monkeypatch.setattr(contents, "CONTENTS", contents.CONTENTS[1:])
    arguments = ["report", "quick", "--results", str(broken / "results"), "--reports", str(broken / "reports")]
    ended = CliRunner().invoke(app, arguments)
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_the_function_warns_and_gives_the_page(broken, caplog):
    page = api.render("quick", results=broken / "results", reports=broken / "reports")
    assert page == broken / "reports" / "quick" / "index.html"
    (record,) = [record for record in caplog.records if record.name == "sweep.rendering"]
    assert record.levelname == "WARNING"
    assert "no such thing" in record.getMessage()
