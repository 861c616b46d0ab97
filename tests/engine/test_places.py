"""Where weights lie is found again, also where folders were moved together."""

import json
import re
import shutil
from pathlib import Path

import pytest

from sweep import report
from sweep.api import render
from sweep.engine.places import ledger_path, note_place, own_place, page_name, places
from sweep.errors import LedgerError
from sweep.report import Rendered


def test_places_are_noted_once_and_the_sweeps_own_comes_first(tmp_path):
    folder = tmp_path / "results/one"
    folder.mkdir(parents=True)
    assert places(folder) == [own_place(folder)] == [str(folder / "weights")]
    for _ in range(2):
        for place in ("s3://bucket/weights", str(tmp_path / "else/weights"), own_place(folder)):
            note_place(folder, place)
    assert places(folder) == [str(folder / "weights"), "s3://bucket/weights", str(tmp_path / "else/weights")]
    assert str(tmp_path) not in (folder / "weights.json").read_text()
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "results").rename(moved / "results")
    assert places(moved / "results/one")[2] == str(moved / "else/weights")


@pytest.mark.parametrize("content", ["{", "{}", '"x"', "\x00", "[" * 100_000, "1" * 5000])
def test_a_note_that_is_damaged_is_told_and_left(content, tmp_path, caplog):
    (tmp_path / "weights.json").write_text(content)
    assert places(tmp_path) == [own_place(tmp_path)]
    assert re.search(r"weights\.json: .*left as it is", caplog.text)
    with pytest.raises(LedgerError, match=r"weights\.json: .*left as it is"):
        note_place(tmp_path, "s3://bucket")
    assert (tmp_path / "weights.json").read_text() == content


def test_what_is_damaged_in_a_note_leaves_the_rest(tmp_path, caplog):
    note = ["s3://bucket", 3, None, {}, "", "a\0b", "x" * 5000, "../other"]
    (tmp_path / "weights.json").write_text(json.dumps(note))
    assert places(tmp_path) == [own_place(tmp_path), "s3://bucket", str(tmp_path.parent / "other")]
    assert len(caplog.records) == 6
    with pytest.raises(LedgerError, match="no storage; it was left as it is"):
        note_place(tmp_path, "s3://another")
    assert json.loads((tmp_path / "weights.json").read_text()) == note


QUICK = Path(__file__).parents[1] / "golden/ledgers/quick"


@pytest.fixture
def renamed(tmp_path):
    """A folder of sweeps, one of them renamed."""
    shutil.copytree(QUICK, tmp_path / "results/quick-v1")
    shutil.copy(QUICK / "ledger.sqlite", tmp_path / "results/quick-v1/backup.sqlite")
    return tmp_path


@pytest.mark.parametrize(
    ("sweep", "folder"),
    {
        "quick-v1": "quick-v1",
        "results/quick-v1": "quick-v1",
        "results/quick-v1/ledger.sqlite": "quick-v1",
        "results/quick-v1/backup.sqlite": "backup",
        "./results/../results/quick-v1/": "quick-v1",
    }.items(),
)
def test_the_page_of_a_renamed_sweep_is_written_where_its_name_says(sweep, folder, renamed, monkeypatch):
    monkeypatch.chdir(renamed)
    monkeypatch.setattr(report, "render", lambda frame, out: Rendered(out, ()))
    assert render(sweep) == Path("reports") / folder


@pytest.mark.parametrize("sweep", ["quick-v1", "results/quick-v1", "results/quick-v1/ledger.sqlite"])
def test_status_and_export_take_a_path_as_report_does(sweep, renamed, command):
    code, out, err = command("status", sweep)
    assert (code, err) == (0, "")
    assert "90 of 90 runs done" in out
    code, out, err = command("export", sweep, "--to", "runs.csv")
    assert (code, out, err) == (0, "90 runs: runs.csv\n", "")


def test_a_folder_that_a_page_is_named_after(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert page_name(Path("ledger.sqlite")) == tmp_path.name
    assert ledger_path("none", "results") == Path("results/none/ledger.sqlite")
