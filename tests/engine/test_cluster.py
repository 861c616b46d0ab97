"""A sweep on a cluster: several Ray nodes on one machine, of which some leave and some join."""

import pandas as pd
import processes
import pytest
from nodes import SETTINGS, nodes
from small import LONGER
from sweeps import OUTCOME, rows, start, wait_for_rows


def test_a_node_leaves_and_a_node_joins(undisturbed, tmp_path, monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "small.yaml").write_text(LONGER)
    with nodes(3) as (address, tell):
        process = start(tmp_path, "--address", address)
        try:
            wait_for_rows(process, tmp_path, 5)
            assert tell("kill") == "done"
            wait_for_rows(process, tmp_path, 12)
            assert tell("add") == "done"
            out, told = process.communicate(timeout=200)
        finally:
            processes.end({process.pid, *processes.descendants(process.pid)})
    assert (told, process.returncode) == ("", 0)
    assert "as many at a time as the cluster has room for" in out
    pd.testing.assert_frame_equal(rows(tmp_path)[OUTCOME], undisturbed[OUTCOME])


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:6379", "ray://127.0.0.1:1", "nonsense"])
def test_a_wrong_address_is_told_so(address, tmp_path):
    (tmp_path / "small.yaml").write_text(LONGER)
    process = start(tmp_path, "--address", address)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.startswith(f"{address}: ")
    assert told.count("\n") == 1
