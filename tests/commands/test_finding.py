"""The finding in the terminal, in `status` and in a file beside the ledger; more seeds without editing the file."""

import json
import shutil
import subprocess
import sys

import pytest
from small import SMALL
from sweeps import rows

from sweep.engine import finding_note
from sweep.report.cards.finding import cards
from sweep.report.page import rendered

pytestmark = pytest.mark.sweeps

#: The command, whose page has the finding alone.
FINDING_ALONE = """
from sweep.cli import main
from sweep.report.cards.finding import cards
from sweep.report.page import contents

contents.CONTENTS = [("Finding", cards)]
main()
"""
ASKED = SMALL.replace("about:", "main: [lambda, family]\nabout:")


@pytest.fixture(scope="module")
def asked(shared):
    """A folder with a sweep of the small space, which asks something, and what the command said."""

    def fill(folder):
        (folder / "small.yaml").write_text(ASKED)
        words = [sys.executable, "-c", FINDING_ALONE, "run", "small.yaml", "--inline"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        (folder / "said.json").write_text(json.dumps([done.returncode, done.stdout, done.stderr]))

    folder = shared("asked", fill)
    return folder, *json.loads((folder / "said.json").read_text())


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Pages that are rendered in this process have the finding alone."""
    monkeypatch.setattr("sweep.report.page.contents.CONTENTS", [("Finding", cards)])


@pytest.fixture
def copied(asked, tmp_path):
    """A copy of that folder, where commands run, to do anything with."""
    return shutil.copytree(asked[0], tmp_path, dirs_exist_ok=True)


def finding(text):
    return [line.strip() for line in text.splitlines() if line.strip().startswith(("Does ", "Best: ", "Not decided: "))]


def test_it_stands_at_the_end_of_run_on_the_page_and_in_status(asked, command):
    folder, code, out, err = asked
    assert (code, err) == (0, "")
    found = finding(out)
    assert [line.split(":")[0].split()[:2] for line in found] == [
        ["Does", "λ"],
        ["Does", "the"],
        ["Best"],
        ["Not", "decided"],
    ]
    page = (folder / "reports/small/index.html").read_text().replace("\N{NO-BREAK SPACE}", " ")
    for line in found[:3]:
        assert line in page
    status = command("status", "small", "--results", folder / "results")[1]
    assert finding(status) == [line.replace("run small.yaml", "run SPACE") for line in found]
    note = json.loads((folder / "results/small/finding.json").read_text())
    assert f"Finding of the report of {note['time']}:" in status
    told = json.loads(command("status", "small", "--json", "--results", folder / "results")[1])["finding"]
    assert told == note


def test_a_second_run_renders_nothing_and_says_it_again(copied, asked, command):
    page = copied / "reports/small/index.html"
    before = page.stat().st_mtime_ns
    assert finding(command("run", "small.yaml", "--inline")[1]) == finding(asked[2])
    assert page.stat().st_mtime_ns == before
    (copied / "results/small/finding.json").unlink()
    assert finding(command("run", "small.yaml", "--inline")[1]) == finding(asked[2])


def test_more_seeds_train_what_is_new_and_keep_what_is_there(copied, command):
    before = rows(copied)
    code, out, err = command("run", "small.yaml", "--inline", "--seeds", 3)
    assert (code, err) == (0, "")
    assert "18 of 18 runs are in (6 trained now)" in out
    after = rows(copied)
    assert after.loc[before.index].equals(before)
    code, _, err = command("run", "small.yaml", "--inline", "--seeds", 1)
    assert code == 2
    assert err.startswith("small.yaml:23: seeds: 1 seeds were asked for, fewer than the 2 of the space")


def test_another_question_trains_nothing_and_is_answered(copied, command):
    (copied / "small.yaml").write_text(SMALL.replace("about:", "main: M\nsmallest: 90\nabout:"))
    _, out, _ = command("run", "small.yaml", "--inline")
    assert "12 of 12 runs are in (nothing to train)" in out
    assert finding(out)[0].startswith("Does M matter? No. M = 2 vs 1: ")
    assert "too small to matter" in finding(out)[0]


@pytest.mark.parametrize("content", ["{", "[]", '{"time": 3, "lines": []}', '{"time": "x", "lines": [3]}', "{}"])
def test_a_damaged_note_ends_nothing(copied, content, command):
    (copied / "results/small/finding.json").write_text(content)
    code, out, _ = command("status", "small")
    assert code == 0
    assert "12 of 12 runs done" in out
    assert "Finding" not in out


def test_a_note_from_somebody_else_is_short_and_printable(tmp_path):
    lines = ["\x1b[31m" + "x" * 5_000] * 100
    (tmp_path / "finding.json").write_text(json.dumps({"time": "y" * 1_000, "lines": lines}))
    found = finding_note.noted_finding(tmp_path)
    assert (len(found.time), len(found.lines), {len(line) for line in found.lines}) == (40, 20, {2_000})


def test_the_note_is_no_source_of_the_page():
    assert finding_note.NAME == rendered.FINDING
