"""A disk that is full ends the sweep with a clear error; the ledger can be read, and goes on once there is room."""

import json
import os
import subprocess

import pandas as pd
import processes
import pytest
from small import LONGER
from sweeps import rows, start

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.proxy import train
from sweep.space import Space

pytestmark = pytest.mark.sweeps

SHORT = LONGER.replace("epochs: 12", "epochs: 1").replace("seeds: 8", "seeds: 12")


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, and a way to change its size."""

    def mount(options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", tmp_path], check=True, capture_output=True)

    try:
        mount("size=512k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a small disk")
    try:
        yield tmp_path, lambda size: mount(f"remount,size={size}")
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


def _fill(folder, left):
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / "filler").write_bytes(bytes(max(0, free - left)))


def test_a_full_disk(disk):
    folder, resize = disk
    (folder / "small.yaml").write_text(SHORT)
    # room for the first few runs
    _fill(folder, 84 << 10)
    process = start(folder, "--inline", "--no-report")
    try:
        _, told = process.communicate(timeout=200)
    finally:
        processes.end({process.pid, *processes.descendants(process.pid)})
    assert process.returncode == 1
    assert told.startswith("results/small/ledger.sqlite: cannot be written: ")
    assert told.endswith("what was in it is safe\n")
    before = rows(folder)
    assert 0 < len(before) < 72
    (folder / "filler").unlink()
    resize("16m")
    process = start(folder, "--inline", "--no-report")
    _, told = process.communicate(timeout=200)
    assert (told, process.returncode) == ("", 0)
    after = rows(folder)
    pd.testing.assert_frame_equal(after.loc[before.index], before)
    runs = wanted(plan(Space.load(folder / "small.yaml"), traced=False))
    assert set(after.index) == {run.key for run in runs}
    for run in runs[::12]:
        truth = train(run.point, run.proxy, run.seed)
        assert (after.loc[run.key, "error"], json.loads(after.loc[run.key, "losses"])) == (truth.error, [*truth.losses])
    # no room for the report
    _fill(folder, 0)
    process = start(folder, "--inline")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told == "reports/small: the report cannot be written: No space left on device; every run is safe\n"


@pytest.mark.parametrize("left", [0, 8])
def test_a_disk_that_is_full_from_the_start(left, disk):
    folder, _ = disk
    (folder / "small.yaml").write_text(SHORT)
    _fill(folder, left << 10)
    process = start(folder, "--inline")
    _, told = process.communicate(timeout=200)
    assert process.returncode == 1
    assert told.count("\n") == 1
    assert ": the ledger cannot be made: " in told
