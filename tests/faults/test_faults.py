"""A kill changes nothing: after any number of them, of any process, the ledger is that of an undisturbed sweep."""

import os
import random

import pandas as pd
import pytest
from small import LONGER
from sweeps import OUTCOME, rows

from faults.harness import killed_sweeps
from sweep.engine.ledger import Ledger

pytestmark = [pytest.mark.sweeps, pytest.mark.ray, pytest.mark.faults]

KILLS = int(os.environ.get("WN_SWEEP_KILLS", "100"))
SEED = int(os.environ.get("WN_SWEEP_SEED", random.randrange(2**32)))


@pytest.mark.timeout(0 if KILLS > 10 else 600)
def test_kills_at_any_moment_change_nothing(undisturbed, tmp_path):
    print(f"seed {SEED}")
    for folder in killed_sweeps(tmp_path, LONGER, KILLS, SEED):
        pd.testing.assert_frame_equal(rows(folder)[OUTCOME], undisturbed[OUTCOME])
        # the asks too: each run once, in the order of their keys, as if nobody had disturbed them
        with Ledger.open(folder / "results/small/ledger.sqlite") as ledger:
            assert [(ask.number, ask.key) for ask in ledger.asks()] == list(enumerate(undisturbed.index))
