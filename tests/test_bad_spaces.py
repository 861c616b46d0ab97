"""Malformed spaces: exit code 2, a line that names file and line, no traceback, nothing written."""

import re
import subprocess
import sys

import pytest
from bad_spaces import CASES, FILES
from small import SMALL

from sweep.engine.ledger import Ledger


def unharmed(tmp_path, before):
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert not any(p.is_dir() for p in tmp_path.iterdir())


def check(command, tmp_path, file, line, told):
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    code, out, err = command("run", file.name, "--inline")
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    named = [said for said in err.splitlines() if said.startswith(f"{file.name}:{line}: ")]
    assert named, f"no line says {file.name}:{line}\n{err}"
    assert any(re.search(told, said) for said in named), err
    unharmed(tmp_path, before)


@pytest.mark.parametrize("what", CASES)
def test_a_wrong_space(what, command, write, tmp_path):
    old, new, line, told = CASES[what]
    assert SMALL.count(old) >= 1
    check(command, tmp_path, write(SMALL.replace(old, new, 1)), line, told)


@pytest.mark.parametrize("what", FILES)
def test_a_wrong_file(what, command, write, tmp_path):
    content, line, told = FILES[what]
    check(command, tmp_path, write(content), line, told)


def test_images_that_cannot_be_read(command, write, tmp_path):
    path = write(SMALL.replace("{name: digits, train: 200, validation: 100}", "imagenet"))
    check(command, tmp_path, path, 16, "can be planned for, but this version cannot read its images")
    assert command("plan", path.name, "--no-forecast", "--trace", 0)[0] == 0


def test_more_runs_than_a_sweep_can_have(command, write, tmp_path):
    many = "width: {low: 0.13, high: 1, step: 0.00005}"
    path = write(SMALL.replace("- family: static", f"- family: static\n    {many}").replace("seeds: 2", "seeds: 40"))
    check(command, tmp_path, path, 10, r"asks for [\d,]+ runs, more than the 1,000,000 of one sweep")


def test_a_wrong_space_leaves_an_existing_ledger_as_it_was(command, write, tmp_path):
    folder = tmp_path / "results" / "small"
    with Ledger.create(folder / "ledger.sqlite") as ledger:
        ledger.describe("small", {"name": "small"})
    before = (folder / "ledger.sqlite").read_bytes()
    for old, new, _, _ in CASES.values():
        assert command("run", write(SMALL.replace(old, new, 1)).name)[0] == 2
    assert (folder / "ledger.sqlite").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("what", CASES)
def test_a_plan_tells_the_same(what, command, write):
    old, new, _, _ = CASES[what]
    path = write(SMALL.replace(old, new, 1))
    assert command("plan", path.name) == command("run", path.name, "--inline")


@pytest.mark.parametrize("option", ["--results", "--reports"])
def test_a_folder_that_cannot_be_used(option, command, small, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = command("run", small.name, option, "file", "--inline")
    assert (code, out) == (2, "")
    assert "file/small: cannot be used" in err or "there is no such ledger" in err


def test_a_line_number_is_no_emoji(command, write):
    code, _, err = command("plan", write("\n" * 99 + "abuot: x\n").name)
    assert code == 2
    assert "space.yaml:100: abuot: unknown key" in err


def test_a_missing_file(command, tmp_path):
    check(command, tmp_path, tmp_path / "absent.yaml", 1, "no such file")


def test_a_folder(command, tmp_path):
    code, _, err = command("run", tmp_path, "--inline")
    assert (code, err.splitlines()) == (2, [f"{tmp_path}:1: this is a directory, not a file"])


def test_each_mistake_has_its_line(command, write):
    text = SMALL.replace("about:", "abuot:").replace("epochs: 8", "epochs: x").replace("seeds: 2", "seeds: -1")
    code, _, err = command("plan", write(text).name)
    assert code == 2
    assert [line.split(":")[1] for line in err.splitlines()] == ["2", "17", "22"]


def test_of_a_range_of_wrong_values_the_first_is_told_and_that_there_are_more(command, write):
    path = write(
        SMALL.replace("M: [1, 2]", "M: {low: -50, high: 50, step: 1}\n    width: {low: 15, high: 4000, step: 1}")
    )
    code, _, err = command("plan", path.name)
    assert code == 2
    assert err.splitlines() == [
        "space.yaml:13: grid[1].M[0]: must be over 0 and at most 4096, found -50",
        "space.yaml:13: grid[1].M: not all of its other 100 values are right either",
        "space.yaml:14: grid[1].width[2]: must be at most 16.0, found 17",
        "space.yaml:14: grid[1].width: not all of its other 3,985 values are right either",
    ]


def test_of_very_many_mistakes_the_number_is_told(command, write):
    families = ", ".join(f"weightnet{i}" for i in range(70))
    blocks = "".join(f"  - {{family: [{families}], wdith{i}: 1}}\n" for i in range(70))
    code, _, err = command("plan", write(SMALL.replace("grid:\n", f"grid:\n{blocks}")).name)
    lines = err.splitlines()
    assert (code, len(lines)) == (2, 41)
    assert lines[-1] == f"and {70 * (20 + 1 + 1) - 40:,} more mistakes"


def test_the_real_command_in_a_process_of_its_own(write, tmp_path):
    write(SMALL.replace("family: weightnet", "family: weightnett"))
    words = [sys.executable, "-m", "sweep.cli", "run", "space.yaml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("space.yaml:12: grid[1].family: 'weightnett' is not a known family")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["space.yaml"]
