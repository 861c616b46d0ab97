"""Sweeps that are interrupted, killed or lose a worker: what landed stays, the same command goes on."""

import json
import os
import signal
import time

import pandas as pd
import processes
import pytest
from small import SMALL
from sweeps import OUTCOME, rows, start, wait_for_rows, wn_sweep

pytestmark = [pytest.mark.sweeps, pytest.mark.ray]


@pytest.mark.faults
def test_a_killed_driver_goes_on_from_checkpoints(swept, tmp_path):
    folder, *_ = swept
    process = start(tmp_path, "--checkpoint-every", 0, text=SMALL)
    below = set()
    try:
        wait_for_rows(process, tmp_path, 2)
        below = processes.descendants(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    finally:
        processes.end({process.pid, *below})
    assert list((tmp_path / "results/small/checkpoints").iterdir())
    shown = json.loads(wn_sweep(tmp_path, "status", "small", "--json").stdout)
    assert (shown["driver"], shown["done"]) == (None, len(rows(tmp_path)))
    assert wn_sweep(tmp_path, "run", "small.yaml").returncode == 0
    after = rows(tmp_path)
    assert len(after) == 12
    pd.testing.assert_frame_equal(after[OUTCOME], rows(folder)[OUTCOME].loc[after.index])
    assert list((tmp_path / "results/small/checkpoints").iterdir()) == []


def interrupt(stop, process, folder):
    """Interrupt the folder's sweep when four more runs are in, look whether it ends well, and give its rows."""
    had = len(rows(folder))
    below = set()
    try:
        wait_for_rows(process, folder, had + 4)
        below = processes.descendants(process.pid)
        assert processes.workers(below)
        # a terminal interrupts every process of the group, a scheduler asks the one that it started
        os.killpg(process.pid, stop) if stop is signal.SIGINT else process.terminate()
        stopped = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - stopped < 5
        assert process.returncode == 130
        assert err.startswith("Interrupted: ")
        assert "The same command goes on." in err
        assert "Traceback" not in err
        while processes.alive(below):
            assert time.monotonic() - stopped < 15, "processes are left behind"
            time.sleep(0.1)
    finally:
        processes.end({process.pid, *below})
    return rows(folder)


def kill_a_worker(process, folder):
    """Kill one that trains, when a few runs are in; nothing of the sweep listens beyond this machine until then."""
    wait_for_rows(process, folder, 3)
    below = processes.descendants(process.pid)
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    found = processes.listening({process.pid, *below})
    assert found
    assert found <= loopback
    os.kill(processes.workers(below)[0], signal.SIGKILL)


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.faults)])
def test_a_lost_worker_changes_nothing_an_interruption_is_clean_and_the_sweep_goes_on(stop, swept, tmp_path, command):
    folder, *_ = swept
    # more seeds, to be disturbed in the middle; the runs of the first two are those of the undisturbed folder
    process = start(tmp_path, text=SMALL.replace("seeds: 2", "seeds: 16"))
    try:
        kill_a_worker(process, tmp_path)
    except BaseException:
        processes.end({process.pid, *processes.descendants(process.pid)})
        raise
    before = interrupt(stop, process, tmp_path)
    assert 7 <= len(before) < 96
    # the run of the lost worker was tried again, not told as failed
    assert set(before["status"]) == {"done"}
    (tmp_path / "small.yaml").write_text(SMALL)
    assert command("run", "small.yaml", "--inline", "--no-report")[0] == 0
    undisturbed, after = rows(folder), rows(tmp_path)
    common = undisturbed.index.intersection(after.index)
    assert len(common) == 12
    pd.testing.assert_frame_equal(after[OUTCOME].loc[common], undisturbed[OUTCOME].loc[common])
    pd.testing.assert_frame_equal(after.loc[before.index], before)


@pytest.mark.faults
def test_a_sweep_that_lost_a_worker_is_done_whole(swept, tmp_path):
    folder, *_ = swept
    process = start(tmp_path, "--no-report", text=SMALL.replace("seeds: 2", "seeds: 6"))
    try:
        kill_a_worker(process, tmp_path)
        out, err = process.communicate(timeout=120)
    finally:
        processes.end({process.pid, *processes.descendants(process.pid)})
    assert (process.returncode, err) == (0, "")
    assert "36 of 36 runs are in (36 trained now)" in out
    undisturbed, after = rows(folder), rows(tmp_path)
    common = undisturbed.index.intersection(after.index)
    assert len(common) >= 12
    pd.testing.assert_frame_equal(after[OUTCOME].loc[common], undisturbed[OUTCOME].loc[common])
