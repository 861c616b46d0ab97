"""The lock on a sweep: one driver at a time, who it is, and none that outlives its process."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sweep.engine import lock as locks
from sweep.engine.lock import holder, locked
from sweep.errors import LedgerError

HOLD = """
import sys, time
from pathlib import Path
from sweep.engine.lock import locked
with locked(Path(sys.argv[1])) as lock:
    lock.train(3)
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def another(tmp_path):
    """A process that holds the lock of `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_driver_is_told_who_holds_it(another, tmp_path):
    told = rf"another wn-sweep \(process {another.pid} on {socket.gethostname()}, since 20.+\) is running this sweep"
    with pytest.raises(LedgerError, match=told), locked(tmp_path):
        pass
    found = holder(tmp_path)
    assert (found.process, found.workers) == (another.pid, 3)


def test_the_lock_of_a_process_that_was_killed_blocks_nobody(another, tmp_path):
    another.send_signal(signal.SIGKILL)
    another.wait()
    assert (tmp_path / "lock").read_text()  # it is still written there
    assert holder(tmp_path) is None
    with locked(tmp_path):
        assert holder(tmp_path).process == os.getpid()
    assert holder(tmp_path) is None


def test_nobody_holds_what_is_not_there(tmp_path):
    assert holder(tmp_path / "none") is None
    assert list(tmp_path.iterdir()) == []


NAME = {"process": 1, "host": "h", "since": "2026-11-28T08:00:00+00:00", "workers": 2}
WRONG = [
    {"process": "1"},
    {"host": 3},
    {"since": "now"},
    {"since": 3},
    {"workers": None},
    {"workers": True},
    {"more": 1},
]
TEXTS = ["", "{", "process 12", '{"process": 1}', "[" * 4000, *(json.dumps(NAME | wrong) for wrong in WRONG)]


@pytest.mark.parametrize("text", TEXTS)
def test_a_lock_that_says_nothing_of_use_still_locks(text, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "WAITS", (0.01,))
    with locked(tmp_path):
        (tmp_path / "lock").write_text(text)
        assert holder(tmp_path) is None
        with pytest.raises(LedgerError, match="another wn-sweep is running this sweep"), locked(tmp_path):
            pass


def full_disk(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    monkeypatch.setattr(os, "write", full)


def test_a_full_disk_keeps_nobody_from_holding_it(tmp_path, monkeypatch):
    full_disk(monkeypatch)
    with locked(tmp_path) as lock:
        lock.train(2)
        with pytest.raises(LedgerError, match="another wn-sweep is running"), locked(tmp_path):
            pass


def test_a_disk_that_fills_up_takes_no_name_away(tmp_path, monkeypatch):
    with locked(tmp_path) as lock:
        full_disk(monkeypatch)
        lock.train(2)
        assert holder(tmp_path).process == os.getpid()


def test_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path):
    (tmp_path / "lock").write_text(json.dumps({"process": 1, "host": "h" * 500, "since": "", "workers": 0}))
    with locked(tmp_path):
        assert holder(tmp_path).host == socket.gethostname()


@pytest.mark.parametrize("text", [b"", b"precious", b'{"precious": 1}'])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_lock_that_leads_to_another_file_is_refused(link, text, tmp_path):
    """A folder that somebody sent may hold one; an empty file that has two names can be locked without harm."""
    victim, folder = tmp_path / "victim", tmp_path / "sweep"
    victim.write_bytes(text)
    folder.mkdir()
    link(victim, folder / "lock")
    if link is os.symlink or text:
        with (
            pytest.raises(LedgerError, match=r"lock: (cannot be the lock|was not written by wn-sweep)"),
            locked(folder),
        ):
            pass
        assert victim.read_bytes() == text
    assert holder(folder) is None


def test_a_link_to_nothing_makes_no_file_elsewhere(tmp_path):
    folder = tmp_path / "sweep"
    folder.mkdir()
    (folder / "lock").symlink_to(tmp_path / "made")
    with pytest.raises(LedgerError, match="it is a symbolic link, not a regular file; remove it"), locked(folder):
        pass
    assert not (tmp_path / "made").exists()


@pytest.mark.timeout(10)
@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a FIFO"), (os.mkdir, "a directory")])
def test_what_is_no_file_is_no_lock(make, kind, tmp_path):
    make(tmp_path / "lock")
    assert holder(tmp_path) is None
    with pytest.raises(LedgerError, match=f"it is {kind}, not a regular file"), locked(tmp_path):
        pass


@pytest.mark.timeout(30)
def test_the_state_of_a_sweep_whose_lock_is_a_fifo(tmp_path, command):
    folder = tmp_path / "results/quick"
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "golden/ledgers/quick/ledger.sqlite", folder)
    os.mkfifo(folder / "lock")
    code, out, err = command("status", "quick")
    assert (code, err) == (0, "")
    assert "quick: 90 of 90 runs done" in out


def test_one_who_looks_keeps_nobody_out(tmp_path):
    stop = threading.Event()

    def look():
        while not stop.is_set():
            holder(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            with locked(tmp_path):
                pass
    finally:
        stop.set()
        looking.join()
