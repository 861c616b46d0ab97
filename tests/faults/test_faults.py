"""A kill changes nothing: after any number of them, of any process, the ledger is that of an undisturbed sweep."""

import os
import random

import pandas as pd
import pytest
from small import SMALL

from faults.harness import Tormentor, rows, start

#: `make test-faults` asks for 100.
KILLS = int(os.environ.get("WN_SWEEP_KILLS", "10"))
SEED = int(os.environ.get("WN_SWEEP_SEED", random.randrange(2**32)))
# enough runs for all kills, or for a dozen and then another sweep
TEXT = SMALL.replace("seeds: 2", f"seeds: {8 if KILLS <= 10 else 16}").replace("epochs: 8", "epochs: 12")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "small.yaml").write_text(TEXT)
    process = start(folder)
    assert (process.communicate()[1], process.returncode) == ("", 0)
    return rows(folder)


@pytest.mark.timeout(0 if KILLS > 10 else 600)
def test_kills_at_any_moment_change_nothing(undisturbed, tmp_path):
    print(f"seed {SEED}")
    killed = 0
    while killed < KILLS:
        folder = tmp_path / str(killed)
        folder.mkdir()
        (folder / "small.yaml").write_text(TEXT)
        tormentor = Tormentor(folder, SEED + killed)
        try:
            tormentor.until_done(KILLS - killed)
            assert tormentor.left_behind() == (set(), set())
        finally:
            tormentor.end()
        outcomes = ["point", "recipe", "seed", "status", "error", "losses", "params", "flops", "kind", "message"]
        pd.testing.assert_frame_equal(rows(folder)[outcomes], undisturbed[outcomes])
        killed += tormentor.killed.total()
        print(f"{killed} kills: {dict(tormentor.killed)}")
