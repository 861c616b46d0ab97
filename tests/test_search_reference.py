"""The committed searches: of the shipped spaces, whole, and their pages those of their ledgers."""

from pathlib import Path

import pytest

from sweep import Ledger, Space, frame, plan, report
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.strategies import strategy_of
from sweep.search import Stop
from sweep.space import shipped
from tests.test_reference import words

ROOT = Path(__file__).parents[1]
#: space -> its points, its runs, and what its page says
COMMITTED = {"search": (11_674, 200, "The confirmed front"), "quick-race": (10, 51, "The confirmed front")}


@pytest.fixture(scope="module", params=COMMITTED)
def committed(request, tmp_path_factory):
    """The name of a space, and an open ledger of it."""
    copy = tmp_path_factory.mktemp("search") / "ledger.sqlite"
    copy.write_bytes((ROOT / "results/reference" / request.param / "ledger.sqlite").read_bytes())
    with Ledger.open(copy) as opened:
        yield request.param, opened


def test_every_run_of_the_search_is_in_and_it_asks_for_no_more(committed):
    """Fails when the space, the recipe or the numerics change: run `make search`."""
    name, ledger = committed
    points, count, _ = COMMITTED[name]
    runs = PlannedRuns(plan(Space.load(shipped()[name]), traced=False))
    assert len(runs.plan.points) == points
    asks = ledger.asks()
    history, stale = runs.history(asks, ledger.answers(), ledger.positions())
    assert (len(history), stale, history.open) == (count, [], [])
    assert set(ledger.statuses().values()) == {"done"}
    strategy = strategy_of(runs.plan.space, runs.pool())
    assert isinstance(strategy.next(history.seen(len(asks), strategy.lag), len(asks)), Stop)


def test_the_committed_page_is_that_of_the_ledger(committed, tmp_path, svg_only):
    """Fails when the report changes: `make search` renders it anew, and trains nothing."""
    name, ledger = committed
    report.render(frame(ledger), tmp_path)
    assert words(tmp_path / "index.html") == words(ROOT / "reports/reference" / name / "index.html")
    assert COMMITTED[name][2] in words(tmp_path / "index.html")
