"""The lock on a sweep: one driver at a time, who it is, and none that outlives its process."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

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
    told = rf"another wn-sweep \(process {another.pid} on {socket.gethostname()}, since 20.+\) is at work on this sweep"
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


@pytest.mark.parametrize("text", ["", "{", "process 12", '{"process": 1}'])
def test_a_lock_that_says_nothing_of_use_still_locks(text, tmp_path):
    with locked(tmp_path):
        (tmp_path / "lock").write_text(text)
        assert holder(tmp_path) is None
        with pytest.raises(LedgerError, match="another wn-sweep is at work on this sweep"), locked(tmp_path):
            pass


def test_a_full_disk_keeps_nobody_from_holding_it(tmp_path):
    (tmp_path / "lock").symlink_to("/dev/full")
    with locked(tmp_path) as lock:
        lock.train(2)
        with pytest.raises(LedgerError, match="another wn-sweep is at work"), locked(tmp_path):
            pass


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
