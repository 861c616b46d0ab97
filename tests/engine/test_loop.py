"""The loop: asks follow from the strategy and its lag alone, whatever the workers do and whenever they are killed."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replays import Shuffled, disturbed, held, runs_of, sweep
from threadpoolctl import threadpool_info, threadpool_limits

from sweep.engine.ledger import Ledger
from sweep.search import Choice, Grid, History, Stop

RUNS = runs_of(seeds=5)
POOL = RUNS.pool()


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


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What a single worker that nobody kills leaves, by lag."""

    def fill(lag):
        path = tmp_path_factory.mktemp("undisturbed") / "ledger.sqlite"
        sweep(path, Greedy(POOL, lag, 17), Shuffled(1, 0), RUNS)
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
    executor = disturbed(path, lambda: Greedy(POOL, lag, 17), workers, seed, kills, RUNS)
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

    landed = sweep(path, Greedy(POOL, 2, 9), Looking(2, 1), RUNS)
    assert len(landed) == 9


def test_the_grid_asks_for_all_in_the_order_of_keys(tmp_path):
    sweep(tmp_path / "ledger.sqlite", Grid(POOL), Shuffled(3, 5), RUNS)
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


def test_a_run_that_was_done_for_another_space_is_not_done_again(tmp_path):
    """A fresh seed of a search may be a seed that the space named before."""
    path = tmp_path / "ledger.sqlite"
    many, few = runs_of(seeds=5), runs_of(seeds=2)
    before = sweep(path, Grid(many.pool()), Shuffled(2, 0), many)

    class Fresh:
        lag = 0

        def next(self, seen, number):
            fresh = [choice for _, choice, _ in seen if choice.phase == "confirm"]
            return Choice(0, 0, 2 + len(fresh), 0, "confirm") if len(fresh) < 4 else Stop()

    after = sweep(path, Fresh(), Shuffled(1, 0), few)
    # seeds 2 to 4 were there, seed 5 was not
    assert [run.seed for run, _ in after] == [5]
    rows = held(path)
    assert len(rows) == len(before) + 1
    assert [(ask.seed, ask.phase, ask.present) for ask, _ in rows[-4:]] == [(n, "confirm", True) for n in (2, 3, 4, 5)]
    assert sweep(path, Fresh(), Shuffled(1, 0), few) == []


def test_a_history_refuses_asks_out_of_order():
    history = History()
    history.ask(3, Choice(0, 0, 0))
    with pytest.raises(ValueError, match="ask 3 comes after"):
        history.ask(3, Choice(0, 0, 1))


def test_a_strategy_computes_in_one_thread_and_a_run_in_as_many_as_before(tmp_path):
    asking, training = [], []

    class Strategy(Greedy):
        def next(self, seen, number):
            asking.extend(pool["num_threads"] for pool in threadpool_info())
            return super().next(seen, number)

    class Executor(Shuffled):
        def wait(self):
            training.extend(pool["num_threads"] for pool in threadpool_info())
            return super().wait()

    with threadpool_limits(limits=2):
        sweep(tmp_path / "ledger.sqlite", Strategy(POOL, 1, 5), Executor(1, 0), RUNS)
    assert set(asking) == {1}
    assert set(training) == {2}
