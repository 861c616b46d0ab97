"""A folder of results that somebody sent: readers follow, overwrite, contact and wait for nothing in it."""

import os
import shutil
from pathlib import Path

import fsspec
import pytest

from sweep.api import merge
from sweep.engine.ledger import Ledger
from sweep.ledger_frame import frame

QUICK = Path(__file__).parent / "golden/ledgers/quick/ledger.sqlite"


class Contacted(fsspec.AbstractFileSystem):
    """A file system that would be heard of."""

    protocol = "hostile"

    def ls(self, path, detail=False, **_):
        raise AssertionError("it was contacted")


@pytest.fixture
def received(tmp_path):
    """The folder, and a file that it leads to."""
    fsspec.register_implementation("hostile", Contacted, clobber=True)
    victim, folder = tmp_path / "victim", tmp_path / "results/quick"
    victim.write_text("precious")
    folder.mkdir(parents=True)
    shutil.copy(QUICK, folder)
    (folder / "lock").symlink_to(victim)
    (folder / "weights.json").write_text('["hostile://bucket", 3, "../../other"]')
    (folder / "test.json").write_text('{"looks": [1], "errors": {"a": "\\u001b[2J"}, "images": -5}')
    os.mkfifo(folder / "kernels-1.json")
    (folder / "weights").symlink_to(tmp_path)
    return tmp_path, victim


COMMANDS = [("status", "quick"), ("status", "quick", "--json"), ("export", "quick", "--to", "runs.csv")]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("words", COMMANDS)
def test_commands_that_read(words, received, command):
    code, out, err = command(*words)
    assert (code, "Traceback" in err, "\x1b" in out + err) == (0, False, False)
    assert received[1].read_text() == "precious"


@pytest.mark.timeout(60)
def test_the_frame_of_a_report(received, caplog):
    with Ledger.open(received[0] / "results/quick/ledger.sqlite") as ledger:
        made = frame(ledger)
    assert (made.looks, len(made.runs)) == (0, 90)
    assert "test.json: is damaged: looks cannot be [1]; the rest is used" in caplog.text
    assert "\x1b" not in caplog.text
    assert received[1].read_text() == "precious"


def test_a_merge_into_another_sweep(received, monkeypatch):
    monkeypatch.chdir(received[0])
    merge("quick", into="mine")
    assert received[1].read_text() == "precious"
