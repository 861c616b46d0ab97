"""Asks of every strategy on Ray: the same for 1, 3 and 8 workers and after 20 kills as in one process."""

import os
import random

import pandas as pd
import pytest
from small import SMALL
from sweeps import OUTCOME, rows, start

from faults.harness import Tormentor
from sweep.engine.ledger import Ledger
from sweep.search.strategy import STRATEGIES

pytestmark = [pytest.mark.sweeps, pytest.mark.ray, pytest.mark.faults, pytest.mark.timeout(0)]

KILLS = int(os.environ.get("WN_SWEEP_SEARCH_KILLS", "20"))
SEED = int(os.environ.get("WN_SWEEP_SEED", random.randrange(2**32)))
NINE = SMALL.replace("M: [1, 2]", "M: [1, 2, 3, 4, 6, 8, 12, 16]")
SETTINGS = {
    "grid": "grid",
    "random": "{name: random, runs: 16, confirm: 2}",
    "qmc": "{name: qmc, runs: 16, confirm: 2, lag: 2}",
    "tpe": "{name: tpe, runs: 20, confirm: 2, lag: 3}",
    "gp": "{name: gp, runs: 14, confirm: 2, lag: 2}",
    "nsga2": "{name: nsga2, runs: 30, confirm: 2, lag: 3}",
    "nsga3": "{name: nsga3, runs: 30, confirm: 2, lag: 3}",
    "cmaes": "{name: cmaes, runs: 30, confirm: 2, lag: 3, objectives: [error]}",
    "halving": "{name: halving, runs: 30, confirm: 2, lag: 3}",
    "racing": "{name: racing, runs: 30, confirm: 2, lag: 3}",
}


def text(name):
    lengths = NINE.replace("epochs: 8", "epochs: 8\nlengths: [2, 4, 8]") if name == "halving" else NINE
    return f"{lengths}strategy: {SETTINGS[name]}\n"


def asks(folder):
    with Ledger.open(folder / "results/small/ledger.sqlite") as ledger:
        return [(ask.number, ask.key, ask.seed, ask.phase, ask.origin) for ask in ledger.asks()]


def done(folder, name, *words):
    """Run a space to its end: its asks, and what became of its runs."""
    folder.mkdir()
    process = start(folder, *words, text=text(name))
    _, told = process.communicate(timeout=600)
    assert (told, process.returncode) == ("", 0)
    return asks(folder), rows(folder)[OUTCOME].sort_index()


def test_every_strategy_is_tested_here():
    assert set(SETTINGS) == set(STRATEGIES)


@pytest.mark.parametrize("name", SETTINGS)
def test_asks_on_ray_depend_on_neither_workers_nor_kills(name, tmp_path):
    print(f"seed {SEED}")
    truth, outcomes = done(tmp_path / "inline", name, "--inline")
    for workers in (1, 3, 8):
        asked, came = done(tmp_path / str(workers), name, "--workers", workers)
        assert asked == truth
        pd.testing.assert_frame_equal(came, outcomes)
    killed = 0
    while killed < KILLS:
        folder = tmp_path / f"killed {killed}"
        folder.mkdir()
        (folder / "small.yaml").write_text(text(name))
        tormentor = Tormentor(folder, SEED + killed)
        try:
            tormentor.until_done(KILLS - killed)
            assert tormentor.left_behind() == (set(), set())
        finally:
            tormentor.end()
        assert asks(folder) == truth
        pd.testing.assert_frame_equal(rows(folder)[OUTCOME].sort_index(), outcomes)
        killed += tormentor.killed.total()
