"""The folder that Ray works in: cleared when its owner is gone, and never before."""

import os
import subprocess
import sys

import processes
import pytest

from sweep.engine import scratch
from sweep.engine.scratch import Scratch, clear

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
    code = OWNER.replace(
        "scratch = Scratch()",
        "import pathlib, sweep.engine.scratch as s\ns._PLACE = pathlib.Path(sys.argv[2])\nscratch = Scratch()",
    )
    monkeypatch.setattr(scratch, "_PLACE", tmp_path)
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


def test_a_session_of_another_that_has_the_number_now_is_left_alone(owner, tmp_path):
    process, folder, worker = owner
    process.kill()
    process.wait()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    (folder / "lock").write_text(str(stranger.pid))
    Scratch().clear()
    assert not folder.exists()
    assert processes.alive({stranger.pid, worker}) == {stranger.pid, worker}
    stranger.communicate(b"\n")


@pytest.mark.parametrize("text", ["", "0"])
def test_a_folder_of_no_session(text, monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "_PLACE", tmp_path)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("killed a process"))
    folder = tmp_path / "wn-sweep-old"
    folder.mkdir()
    (folder / "lock").write_text(text)
    Scratch().clear()
    assert not folder.exists()
    clear(tmp_path, None)
