"""The committed search: of the shipped space, whole, and its page that of its ledger."""

from pathlib import Path

import pytest

from sweep import Ledger, Space, frame, plan, report
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.strategies import strategy_of
from sweep.search import Stop
from sweep.space import shipped
from tests.test_reference import words

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    copy = tmp_path_factory.mktemp("search") / "ledger.sqlite"
    copy.write_bytes((ROOT / "results/reference/search/ledger.sqlite").read_bytes())
    with Ledger.open(copy) as opened:
        yield opened


def test_every_run_of_the_search_is_in_and_it_asks_for_no_more(ledger):
    """Fails when the space, the recipe or the numerics change: run `make search`."""
    runs = PlannedRuns(plan(Space.load(shipped()["search"]), traced=False))
    assert len(runs.plan.points) >= 10_000
    asks = ledger.asks()
    history, stale = runs.history(asks, ledger.answers(), ledger.positions())
    assert (len(history), stale, history.open) == (200, [], [])
    assert set(ledger.statuses().values()) == {"done"}
    strategy = strategy_of(runs.plan.space, runs.pool())
    assert isinstance(strategy.next(history.seen(len(asks), strategy.lag), len(asks)), Stop)


def test_the_committed_page_is_that_of_the_ledger(ledger, tmp_path, svg_only):
    """Fails when the report changes: `make search` renders it anew, and trains nothing."""
    report.render(frame(ledger), tmp_path)
    assert words(tmp_path / "index.html") == words(ROOT / "reports/reference/search/index.html")
    assert "The confirmed front" in words(tmp_path / "index.html")
