"""The folder that Ray works in: cleared when its owner is gone, and never before."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import processes
import pytest

from sweep.engine import scratch
from sweep.engine.executor import Inline
from sweep.engine.scratch import Scratch, clear
from sweep.errors import EngineError

MARKER = "wn-sweep scratch 1"
# a child in a session of its own that keeps a file of the folder open
WORKER = "import sys, time; file = open(sys.argv[1] + '/held', 'w'); print(flush=True); time.sleep(600)"
OWNER = """
import os, subprocess, sys
from sweep.engine.scratch import Scratch
scratch = Scratch()
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(scratch.folder)], start_new_session=True, stdout=-1)
child.stdout.readline()
scratch.lend(child.pid)
print(scratch.folder, child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(monkeypatch, tmp_path):
    """A process that owns a folder in which another one works: (process, folder, the other one's id)."""
    place = (
        "import pathlib, sweep.engine.scratch as s\ns._places, s._LONGEST = lambda: [pathlib.Path(sys.argv[2])], 999\n"
    )
    code = OWNER.replace("scratch = Scratch()", f"{place}scratch = Scratch()")
    monkeypatch.setattr(scratch, "_places", lambda: [tmp_path])
    monkeypatch.setattr(scratch, "_LONGEST", 999)
    process = subprocess.Popen(
        [sys.executable, "-c", code, WORKER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    folder, pid = process.stdout.readline().split()
    yield process, tmp_path / folder, int(pid)
    processes.end({process.pid, int(pid)})
    process.communicate()


def test_a_folder_whose_owner_lives_is_left_alone(owner):
    _, folder, worker = owner
    Scratch().clear()
    assert folder.exists()
    assert processes.alive({worker}) == {worker}


def test_a_folder_whose_owner_was_killed_is_cleared(owner, tmp_path):
    process, folder, worker = owner
    process.kill()
    process.wait()
    assert folder.exists()
    mine = Scratch()
    assert processes.alive({worker}) == set()
    assert list(tmp_path.iterdir()) == [mine.folder]
    mine.clear()
    assert list(tmp_path.iterdir()) == []


def test_it_is_cleared_by_a_sweep_without_ray_too(owner, tmp_path):
    process, folder, worker = owner
    Inline().start()
    assert folder.exists()
    process.kill()
    process.wait()
    Inline().start()
    assert not folder.exists()
    assert processes.alive({worker}) == set()


def test_a_session_of_another_that_has_the_number_now_is_left_alone(owner, tmp_path):
    process, folder, worker = owner
    process.kill()
    process.wait()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    (folder / "lock").write_text(f"{MARKER}\n{stranger.pid}\n")
    Scratch().clear()
    assert not folder.exists()
    assert processes.alive({stranger.pid, worker}) == {stranger.pid, worker}
    stranger.communicate(b"\n")


@pytest.fixture
def place(monkeypatch, tmp_path):
    """An empty place for such folders; processes that would be ended are a failure."""
    monkeypatch.setattr(scratch, "_places", lambda: [tmp_path / "place"])
    monkeypatch.setattr(scratch, "_LONGEST", 999)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("killed a process"))
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def made(folder, text):
    folder.mkdir(mode=0o700)
    (folder / "lock").write_text(text)
    (folder / "file").write_text("")


@pytest.mark.parametrize("session", ["\n", "\n0\n", "\n99999999999999999999\n", "\n-1\n", "\n\N{SUPERSCRIPT TWO}\n"])
def test_a_folder_of_no_session(session, place):
    made(place / "wn-sweep-old", f"{MARKER}{session}")
    Scratch().clear()
    assert list(place.iterdir()) == []
    clear(place, None)


@pytest.mark.parametrize("text", ["", "0", "1", "wn-sweep scratch", f"{MARKER}0\n1", f" {MARKER}\n", '{"process": 1}'])
def test_a_folder_without_our_marker_is_left_alone(text, place):
    """It may be anybody's: a sweep of the name wn-sweep-mine with --results /tmp has an empty lock in its folder."""
    made(place / "wn-sweep-mine", text)
    (place / "wn-sweep-empty").mkdir()
    Scratch().clear()
    assert {path.name for path in place.iterdir()} == {"wn-sweep-mine", "wn-sweep-empty"}
    assert {path.name for path in (place / "wn-sweep-mine").iterdir()} == {"lock", "file"}
    assert (place / "wn-sweep-mine/lock").read_text() == text


def test_nothing_is_removed_through_a_link(place, tmp_path):
    made(tmp_path / "mine", f"{MARKER}\n")
    (place / "wn-sweep-link").symlink_to(tmp_path / "mine")
    made(place / "wn-sweep-locked", "")
    (place / "wn-sweep-locked/lock").unlink()
    (place / "wn-sweep-locked/lock").symlink_to(tmp_path / "mine/lock")
    # inside one of ours, what a link leads to stays
    made(place / "wn-sweep-ours", f"{MARKER}\n")
    (place / "wn-sweep-ours/lead").symlink_to(tmp_path / "mine")
    Scratch().clear()
    assert {path.name for path in place.iterdir()} == {"wn-sweep-link", "wn-sweep-locked"}
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"lock", "file"}


@pytest.mark.parametrize("rights", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_in_is_left_alone(rights, place):
    made(place / "wn-sweep-open", f"{MARKER}\n")
    (place / "wn-sweep-open").chmod(rights)
    Scratch().clear()
    assert (place / "wn-sweep-open/file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_left_alone(place):
    made(place / "wn-sweep-theirs", f"{MARKER}\n")
    os.chown(place / "wn-sweep-theirs", 12345, 12345)
    Scratch().clear()
    assert (place / "wn-sweep-theirs/file").exists()


@pytest.mark.timeout(10)
def test_a_fifo_in_place_of_a_lock_holds_nobody_up(place):
    made(place / "wn-sweep-fifo", "")
    (place / "wn-sweep-fifo/lock").unlink()
    os.mkfifo(place / "wn-sweep-fifo/lock")
    Scratch().clear()
    assert (place / "wn-sweep-fifo/file").exists()


@pytest.fixture
def short():
    """A folder with a short path, as temporary files have."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/var/tmp") as folder:
        yield Path(folder)


def test_a_folder_of_the_environment_comes_first(short, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(short))
    mine = Scratch()
    assert mine.folder.parent == short
    mine.clear()
    assert list(short.iterdir()) == []


@pytest.mark.parametrize("name", ["missing", "file", "x" * 60, "full"])
def test_a_folder_of_the_environment_that_cannot_be_used_is_passed_over(name, short, monkeypatch):
    (short / "file").write_text("")
    (short / "full").mkdir()
    (short / ("x" * 60)).mkdir()
    if name == "full":
        made = scratch._made

        def full(place):
            if place == short / "full":
                raise OSError(28, "No space left on device")
            return made(place)

        monkeypatch.setattr(scratch, "_made", full)
    monkeypatch.setenv("TMPDIR", str(short / name))
    monkeypatch.setenv("TMP", str(short))
    mine = Scratch()
    assert mine.folder.parent == short
    mine.clear()


def test_a_full_disk_leaves_no_folder(short, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scratch, "open_regular", full)
    with pytest.raises(OSError, match="No space left"):
        scratch._made(short)
    assert list(short.iterdir()) == []


def test_no_place_at_all_is_told_with_each_reason(monkeypatch):
    monkeypatch.setattr(scratch, "_places", lambda: [Path("/nowhere"), Path("/" + "x" * 80)])
    with pytest.raises(EngineError) as told:
        Scratch()
    assert "/nowhere: No such file or directory; /xxx" in str(told.value)
    assert re.search(r"x: longer than \d+ bytes\); set TMPDIR to a folder", str(told.value))


def test_the_order_is_that_of_python(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, f"/of/{name}")
    candidates = [Path(place) for place in tempfile._candidate_tempdir_list()]
    assert scratch._places() == candidates == [*candidates[:3], *map(Path, ("/tmp", "/var/tmp", "/usr/tmp")), tmp_path]


def test_a_token_is_random_and_of_this_user_alone(place):
    tokens = []
    for _ in range(2):
        mine = Scratch()
        file = mine.token()
        assert file.parent == mine.folder
        assert (file.stat().st_mode & 0o777, mine.folder.stat().st_mode & 0o777) == (0o600, 0o700)
        tokens.append(file.read_text())
        mine.clear()
    assert tokens[0] != tokens[1]
    assert all(re.fullmatch("[0-9a-f]{64}", token) for token in tokens)
