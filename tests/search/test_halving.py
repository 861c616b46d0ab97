"""Successive halving over pools with several lengths."""

import dataclasses
import statistics

import numpy as np
import pytest

from sweep.errors import SweepError
from sweep.search import Answer, Barrier, History
from sweep.search.confirmed import Confirmed
from sweep.search.halving import Halving
from sweep.search.strategy import STRATEGIES, most_of_halving
from tests.search.races import choices, pool, race, rows

LENGTHS = (3, 9, 27)


def lengths(points=60, **changes):
    return dataclasses.replace(pool(points), rungs=LENGTHS, **changes)


def away(choice):
    """Falls to the fortieth point, and with the length; shorter runs are noisier."""
    noise = (choice.point * 7 + choice.setting * 3) % 5 * (2 - choice.rung)
    return Answer("done", error=30.0 - 10 * choice.rung + abs(choice.point - 40) + 2 * choice.setting + noise)


def halved(of, runs=60, confirm=0, **changes):
    explorer = Halving(of, runs=runs, confirm=confirm > 0, **changes)
    return Confirmed(explorer, of, runs=runs, confirm=confirm, lag=4)


def test_a_third_goes_on_and_it_is_the_best_third():
    of = lengths()
    history, reason = race(halved(of), away)
    by_rung = [[choice for choice in choices(history) if choice.rung == rung] for rung in range(3)]
    assert [len(each) for each in by_rung] == [41, 13, 4]
    for rung in (1, 2):
        errors = {choice.run[:2]: answer.error for _, choice, answer in rows(history) if choice.rung == rung - 1}
        best = sorted(errors, key=lambda cell: (errors[cell], cell))[: len(by_rung[rung])]
        assert {choice.run[:2] for choice in by_rung[rung]} == set(best)
    assert reason == "every length was run"
    assert len({choice.run for choice in choices(history)}) == 58


def test_with_costs_the_fronts_go_on():
    of = lengths()
    history, _ = race(halved(of, costs=of.costs["flops"][:, None]), away)
    later = {choice.point for choice in choices(history) if choice.rung == 1}
    first = {choice.point: answer.error for _, choice, answer in rows(history) if choice.rung == 0}
    cheapest = min(first)
    assert cheapest in later  # nothing is cheaper, so nothing beats it
    assert statistics.fmean(later) < 40


def test_what_went_on_is_judged_by_its_longest_runs_and_confirmed_at_the_last_length():
    of = lengths()
    history, _ = race(halved(of, runs=90, confirm=4), away)
    confirmed = choices(history, "confirm")
    errors = {
        choice.point: answer.error
        for _, choice, answer in rows(history)
        if choice.rung == 2 and choice.phase == "explore"
    }
    assert {choice.rung for choice in confirmed} == {2}
    assert {choice.point for choice in confirmed} == {min(errors, key=errors.get)}
    assert len({choice.seed for choice in confirmed}) == 4
    assert {choice.seed for choice in confirmed}.isdisjoint(of.seeds)


def test_the_next_length_waits_for_all_of_the_one_before():
    of = lengths()
    explorer, history, number = Halving(of, runs=60, confirm=False), History(), 0
    while not isinstance(choice := explorer.explore(history.seen(number, 4), number), Barrier):
        history.ask(number, choice)
        number += 1
    assert number == 41
    for each in range(41):
        assert isinstance(explorer.explore(history.seen(number, 0), number), Barrier)
        history.answer(each, away(history.seen(number, 0).ask(each)[0]))
    first = explorer.explore(history.seen(number, 0), number)
    assert first.rung == 1
    history.ask(number, first)
    # the one after it need not wait, and sees what the first one saw
    assert explorer.explore(history.seen(number + 1, 4), number + 1).rung == 1


def test_runs_that_failed_do_not_go_on():
    of = lengths()
    history, _ = race(halved(of), lambda choice: Answer("failed") if choice.point % 2 else away(choice))
    assert all(choice.point % 2 == 0 for choice in choices(history) if choice.rung)


@pytest.mark.parametrize(
    ("of", "changes", "words"),
    [
        (pool(60), {}, "needs lengths"),
        (lengths(), {"runs": 12}, "runs: 12 is too few to halve over 3 lengths; it takes 13"),
        (lengths(combinations=frozenset({(0, 0), (1, 1), (1, 2)})), {}, "at every length"),
    ],
)
def test_what_cannot_be_halved_is_refused(of, changes, words):
    with pytest.raises(SweepError, match=words):
        halved(of, **changes)


@pytest.mark.parametrize("confirm", [0, 3])
@pytest.mark.parametrize(
    "budget", [{"runs": 30}, {"runs": 500}, {"hours": 40.0}, {"hours": 4000.0}, {"hours": 500.0, "runs": 70}]
)
def test_what_it_does_at_most_is_told_before(budget, confirm):
    of = lengths(points=20)
    of = dataclasses.replace(of, hours=np.outer(np.linspace(0.1, 0.4, 20), LENGTHS))
    settings = {"objectives": ["error", "flops"], "keep": 3, "confirm": confirm, "seed": 1, "lag": 4, **budget}
    history, _ = race(STRATEGIES["halving"](of, settings), away)
    most = most_of_halving(of, settings)
    assert len(history) <= most <= budget.get("runs", 20 * 100)
    explored = len(choices(history, "explore"))
    # with a large budget everything is explored, and only finalists that are fewer save fresh seeds
    assert confirm or explored == most
