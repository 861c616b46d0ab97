"""Optuna's samplers by ask and tell, with histories rebuilt."""

import dataclasses
import json
import statistics

import numpy as np
import pytest

from sweep.search import Answer, Barrier, History, optuna_samplers
from sweep.search.axes import Axes
from sweep.search.cma_search import CmaSearch
from sweep.search.confirmed import Confirmed
from sweep.search.draws import Random
from sweep.search.history import Choice
from sweep.search.optuna_search import SPREAD, OptunaSearch
from sweep.search.pool import columns_of
from tests.search.races import answer, choices, pool, race, rows
from tests.search.test_racing_goals import PLANE

SAMPLERS = ("tpe", "nsga2", "nsga3", "gp")


def plane():
    return dataclasses.replace(pool(len(PLANE)), points=PLANE)


def made(name, of, runs=60, confirm=4, **changes):
    costs = of.costs["flops"][:, None]
    return Confirmed(OptunaSearch(name, of, **changes), of, runs=runs, costs=costs, confirm=confirm, lag=4)


@pytest.mark.parametrize(("name", "runs"), [("tpe", 60), ("nsga2", 90)])
def test_a_study_that_is_rebuilt_for_every_ask_goes_on_as_the_one_that_was_kept(name, runs):
    of = pool()
    history, _ = race(made(name, of, runs))
    replayed = History()
    for number, choice, result in rows(history):
        asked = made(name, of, runs).next(replayed.seen(number, 4), number)
        if isinstance(asked, Barrier):
            asked = made(name, of, runs).next(replayed.seen(number, 0), number)
        assert asked == choice
        assert asked.origin == choice.origin
        # as it comes out of a ledger
        kept = json.loads(json.dumps(choice.origin))
        replayed.ask(number, Choice(*choice.run, choice.phase, kept))
        replayed.answer(number, result)


@pytest.mark.parametrize("name", ["nsga2", "nsga3"])
def test_generations_are_counted_as_optuna_counts_them(name, monkeypatch):
    """Some runs fail or diverge, and another strategy asked for the first ones."""

    def some_failed(choice):
        if (choice.point * 3 + choice.setting + choice.seed) % 5 == 0:
            return Answer("failed" if choice.point % 2 else "diverged", error=None)
        return Answer("done", error=30.0 - choice.point % 7 + 3 * choice.setting + choice.seed)

    def searched():
        known, _ = race(Confirmed(Random(of, 3), of, runs=6, confirm=0, lag=4), some_failed)
        return race(made(name, of, 80, confirm=0), some_failed, known)[0]

    of = pool(20, seeds=range(2))
    history = searched()
    monkeypatch.setattr(optuna_samplers, "_counted", lambda complete: {})
    assert [(each.run, each.origin) for each in choices(history)] == [
        (each.run, each.origin) for each in choices(searched())
    ]
    generations = [
        v for each in choices(history) for k, v in each.origin.get("system", {}).items() if "generation" in k
    ]
    assert max(generations) >= 3


def test_a_search_turns_to_what_is_good():
    """Of 60 points the error falls to the fortieth: by chance it is 32 on average."""
    of = pool(60)

    def away(choice):
        return Answer("done", error=10.0 + abs(choice.point - 40) + 5 * choice.setting)

    history, _ = race(Confirmed(OptunaSearch("tpe", of, ()), of, runs=60, confirm=0, lag=4), away)
    errors = [result.error for _, _, result in rows(history)]
    assert statistics.fmean(errors[40:]) < 25


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_what_is_asked_for_again_is_replaced_by_a_run_beside_it_of_which_the_sampler_learns(name):
    """All of a pool with one seed: many asks are repeats. A trial's values are those of the run that was done."""
    of = pool(seeds=[0])
    search = OptunaSearch(name, of)
    history, _ = race(Confirmed(search, of, runs=21, costs=of.costs["flops"][:, None], confirm=0, lag=4))
    assert len({choice.run for choice in choices(history)}) == len(of) * len(of.settings)
    for _, choice, _ in rows(history):
        assert choice.origin["params"] == {
            "axis width": repr(of.points[choice.point]["width"]),
            "setting rate": repr(of.settings[choice.setting]["rate"]),
        }
    trials = search._synchronised(history.seen(21, 0)).get_trials()
    assert [trial.params for trial in trials] == [
        {"axis width": choice.point, "setting rate": choice.setting} for choice in choices(history)
    ]


def even(choice):
    return Answer("done", error=20.0 + choice.point % 3)


def test_gp_asks_and_confirms():
    of = pool()
    history, _ = race(made("gp", of, 16))
    assert len(choices(history, "confirm")) >= 4


@pytest.mark.parametrize("name", SAMPLERS)
def test_what_is_proposed_is_in_the_pool_whatever_axes_its_points_have(name):
    of = plane()
    history, _ = race(Confirmed(OptunaSearch(name, of), of, runs=12, confirm=0, lag=4))
    drawn = choices(history)
    assert {choice.point for choice in drawn} <= set(range(7))
    first = drawn[0].origin["params"]
    assert set(first) == {"axis family", "axis M", "axis G", "setting rate"}


def test_the_next_seed_is_taken_where_a_run_is_proposed_again():
    of = pool(1, settings=[{}])
    history, reason = race(Confirmed(OptunaSearch("tpe", of), of, runs=20, confirm=0, lag=2), answer)
    assert [choice.seed for choice in choices(history)] == [0, 1, 2]
    assert reason == "every run of the pool was asked for"


def test_a_setting_that_diverges_is_left():
    of = pool(60)

    def lost(choice):
        return Answer("diverged") if choice.setting else Answer("done", error=20.0 + choice.point % 3)

    history, _ = race(Confirmed(OptunaSearch("tpe", of, ()), of, runs=60, confirm=0, lag=4), lost)
    later = choices(history)[30:]
    assert sum(choice.setting == 0 for choice in later) > 0.6 * len(later)


def test_a_run_that_failed_says_nothing():
    of = pool()
    history, _ = race(made("nsga2", of, 40), lambda choice: Answer("failed") if choice.setting else answer(choice))
    assert len(history) == 40


@pytest.mark.parametrize("name", ["tpe", "nsga2", "nsga3"])
def test_a_search_begins_with_what_another_strategy_asked_for(name):
    """The error falls to the fortieth point of 60; what is known tells it, before anything was asked."""
    of = pool(60)

    def away(choice):
        return Answer("done", error=10.0 + abs(choice.point - 40) + 5 * choice.setting)

    history = History()
    for number, point in enumerate(range(0, 60, 2)):
        history.ask(number, Choice(point, 0, 0))
        history.answer(number, away(Choice(point, 0, 0)))
    history, _ = race(Confirmed(OptunaSearch(name, of, ()), of, runs=60, confirm=0, lag=0), away, history)
    errors = [result.error for _, _, result in rows(history)]
    # the mean distance of a random point is 18, and of a random setting 5
    assert statistics.fmean(errors[30:45]) < 24


def test_cma_es_turns_to_what_is_good():
    of = pool(60)

    def away(choice):
        return Answer("done", error=10.0 + abs(choice.point - 40) + 5 * choice.setting)

    history, _ = race(Confirmed(CmaSearch(of), of, runs=90, confirm=0, lag=4), away)
    errors = [result.error for _, _, result in rows(history)]
    assert statistics.fmean(errors[60:]) < 20


def test_cma_es_goes_on_from_a_history_as_it_would_have_gone_on():
    of = plane()
    history, _ = race(Confirmed(CmaSearch(of), of, runs=30, confirm=0, lag=2))
    replayed = History()
    for number, choice, result in rows(history):
        asked = Confirmed(CmaSearch(of), of, runs=30, confirm=0, lag=2).next(replayed.seen(number, 2), number)
        assert (asked, asked.origin) == (choice, choice.origin)
        replayed.ask(number, Choice(*choice.run, choice.phase, json.loads(json.dumps(choice.origin))))
        replayed.answer(number, result)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_first_runs_are_spread_over_the_costs_the_cheapest_point_first(name):
    """Costs of 1,000 points, spread evenly on a log scale from 1 to 1,000: random points would leave gaps."""
    costs = np.geomspace(1, 1_000, 1_000)
    shuffled = np.random.default_rng(3).permutation(costs)
    of = pool(1_000, costs={"flops": shuffled})
    history, _ = race(Confirmed(OptunaSearch(name, of, ["flops"]), of, runs=12, confirm=0, lag=4), even)
    drawn = [shuffled[choice.point] for choice in choices(history)]
    assert drawn[0] == 1
    assert len(drawn) == SPREAD == 12
    wanted = np.geomspace(1, 1_000, 12)
    # at most half of a step away
    assert (np.abs(np.log(drawn / wanted)) <= np.log(wanted[1] / wanted[0]) / 2 + 1e-9).all()


def test_the_sampler_learns_of_the_points_that_were_spread():
    of = pool(60)
    search = OptunaSearch("nsga2", of)
    history, _ = race(Confirmed(search, of, runs=20, confirm=0, lag=4), even)
    trials = search._synchronised(history.seen(20, 0)).get_trials()
    assert [trial.params["axis width"] for trial in trials] == [choice.point for choice in choices(history)]


def test_without_a_cost_the_first_runs_are_the_samplers_own():
    of = pool(60)
    history, _ = race(Confirmed(OptunaSearch("tpe", of, ()), of, runs=12, confirm=0, lag=4), even)
    assert choices(history)[0].point != 0


@pytest.mark.parametrize("costs", [np.zeros(9), np.full(9, 7.0)])
def test_points_that_cost_the_same_are_drawn_at_random(costs):
    of = pool(9, costs={"flops": costs})
    history, _ = race(Confirmed(OptunaSearch("nsga2", of), of, runs=12, confirm=0, lag=4), even)
    assert len({choice.point for choice in choices(history)}) > 4


@pytest.mark.parametrize("absent", [False, True])
def test_the_nearest_row_is_the_first_of_those_that_are_least_away(absent):
    """Rows at random, some twice; every combination of values is asked for, those that no row has as well."""
    generator = np.random.default_rng(4)
    rows = [{"width": int(generator.integers(5)), "kind": "abc"[generator.integers(3)]} for _ in range(12)]
    rows += [{"kind": "c"}] if absent else []
    axes = Axes("axis", columns_of(rows), len(rows))
    widths = sorted({row["width"] for row in rows if "width" in row})
    for rank in range(len(widths)):
        for kind in {row["kind"] for row in rows}:
            away = [
                abs(widths.index(row["width"]) - rank if "width" in row else 0) / (len(widths) - 1)
                + 100 * (row["kind"] != kind)
                for row in rows
            ]
            assert axes.nearest({"axis width": rank, "axis kind": repr(kind)}) == away.index(min(away))
