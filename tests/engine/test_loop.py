"""The loop: asks follow from the strategy and its lag alone, whatever the workers do and whenever they are killed."""

import hashlib
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import result
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.loop import Loop
from sweep.engine.planned_runs import PlannedRuns
from sweep.search import Choice, Grid, History, Stop
from sweep.space import Space


def runs_of(**changes):
    return PlannedRuns(plan(Space.parse({**YAML(typ="safe").load(SMALL), **changes}), traced=False))


RUNS = runs_of(seeds=5)
POOL = RUNS.pool()


def outcome(run):
    """What a run gives: made up, and always the same."""
    drawn = random.Random(run.key)
    status = "failed" if drawn.random() < 0.15 else "done"
    return result(run, status, drawn.uniform(5, 90), kind="" if status == "done" else "ValueError")


class Killed(Exception):  # noqa: N818 - nothing is wrong with the sweep
    """The driver is killed."""


class Shuffled:
    """An executor of so many workers whose runs end in any order, and that is killed after so many results."""

    def __init__(self, workers, seed, kill_after=10**9):
        self.workers, self.chance, self.left = workers, random.Random(seed), kill_after
        self.works, self.seen_at_once = [], 0

    def submit(self, works):
        self.works += works
        self.seen_at_once = max(self.seen_at_once, len(self.works))

    def wait(self):
        busy = self.works[: self.workers]
        ended = self.chance.sample(busy, self.chance.randint(1, len(busy)))
        if self.left < len(ended):
            raise Killed
        self.left -= len(ended)
        self.works = [work for work in self.works if work not in ended]
        return [outcome(run) for work in ended for run in work.runs]


class Greedy:
    """Asks for the runs that a hash of all that it may see chooses: any difference in what it sees shows."""

    def __init__(self, pool, lag, most):
        self.pool, self.lag, self.most = pool, lag, most

    def next(self, seen, number):
        if len(seen) >= self.most:
            return Stop("enough")
        free = [choice for choice in self.pool.grid() if not seen.asked(choice)]
        told = repr([(n, choice.run, answer) for n, choice, answer in seen])
        place = int(hashlib.sha256(f"{number}{told}".encode()).hexdigest(), 16) % len(free)
        return Choice(*free[place].run, origin={"number": number})


def sweep(path, strategy, executor, runs=RUNS):
    """One call of `run`: what is asked, noted, done and recorded."""
    with Ledger.create(path) as ledger:
        ledger.describe("small", {}, runs.plan.axes, runs.described())
        asks = ledger.asks()
        history, stale = runs.history(asks, ledger.answers())
        ledger.ask(stale)
        landed = []
        Loop(strategy, runs, history, len(asks)).do(ledger, executor, None, landed.extend)
        return landed


def held(path):
    """Asks and outcomes, in the order of asking."""
    with Ledger.open(path) as ledger:
        outcomes = ledger.outcomes()
        return [(ask, outcomes.get(ask.key)) for ask in ledger.asks()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What a single worker that nobody kills leaves, by lag."""

    def fill(lag):
        path = tmp_path_factory.mktemp("undisturbed") / "ledger.sqlite"
        sweep(path, Greedy(POOL, lag, 17), Shuffled(1, 0))
        return held(path)

    return {lag: fill(lag) for lag in (0, 1, 3, 8)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lag=st.sampled_from([0, 1, 3, 8]),
    workers=st.sampled_from([1, 3, 8]),
    seed=st.integers(0, 2**32),
    kills=st.lists(st.integers(0, 9), max_size=5),
)
def test_asks_depend_on_nothing_but_the_lag(lag, workers, seed, kills, undisturbed, tmp_path_factory):
    path = tmp_path_factory.mktemp("disturbed") / "ledger.sqlite"
    for number, kill_after in enumerate(kills):
        try:
            sweep(path, Greedy(POOL, lag, 17), Shuffled(workers, seed + number, kill_after))
        except Killed:
            continue
    executor = Shuffled(workers, seed)
    sweep(path, Greedy(POOL, lag, 17), executor)
    assert held(path) == undisturbed[lag]
    assert executor.seen_at_once <= lag + 1


def test_lags_are_different_sweeps(undisturbed):
    """The test above would see nothing if it were not so."""
    keys = [tuple(ask.key for ask, _ in rows) for rows in undisturbed.values()]
    assert len(set(keys)) == len(keys)


def test_an_ask_is_in_the_ledger_before_it_is_done(tmp_path):
    path = tmp_path / "ledger.sqlite"

    class Looking(Shuffled):
        def submit(self, works):
            with Ledger.open(path) as ledger:
                asked = {ask.key for ask in ledger.asks()}
                assert {key for work in works for key in work.keys} <= asked
            super().submit(works)

    landed = sweep(path, Greedy(POOL, 2, 9), Looking(2, 1))
    assert len(landed) == 9


def test_the_grid_asks_for_all_in_the_order_of_keys(tmp_path):
    sweep(tmp_path / "ledger.sqlite", Grid(POOL), Shuffled(3, 5))
    keys = [ask.key for ask, _ in held(tmp_path / "ledger.sqlite")]
    assert keys == sorted(RUNS.key(choice) for choice in POOL.grid())
    assert len(keys) == 3 * 2 * 5


def test_a_wider_grid_asks_for_what_is_new_and_a_narrower_one_forgets_nothing(tmp_path):
    path = tmp_path / "ledger.sqlite"
    few, many = runs_of(seeds=[1]), runs_of(seeds=[3, 1, 2])
    first = sweep(path, Grid(few.pool()), Shuffled(1, 0), few)
    second = sweep(path, Grid(many.pool()), Shuffled(2, 0), many)
    assert (len(first), len(second)) == (6, 12)
    assert [ask.number for ask, _ in held(path)] == list(range(18))
    assert sweep(path, Grid(few.pool()), Shuffled(1, 0), few) == []
    assert [ask.present for ask, _ in held(path)] == [True] * 6 + [False] * 12
    assert sweep(path, Grid(many.pool()), Shuffled(1, 0), many) == []
    assert all(ask.present and came for ask, came in held(path))


def test_a_history_refuses_asks_out_of_order():
    history = History()
    history.ask(3, Choice(0, 0, 0))
    with pytest.raises(ValueError, match="ask 3 comes after"):
        history.ask(3, Choice(0, 0, 1))
