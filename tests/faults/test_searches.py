"""Asks of every strategy on Ray: the same for 1, 3 and 8 workers and after 20 kills as in one process.

A search that is killed goes on with another number of workers, or in one process without Ray.
"""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from small import SMALL
from sweeps import OUTCOME, rows, start

from faults.harness import killed_sweeps
from sweep.engine.ledger import Ledger
from sweep.search.strategy import STRATEGIES

pytestmark = [pytest.mark.sweeps, pytest.mark.ray, pytest.mark.faults, pytest.mark.timeout(0)]

KILLS = int(os.environ.get("WN_SWEEP_SEARCH_KILLS", "20"))
SEED = int(os.environ.get("WN_SWEEP_SEED", random.randrange(2**32)))
#: Strategies that are tested side by side: while one starts, which is most of the time, another trains.
AT_ONCE = int(os.environ.get("WN_SWEEP_SEARCHES_AT_ONCE", "3"))
WORKERS = (1, 3, 8)
INLINE = ("--inline", "--no-report")
#: How a search may go on after a kill: half of the time without Ray, whose start takes ten seconds.
WAYS = (*[INLINE] * 3, *(("--workers", workers, "--no-report") for workers in WORKERS))
# nine points, two settings and two seeds, a tenth of a second each
NINE = SMALL.replace("M: [1, 2]", "M: [1, 2, 3, 4, 6, 8, 12, 16]").replace("epochs: 8", "epochs: 4")
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
    lengths = "lengths: [1, 2, 4]\n" if name == "halving" else ""
    return f"{NINE}{lengths}strategy: {SETTINGS[name]}\n"


def asks(folder):
    with Ledger.open(folder / "results/small/ledger.sqlite") as ledger:
        return [(ask.number, ask.key, ask.seed, ask.phase, ask.origin) for ask in ledger.asks()]


def done(folder, name, *words):
    """Run a space to its end: its asks, and what became of its runs."""
    folder.mkdir()
    process = start(folder, *words, text=text(name))
    _, told = process.communicate(timeout=1200)
    assert (told, process.returncode) == ("", 0)
    return asks(folder), rows(folder)[OUTCOME].sort_index()


def shown(name, folder, seed):
    """All that is to be shown of a strategy; raises where it does not hold."""
    begun = time.monotonic()
    truth, outcomes = done(folder / "inline", name, *INLINE)
    for workers in WORKERS:
        asked, came = done(folder / str(workers), name, "--workers", workers, "--no-report")
        assert asked == truth
        pd.testing.assert_frame_equal(came, outcomes)
    for killed in killed_sweeps(folder, text(name), KILLS, seed, ways=WAYS, pause=0.3, name=f"{name}: "):
        assert asks(killed) == truth
        pd.testing.assert_frame_equal(rows(killed)[OUTCOME].sort_index(), outcomes)
    print(
        f"{name}: {len(truth)} asks and their outcomes are the same in one process, with {WORKERS} workers and after "
        f"{KILLS} kills; {time.monotonic() - begun:.0f} s",
        flush=True,
    )


@pytest.fixture(scope="module")
def futures(request, tmp_path_factory):
    """What is shown of the strategies whose tests were chosen, some side by side."""
    chosen = [item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec")]
    print(f"seed {SEED}")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {
            name: threads.submit(shown, name, tmp_path_factory.mktemp(name), SEED + 1000 * place)
            for place, name in enumerate(SETTINGS)
            if name in chosen
        }


def test_every_strategy_is_tested_here():
    assert set(SETTINGS) == set(STRATEGIES)


@pytest.mark.parametrize("name", SETTINGS)
def test_asks_on_ray_depend_on_neither_workers_nor_kills(name, futures):
    futures[name].result()
