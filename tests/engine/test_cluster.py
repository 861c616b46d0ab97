"""A sweep on a cluster: several Ray nodes on one machine, of which some leave and some join."""

import pandas as pd
import processes
import pytest
from nodes import SETTINGS, nodes
from small import LONGER
from sweeps import OUTCOME, rows, start, wait_for_rows

from sweep.engine.tune_executor import Tune
from sweep.engine.work import Work
from sweep.errors import EngineError
from sweep.space.schema import Resources

pytestmark = pytest.mark.sweeps


@pytest.fixture(scope="module")
def cluster():
    with nodes(3) as address_and_tell:
        yield address_and_tell


@pytest.fixture(autouse=True)
def _joining(monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def disturb(folder, address, *steps):
    """Start a sweep and do (rows that are in, function) in turn; give exit code, stdout and stderr."""
    (folder / "small.yaml").write_text(LONGER)
    process = start(folder, "--address", address)
    try:
        for count, step in steps:
            wait_for_rows(process, folder, count)
            step()
        out, told = process.communicate(timeout=400)
    finally:
        processes.end({process.pid, *processes.descendants(process.pid)})
    return process.returncode, out, told


def test_a_node_leaves_and_a_node_joins(cluster, undisturbed, tmp_path):
    address, tell = cluster
    code, out, told = disturb(tmp_path, address, (5, lambda: tell("kill")), (12, lambda: tell("add")))
    assert (code, told) == (0, "")
    assert "as many at a time as the cluster has room for" in out
    pd.testing.assert_frame_equal(rows(tmp_path)[OUTCOME], undisturbed[OUTCOME])


def test_a_cluster_that_goes_ends_the_sweep_with_what_landed(cluster, undisturbed, tmp_path):
    address, tell = cluster
    code, _, told = disturb(tmp_path, address, (3, lambda: tell("kill head")))
    assert code == 1
    assert told.startswith(f"{address}: ")
    assert told.count("\n") == 1
    landed = rows(tmp_path)
    assert 3 <= len(landed) < len(undisturbed)
    pd.testing.assert_frame_equal(landed[OUTCOME], undisturbed.loc[landed.index, OUTCOME])


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1:1", "nothing answers there: .*refused"),
        ("ray://127.0.0.1:1", "nothing answers there: .*refused"),
        ("nowhere.invalid:6379", "nothing answers there"),
        ("127.0.0.1:123456", "nothing answers there"),
        ("nonsense", "no address of a Ray cluster: that is auto, host:port or ray://host:port"),
    ],
)
def test_a_wrong_address_is_told_at_once(address, why):
    with pytest.raises(EngineError, match=f"^{address}: {why}"):
        Tune(Resources(), address=address).submit([Work(())])
