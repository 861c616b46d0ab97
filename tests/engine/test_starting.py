"""Ray that starts slowly, or ends while it starts: what is told, and when."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sweep.engine import ray_settings, tune_executor
from sweep.engine.tune_executor import _Ray

WATCH = """
import os, subprocess, sys, threading, time
from sweep.engine.tune_process import _watch_over
# they end by themselves, and hold no stream open until then
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
children = [subprocess.Popen([program, "8"], **quiet) for program in (sys.argv[1], "sleep")]
say = lambda **said: print(said, flush=True)
threading.Thread(target=_watch_over, args=(say, threading.Event()), daemon=True).start()
time.sleep(1.2)
children[int(sys.argv[2])].kill()
time.sleep(1.5)
print("still here", flush=True)
os._exit(0)
"""


@pytest.fixture
def starting(tmp_path, monkeypatch):
    """A process of Ray's that has said nothing yet, and the other end of its stdout."""
    reading, writing = os.pipe()
    ray = object.__new__(_Ray)
    ray._process = SimpleNamespace(stdout=os.fdopen(reading, "rb", buffering=0))
    ray._scratch = SimpleNamespace(folder=tmp_path)
    ray.started, ray._address, ray._began, ray._next_note = False, None, time.monotonic(), 0.05
    ray._within = 0.5
    for name, value in {"NOTE_EVERY": 0.2, "LOOK_EVERY": 0.01}.items():
        monkeypatch.setattr(tune_executor, name, value)
    yield ray, writing
    os.close(writing)
    ray._process.stdout.close()


def test_what_is_waited_for_is_told_now_and_then_with_its_logs(starting, tmp_path):
    notes = []
    assert not starting[0]._hear(notes.append)
    assert 2 <= len(notes) <= 3
    assert notes[0] == f"Waiting for Ray to start, for 0 s now; its logs: {tmp_path}/ray/session_latest/logs"


def test_a_cluster_is_named(starting):
    notes = []
    starting[0]._address = "10.0.0.1:6379"
    starting[0]._hear(notes.append)
    assert notes[0] == "Waiting for cluster 10.0.0.1:6379 to start, for 0 s now"


def test_nothing_is_told_of_one_that_starts_in_time(starting):
    ray, writing = starting
    os.write(writing, b"{}\n")
    assert ray._hear(pytest.fail)
    ray.started = True
    assert ray._hear(pytest.fail)


@pytest.mark.parametrize(("killed", "expected"), [(0, "lost"), (1, "still here")])
def test_one_of_rays_processes_that_ends_while_ray_starts_ends_the_start(killed, expected, tmp_path):
    raylet = tmp_path / "raylet"
    raylet.symlink_to("/bin/sleep")
    command = [sys.executable, "-c", WATCH, str(raylet), str(killed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert expected in done.stdout, done.stderr
    assert (done.returncode == 1) == (expected == "lost")


def test_rays_own_limits_are_raised_on_one_machine_and_a_person_may_set_them(monkeypatch):
    assert ray_settings.settings(None)["RAY_worker_register_timeout_seconds"] == "300"
    assert "RAY_worker_register_timeout_seconds" not in ray_settings.settings("auto")
    assert (Path(tune_executor.__file__).with_name("light") / "rfc3987_syntax.py").exists()
