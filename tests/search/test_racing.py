"""Races over a small table whose truth is planted."""

import numpy as np
import pytest

from sweep.errors import SweepError
from sweep.search import Answer, Choice, History, Stop
from sweep.search.racing import Racing
from sweep.search.racing_claims import Curve
from tests.search.races import (
    ADDED,
    FRONT,
    SEEDS,
    TRUTH,
    answer,
    choices,
    error,
    front,
    pool,
    race,
    racing,
    rows,
    seen_by,
)

GRID = TRUTH.size * len(SEEDS)


@pytest.fixture(scope="module")
def finished():
    """A race to its end."""
    strategy = racing()
    history, reason = race(strategy)
    return strategy, history, reason


def test_a_race_finds_the_planted_front_with_less_than_the_grid(finished):
    strategy, history, reason = finished
    standing = strategy.standing(seen_by(history))
    verdicts = {claim.point: claim.verdict for claim in standing.judgement.claims}
    assert {point for point, verdict in verdicts.items() if verdict == "on the front"} == FRONT
    assert "not decided" not in verdicts.values()
    assert all(claim.probability >= 0.95 for claim in standing.judgement.claims)
    assert not standing.to_decide
    assert len(choices(history, "explore")) < 0.75 * GRID
    assert reason.startswith("the question is settled")


def test_finalists_are_confirmed_at_their_best_settings_with_seeds_that_chose_nothing(finished):
    strategy, history, _ = finished
    confirmed = {}
    for choice in choices(history, "confirm"):
        confirmed.setdefault(choice.point, []).append(choice)
    assert set(confirmed) >= FRONT
    for point in FRONT:
        assert {choice.setting for choice in confirmed[point]} == {int(ADDED[point].argmin())}
        assert sorted(choice.seed for choice in confirmed[point]) == [3, 4, 5, 6]
    assert {choice.seed for choice in choices(history, "explore")} <= set(SEEDS)
    assert strategy.standing(seen_by(history)).settings[3] == 0


def test_asks_do_not_depend_on_what_the_strategy_kept(finished):
    _, history, _ = finished
    replayed = History()
    for number, choice, result in rows(history):
        if number % 7 in (0, 3):  # a kill
            strategy = racing()
        assert strategy.next(replayed.seen(number, strategy.lag), number) == choice
        replayed.ask(number, choice)
        replayed.answer(number, result)
    fresh = racing()
    assert isinstance(fresh.next(history.seen(len(history), fresh.lag), len(history)), Stop)


@pytest.fixture(scope="module")
def expected():
    """The asks of a race whose answers come at once."""
    return choices(race(racing(lag=6))[0])


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_asks_do_not_depend_on_workers(workers, expected):
    """With so many open at once that answers come late, in an order of their own."""
    strategy, history, open_asks = racing(lag=6), History(), []
    generator = np.random.default_rng(workers)
    number, asked = 0, []
    while True:
        oldest = history.oldest_open
        while open_asks and (len(open_asks) >= workers or (oldest is not None and oldest < number - strategy.lag)):
            done, choice = open_asks.pop(generator.integers(len(open_asks)))
            history.answer(done, answer(choice))
            oldest = history.oldest_open
        choice = strategy.next(history.seen(number, strategy.lag), number)
        if isinstance(choice, Stop):
            break
        history.ask(number, choice)
        open_asks.append((number, choice))
        asked.append(choice)
        number += 1
    assert asked == expected


def test_a_kill_within_a_plan_changes_nothing():
    """With as many asks as it takes for the model to be consulted every third only."""
    of = pool(20)
    truth = 20 + np.random.default_rng(8).normal(0, 1, (20, 3))

    def noisy(choice):
        return Answer("done", error=error(choice, truth, noise=2.0))

    def made():
        return Racing(of, front(of, tolerance=0.05), runs=95, lag=8, confirm=0)

    history, _ = race(made(), noisy)
    asked = rows(history)
    assert len(asked) == 95
    for number in (82, 83, 84, 85):
        before = History()
        for each, choice, result in asked[:number]:
            before.ask(each, choice)
            if each < number - (number % 3):
                before.answer(each, result)
        assert made().next(before.seen(number, 8), number) == asked[number][1]


def test_what_was_kept_of_one_history_is_not_used_for_another(finished):
    _, history, _ = finished
    asked = rows(history)
    number, strategy = len(asked) - 1, racing()
    noise = np.random.default_rng(1).normal(0, 3, number)
    for amount in (0.0, 1.0):
        other = History()
        for each, choice, result in asked[:number]:
            other.ask(each, choice)
            other.answer(each, Answer("done", error=result.error + amount * noise[each]))
        seen = other.seen(number, strategy.lag)
        assert strategy.next(seen, number) == racing().next(seen, number)
        assert strategy.standing(seen).judgement.claims == racing().standing(seen).judgement.claims


def test_an_ask_sees_no_answer_within_its_lag(finished):
    _, history, _ = finished
    asked = rows(history)
    for number in (18, 26, len(asked) - 2):
        changed = History()
        for each, choice, result in asked[:number]:
            changed.ask(each, choice)
            changed.answer(each, Answer("done", error=77.0) if each >= number - 3 else result)
        strategy = racing()
        assert strategy.next(changed.seen(number, strategy.lag), number) == asked[number][1]


def test_answers_before_the_lag_change_what_comes_next():
    asked = {}
    for shift in (0, 9):
        history, _ = race(
            racing(), lambda choice, shift=shift: Answer("done", error=error(choice) + shift * choice.point)
        )
        asked[shift] = choices(history)
    first = next(place for place, (a, b) in enumerate(zip(asked[0], asked[9], strict=False)) if a != b)
    # the first runs are set; what follows sees all but three of them
    assert first == 14


def test_the_baseline_is_confirmed_with_the_finalists():
    baseline = np.full(7, 2)
    history, _ = race(racing(pool(baseline=baseline)))
    assert sum(choice.point == 2 for choice in choices(history, "confirm")) >= 4
    history, _ = race(racing(pool(baseline=baseline), confirm=0))
    assert not choices(history, "confirm")


def test_a_race_ends_when_no_run_is_left_that_could_decide():
    """Two points tie to the last digit: they are run to the end, the others are not."""
    of = pool()
    truth = TRUTH.copy()
    truth[6] = truth[5]
    strategy = Racing(of, front(of, tolerance=1e-6), lag=3, confirm=0)
    history, reason = race(strategy, lambda choice: Answer("done", error=error(choice, truth, noise=0.3)))
    verdicts = {claim.point: claim.verdict for claim in strategy.standing(seen_by(history)).judgement.claims}
    assert verdicts[6] == "not decided"
    counts = np.bincount([choice.point for choice in choices(history)], minlength=7)
    assert counts[5] == counts[6] == 9
    assert counts.sum() < 0.8 * GRID
    assert reason == "the question is settled, or no run is left that would tell more"


def test_a_budget_holds_and_includes_confirmation():
    history, reason = race(racing(runs=40))
    assert len(history) == 40
    assert reason == "all 40 runs were asked for"
    assert len({choice.seed for choice in choices(history, "confirm")}) >= 2


def test_a_wider_budget_goes_on_where_the_smaller_ended():
    history, _ = race(racing(runs=40))
    strategy = racing()
    history, reason = race(strategy, history=history)
    assert len(history) > 40
    assert reason.startswith("the question is settled")
    standing = strategy.standing(seen_by(history))
    assert {c.point for c in standing.judgement.claims if c.verdict == "on the front"} == FRONT


def test_a_budget_below_the_first_runs_is_refused():
    with pytest.raises(SweepError, match="racing begins with 18 runs of these points; runs: 10 is too few"):
        racing(runs=10)


def test_a_pool_that_is_too_large_is_refused():
    with pytest.raises(SweepError, match=r"at most 2,000 points and 10,000 points x settings, not 2,001 x 3"):
        racing(pool(2_001))


def test_a_setting_that_diverges_is_left_alone():
    def diverges(choice):
        return Answer("diverged") if choice.setting == 2 else answer(choice)

    history, _ = race(racing(), diverges)
    lost = [choice for choice in choices(history) if choice.setting == 2]
    # its first runs and a look or two at most, of 21
    assert len(lost) <= 11
    assert not [choice for choice in lost if choice.phase == "confirm"]


def test_what_failed_is_not_run_again():
    def fails(choice):
        return Answer("failed") if choice.point == 4 else answer(choice)

    strategy = racing()
    history, _ = race(strategy, fails)
    # each of its settings at most once for each ask that was open then, and its fresh seeds
    assert len([choice for choice in choices(history, "explore") if choice.point == 4]) <= 6


def test_nothing_comes_of_a_sweep_in_which_everything_fails():
    strategy = racing()
    history, _ = race(strategy, lambda choice: Answer("failed"))
    # the first runs, and one for each that was open
    assert len(history) == 14 + strategy.lag + 1
    assert strategy.standing(seen_by(history)) is None


@pytest.mark.parametrize(("points", "settings", "seeds"), [(1, 1, 1), (1, 3, 2), (2, 1, 1), (3, 2, 1)])
def test_tiny_pools_come_to_an_end(points, settings, seeds):
    small = pool(points, range(seeds), settings=[{"rate": 0.01 * 2**place} for place in range(settings)])
    history, _ = race(racing(small))
    assert len(choices(history, "explore")) <= points * settings * seeds
    assert len(choices(history, "confirm")) >= 4


def test_a_pool_that_grew_goes_on(finished):
    _, history, _ = finished
    wider = pool(8)
    truth = np.vstack([TRUTH, [[8.0, 11.0, 17.0]]])
    again = History()
    for number, choice, result in rows(history):
        again.ask(number, choice)
        again.answer(number, result)
    strategy = racing(wider)
    again, _ = race(strategy, lambda choice: Answer("done", error=error(choice, truth)), again)
    verdicts = {c.point: c.verdict for c in strategy.standing(again.seen(len(again), 0)).judgement.claims}
    assert {point for point, verdict in verdicts.items() if verdict == "on the front"} == {*FRONT, 7}


def test_seeds_that_explored_are_never_fresh():
    """A space that named five seeds, and names three now."""
    history, _ = race(racing(pool(seeds=range(5)), confirm=0, runs=30))
    number = len(history)
    history.ask(number, Choice(0, 0, 4))
    history.answer(number, Answer("done", error=20.0))
    history, _ = race(racing(), history=history)
    fresh = {choice.seed for choice in choices(history, "confirm")}
    assert 4 not in fresh
    assert len(fresh) == 4


def test_a_curve_spends_on_its_pair():
    of = pool()
    strategy = Racing(of, Curve([(0, 5)], half_width=1.5), lag=3, confirm=0)
    history, _ = race(strategy)
    contrast = strategy.standing(seen_by(history)).judgement.contrasts[0]
    assert abs(contrast.difference - 10.0) < contrast.half_width
    assert {choice.point for choice in choices(history)} == {0, 5}


def test_an_undecided_point_says_what_it_would_cost():
    strategy = racing(runs=22, confirm=0)
    history, _ = race(strategy, lambda choice: Answer("done", error=error(choice, noise=1.5)))
    standing = strategy.standing(seen_by(history))
    undecided = {claim.point for claim in standing.judgement.claims if claim.verdict == "not decided"}
    assert undecided
    assert set(standing.to_decide) == undecided
    assert all(runs is None or runs > 0 for runs in standing.to_decide.values())
