"""`wn-sweep new` and `spaces --copy`: what they write runs, and they write over nothing."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.costs import plan
from sweep.space import Space, shipped
from sweep.space.backbones import BACKBONES
from sweep.space.drafts import BLOCKS, Draft

RING = Path(__file__).parents[1] / "docs/examples/ring.py"


def test_a_new_space_runs_as_it_is(command, tmp_path):
    code, out, err = command("new", "mine.yaml")
    assert (code, err) == (0, "")
    assert "wn-sweep run mine.yaml" in out
    text = (tmp_path / "mine.yaml").read_text()
    assert text.count("#") > 15
    # every network is built and traced
    planned = plan(Space.load(tmp_path / "mine.yaml"))
    assert planned.runs == 63
    assert all(one.agrees for one in planned.points)


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("dataset", ["digits", "cifar10"])
def test_every_draft_is_a_space_with_all_its_families(backbone, dataset, tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(Draft("x", 'What is "better"?', backbone, list(BLOCKS), dataset).text())
    found = plan(Space.load(path), traced=0)
    assert {one.point.family for one in found.points} == set(BLOCKS)
    assert not found.rejected
    assert found.space.about == 'What is "better"?'


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        *((word, word) for word in ("2024", "1e5", "true", "null", "0x1F", "1.5", "2026-11-28", "no", "0o7", "1_0")),
        ("é-x y", "xy"),
        ("ü", "mine"),
        ("n" * 200, "n" * 100),
    ],
)
def test_a_new_space_in_a_folder_of_any_name(folder, name, command, tmp_path):
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / "space.yaml"
    assert command("new", str(path))[0] == 0
    assert Space.load(path).name == name


@pytest.mark.parametrize(
    "about",
    [
        *(
            "",
            "a\nb",
            "tab\there",
            'quote " back\\',
            "\x07bell",
            "a  # b",
            "x\x85y",
            "\u2028z",
            "Größe größer?",
            "🙂 \ufeff",
            "~",
        ),
        *("2024", "yes", "null", "- a", "{a: b}", "a: b", "#", "&x", "*x", "!x", "%", "@", "`", " ", "'"),
    ],
)
def test_a_question_is_kept_as_it_was_asked(about, tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(Draft("n", about, "shufflenet_v2", ["static", "se"], "digits").text(), encoding="utf-8")
    assert Space.load(path).about == about
    assert about.isascii() or "\\U" in path.read_text() or about in path.read_text()


def test_words_of_ones_own_network_are_kept(command, tmp_path):
    (tmp_path / "wordnets.py").write_text(
        "from typing import Literal\n"
        "def make(channels, classes, null: Literal['a  # b', 'true', '8', None], deep: Literal[True, 'é', 2]):\n"
        "    raise ValueError('never built')\n"
    )
    assert command("new", "--backbone", "wordnets:make")[0] == 0
    assert Space.load(tmp_path / "space.yaml").grid == [{"null": ["a  # b", "true", "8", None], "deep": [True, "é", 2]}]


def test_a_network_of_ones_own(command, tmp_path):
    (tmp_path / "ring.py").write_text(RING.read_text())
    assert command("new", "--backbone", "ring:ring", "--name", "ours")[0] == 0
    found = plan(Space.load(tmp_path / "space.yaml"))
    assert [dict(one.point.options) for one in found.points] == [
        {"width": w, "depth": d} for w in (16, 32) for d in (2, 4)
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--family", "weight"], "did you mean 'weightnet'?"),
        (["--dataset", "mnst"], "did you mean 'mnist'?"),
        (["--backbone", "nowhere:net"], "there is no module"),
        (["--backbone", "resnet19"], "did you mean 'resnet18'?"),
        (["--name", "a/b"], "is used in file names"),
        (["--dataset", "imagefolder"], "--images: is missing"),
        # it can be planned for, and not run
        (["--dataset", "imagenet"], "'imagenet' is unknown"),
        (["--images", "x"], "--images: is for imagefolder and huggingface"),
        (["nowhere/space.yaml"], "there is no folder nowhere"),
    ],
)
def test_a_mistake_writes_nothing(words, told, command, tmp_path):
    code, _, err = command("new", *words)
    assert (code, told in err) == (2, True), err
    assert not list(tmp_path.rglob("*.yaml"))


def test_the_next_command_can_be_copied(command):
    _, out, _ = command("new", "ü ü.yaml")
    assert "Next: wn-sweep plan 'ü ü.yaml', which trains nothing, then wn-sweep run 'ü ü.yaml'" in out


def test_nothing_is_written_over(command, tmp_path):
    (tmp_path / "space.yaml").write_text("mine")
    (tmp_path / "quick.yaml").symlink_to("nowhere")
    for words in (["new"], ["spaces", "--copy", "quick"]):
        code, _, err = command(*words)
        assert (code, "this file exists" in err) == (2, True)
    assert (tmp_path / "space.yaml").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_of_a_space_that_ships(command, tmp_path):
    assert command("spaces", "--copy", "quick")[0] == 0
    assert (tmp_path / "quick.yaml").read_bytes() == shipped()["quick"].read_bytes()
    code, _, err = command("spaces", "--copy", "quik")
    assert (code, "did you mean 'quick'?" in err) == (2, True)


def test_in_a_terminal_it_asks_for_what_no_option_says(tmp_path):
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "sweep.cli", "new", "--name", "asked", "--backbone", "resnet18", "--about", "Why?"]
    asking = subprocess.Popen(
        words,
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": str(RING.parents[2])},
    )
    os.write(ours, b"static, se\nminst\ndigits\n")
    assert asking.wait(60) == 0
    said = os.read(ours, 1 << 16).decode()
    assert "Families to compare" in said
    assert "Name of the sweep" not in said
    assert "did you mean 'mnist'?" in said
    assert {one.point.family for one in plan(Space.load(tmp_path / "space.yaml"), traced=0).points} == {"static", "se"}
