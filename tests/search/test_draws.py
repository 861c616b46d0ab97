"""Points at random and spread evenly, confirmed with fresh seeds."""

import itertools

import numpy as np
import pytest

from sweep.errors import SweepError
from sweep.search import Answer, History, Stop
from sweep.search.confirmed import Confirmed
from sweep.search.draws import Quasi, Random
from tests.search.races import ADDED, FRONT, SEEDS, TRUTH, choices, error, pool, race, rows

EXPLORERS = {"random": Random, "qmc": Quasi}
CELLS = TRUTH.size


class Alone:
    """An explorer as a strategy, without confirmation."""

    lag = None

    def __init__(self, explorer):
        self.next = explorer.explore


def exact(choice):
    return Answer("done", error=error(choice, noise=0.01))


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_run_is_drawn_once_the_first_seed_first(name):
    history, reason = race(Alone(EXPLORERS[name](pool())))
    drawn = choices(history)
    assert reason == "every run of the pool was asked for"
    assert {choice.run for choice in drawn} == {(*cell, 0) for cell in itertools.product(range(7), range(3), SEEDS)}
    for layer, seed in enumerate(SEEDS):
        assert {choice.seed for choice in drawn[layer * CELLS : (layer + 1) * CELLS]} == {seed}


@pytest.mark.parametrize("name", EXPLORERS)
def test_draws_do_not_depend_on_what_was_kept(name):
    of = pool()
    history, _ = race(Alone(EXPLORERS[name](of)))
    replayed = History()
    for number, choice, answer in rows(history):
        assert EXPLORERS[name](of).explore(replayed.seen(number, None), number) == choice
        replayed.ask(number, choice)
        replayed.answer(number, answer)


def test_another_seed_draws_others():
    of = pool(400)
    first, second = ([Random(of, seed).explore(History().seen(n, None), n).run for n in range(20)] for seed in (0, 1))
    assert first != second


def test_random_draws_are_uniform():
    of = pool(10)
    counts = np.bincount([Random(of).explore(History().seen(n, None), n).point for n in range(5_000)])
    # 500 each, deviation 21
    assert np.abs(counts - 500).max() < 5 * 21


def test_quasi_random_draws_cover_a_large_pool_evenly():
    of = pool(10_000)
    history, _ = race(Confirmed(Quasi(of), of, runs=128, confirm=0), lambda choice: Answer("done", error=1.0))
    counts = np.bincount([choice.point // 1_250 for choice in choices(history)], minlength=8)
    np.testing.assert_array_equal(counts, 16)


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_front_of_what_was_explored_is_confirmed(name):
    of = pool()
    strategy = Confirmed(EXPLORERS[name](of), of, runs=2 * CELLS + 16 + 8, costs=of.costs["flops"][:, None], lag=4)
    history, _ = race(strategy, exact)
    confirmed = choices(history, "confirm")
    for point in FRONT:
        runs = [choice for choice in confirmed if choice.point == point and choice.setting == ADDED[point].argmin()]
        assert {choice.seed for choice in runs} == {3, 4, 5, 6}
    # a few runs may go to what looked like the front when it was looked for
    assert len(confirmed) <= 16 + strategy.lag
    assert not {choice.seed for choice in confirmed} & set(SEEDS)


def test_the_best_is_confirmed_with_its_baseline():
    of = pool(baseline=np.full(7, 2))
    history, _ = race(Confirmed(Random(of), of, runs=40, lag=4), exact)
    assert {choice.point for choice in choices(history, "confirm")} >= {5, 2}


def test_a_search_that_ran_everything_confirms_and_stops():
    of = pool()
    strategy = Confirmed(Random(of), of, runs=1_000, lag=4)
    history, reason = race(strategy, exact)
    assert len(choices(history, "explore")) == CELLS * len(SEEDS)
    assert len(choices(history, "confirm")) == 4
    assert reason == "every finalist was confirmed"


def test_asks_do_not_depend_on_what_the_strategy_kept():
    of = pool()

    def made():
        return Confirmed(Random(of), of, runs=45, costs=of.costs["flops"][:, None], lag=4)

    history, _ = race(made())
    replayed = History()
    for number, choice, answer in rows(history):
        assert made().next(replayed.seen(number, 4), number) == choice
        replayed.ask(number, choice)
        replayed.answer(number, answer)
    assert isinstance(made().next(replayed.seen(45, 4), 45), Stop)


def test_a_sweep_in_which_everything_fails_comes_to_an_end():
    of = pool()
    history, _ = race(Confirmed(Random(of), of, runs=45, lag=4), lambda choice: Answer("failed"))
    assert len(history) == 45


def test_too_small_a_budget_is_refused():
    with pytest.raises(SweepError, match="runs: 4 is too few"):
        Confirmed(Random(pool()), pool(), runs=4)
