"""One interruption ends a command, a second does nothing, and none falls into a start or a clean-up."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import processes
import pytest
from small import LONGER

from sweep.signals import POLITE, deferred

COMMAND = Path(sys.executable).with_name("wn-sweep")
ONCE = """
import os, signal, sys, time
from sweep.signals import POLITE, deferred, interrupt_once, interrupted
interrupt_once(*POLITE)
try:
    {0}
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.05)
    print("cleaned up", interrupted())
"""


def heeded():
    """Heed SIGHUP, also where these tests run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def run(body, begin=heeded):
    return subprocess.run(
        [sys.executable, "-c", ONCE.format(body)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        preexec_fn=begin,
    )


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_second_interruption_does_not_fall_into_the_clean_up(first):
    done = run(f"os.kill(os.getpid(), signal.{first}); time.sleep(5)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cleaned up True\n", "")


def test_what_nohup_ignores_stays_ignored():
    done = run(
        "os.kill(os.getpid(), signal.SIGHUP); print('went on', interrupted())",
        begin=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert done.stdout == "went on False\n"


def test_an_interruption_within_what_must_be_whole_comes_at_its_end():
    within = "os.kill(os.getpid(), signal.SIGINT); time.sleep(0.05); print('whole')"
    body = f"with deferred():\n        {within}\n    print('never')"
    done = run(body)
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\ncleaned up True\n", "")


def test_handlers_are_as_they_were_afterwards():
    before = [signal.getsignal(one) for one in POLITE]
    with deferred():
        assert [signal.getsignal(one) for one in POLITE] != before
    assert [signal.getsignal(one) for one in POLITE] == before

    def elsewhere():
        with deferred():
            pass

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert [signal.getsignal(one) for one in POLITE] == before


def loaded(pid, library):
    try:
        return library in (Path("/proc") / str(pid) / "maps").read_text()
    except OSError:
        return False


@pytest.mark.sweeps
@pytest.mark.ray
@pytest.mark.parametrize(
    "after", [0.0, 2.5, *(pytest.param(after, marks=pytest.mark.faults) for after in (0.05, 0.15, 0.4, 1.0, 6.0))]
)
def test_two_interruptions_in_20_ms_leave_nothing_behind(after, tmp_path):
    (tmp_path / "small.yaml").write_text(LONGER)
    with tempfile.TemporaryDirectory(prefix="t", dir="/var/tmp") as scratch:
        process = subprocess.Popen(
            [COMMAND, "run", "small.yaml"],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": scratch},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        below = set()
        try:
            # what comes before this is Python's own start
            while not loaded(process.pid, "pydantic_core"):
                assert process.poll() is None
                time.sleep(0.005)
            time.sleep(after)
            below = processes.descendants(process.pid)
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.02)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130, err
            assert err.startswith("Interrupted")
            assert "Traceback" not in err
            deadline = time.monotonic() + 15
            while processes.alive(below) or list(Path(scratch).iterdir()):
                assert time.monotonic() < deadline, (below, list(Path(scratch).iterdir()))
                time.sleep(0.1)
        finally:
            processes.end({process.pid, *below})
