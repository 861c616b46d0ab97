"""Searches from their asks to what is read of them: the frame, the page's cards, status, and Optuna's storage."""

import dataclasses
import json
import math
import sqlite3
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import optuna
import pytest
from replays import Shuffled, runs_of, sweep

from sweep.analysis.metric import measured_by
from sweep.analysis.searched import courses, hypervolumes, importances
from sweep.analysis.study import Study
from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.remaining import most_runs
from sweep.engine.strategies import other_versions
from sweep.export import export
from sweep.ledger_frame import frame
from sweep.progress import status
from sweep.report import words
from sweep.report.cards import search as cards
from sweep.search import Choice
from sweep.search.history import Answer
from sweep.search.strategy import STRATEGIES
from sweep.terminal_plan import strategy_lines
from tests.search.test_conformance import GRID

SEARCH = {"name": "nsga2", "runs": 60, "confirm": 3, "lag": 3}


def searched(folder, strategy=SEARCH, **changes):
    runs = runs_of(grid=GRID, seeds=2, strategy=strategy, **changes)
    space = runs.plan.space
    path = folder / "small" / "ledger.sqlite"
    path.parent.mkdir(parents=True)
    with Ledger.create(path) as ledger:
        ledger.describe("small", space.data, runs.plan.axes, runs.described())
    sweep(path, STRATEGIES[strategy["name"]](runs.pool(), space.strategy.settings), Shuffled(2, 1), runs)
    with Ledger.create(path) as ledger:
        ledger.describe("small", space.data, runs.plan.axes, runs.described())
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return searched(tmp_path_factory.mktemp("searched"), constraints={"flops": {"max": 10**9}})


@pytest.fixture(scope="module")
def found(made):
    with Ledger.open(made) as ledger:
        return frame(ledger)


def test_only_fresh_seeds_are_evidence_and_the_search_has_everything(made, found):
    with Ledger.open(made) as ledger:
        asks = ledger.asks()
    confirmed = {ask.key for ask in asks if ask.phase == "confirm"}
    assert 0 < len(confirmed) < len(asks)
    assert set(found.runs["key"]) <= confirmed
    assert set(found.runs["seed"]).isdisjoint({0, 1})
    # one setting for each point
    assert not found.runs.duplicated(["point", "seed"]).any()
    assert list(found.search.asked["key"]) == [ask.key for ask in asks]
    # what was not asked for is no run that is missing
    assert "missing" not in set(found.runs["status"])
    assert Study(found).counts.missing == 0


def test_the_cards_of_a_search_show_it(found):
    by_title = {card.title: card for card in cards.cards(Study(found))}
    assert set(by_title) == {"How the search went", "The confirmed front", "What sets the best runs apart"}
    went = by_title["How the search went"]
    assert f"nsga2 asked for {len(found.search.asked)} runs of at most 60" in went.says[0]
    assert went.picture is not None
    assert len(by_title["The confirmed front"].tables[0].rows) == found.runs["point"].nunique()


def test_a_grid_has_no_such_cards(found):
    assert list(cards.cards(Study(dataclasses.replace(found, search=None)))) == []


def test_hypervolumes_are_those_of_the_whole_front():
    generator = np.random.default_rng(3)
    errors, costs = generator.uniform(5, 20, 25), generator.uniform(0, 4, 25)
    volumes = hypervolumes(errors, costs)
    box = errors.max() * (costs.max() - costs.min())
    for n in (1, 5, 25):
        # area below the staircase, by a sum over steps
        area, height = 0.0, errors.max()
        for cost, error in sorted(zip(costs[:n], errors[:n], strict=True)):
            area += max(height - error, 0) * (costs.max() - cost)
            height = min(height, error)
        assert math.isclose(volumes[n - 1], area / box, rel_tol=1e-9, abs_tol=1e-12)


def test_the_course_ends_where_every_order_ends(found):
    went = courses(found.search)
    assert went.error.reached[-1] == went.error.low[-1] == went.error.high[-1]
    assert (went.volume.reached[1:] >= went.volume.reached[:-1]).all()
    assert (
        went.runs[-1] == ((found.search.asked["phase"] == "explore") & (found.search.asked["status"] == "done")).sum()
    )


def test_what_decides_the_error_has_the_largest_share(found):
    asked = found.search.asked
    by_rate = dataclasses.replace(
        found.search,
        asked=asked.assign(status="done", phase="explore", error=1000 * asked["optimizer.lr"] + asked.index % 7),
    )
    shares = importances(by_rate)
    assert shares[0].name == "optimizer.lr"
    assert math.isclose(sum(one.share for one in shares), 1)
    assert all(one.low <= one.high for one in shares)


def test_optuna_opens_the_history_with_its_constraints(made, found, tmp_path):
    with Ledger.open(made) as ledger:
        export(ledger, tmp_path / "optuna.db")
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{tmp_path / 'optuna.db'}")
    rows = found.search.asked.to_dict("records")
    assert [trial.user_attrs["key"] for trial in study.trials] == [row["key"] for row in rows]
    assert [trial.user_attrs["phase"] for trial in study.trials] == [row["phase"] for row in rows]
    assert study.metric_names == ["error, %", "FLOPs"]
    for trial, row in zip(study.trials, rows, strict=True):
        assert trial.values == ([row["error"], row["flops"]] if row["status"] == "done" else None)
    # as Optuna itself keeps a constraint
    other = optuna.create_study(directions=["minimize"] * 2)
    asked = other.ask()
    asked.set_constraint("flops at most 1000000000", rows[0]["flops"] - 10**9)
    other.tell(asked, [1, 1])
    assert study.trials[0].constraints == other.trials[0].constraints
    assert study.best_trials


def test_status_says_how_far_a_search_is(made):
    told = status("small", results=made.parents[1]).search
    assert (told.strategy, told.most, told.explored + told.confirmed) == ("nsga2", 60, 39)
    assert told.confirmed > 0
    assert "explored" in told.lines()[0]


def test_status_says_what_a_race_has_not_decided(tmp_path):
    path = searched(
        tmp_path, {"name": "racing", "runs": 23, "confirm": 0, "lag": 2, "confidence": 0.9999, "tolerance": 0.01}
    )
    told = status("small", results=path.parents[1]).search
    assert told.on + told.off + len(told.undecided) == 9
    assert told.undecided
    assert any("would decide it" in line for line in told.lines())
    with Ledger.open(path) as ledger:
        (_, decided, _) = cards.cards(Study(frame(ledger)))
    assert f"{len(told.undecided)} " in decided.says[0]
    assert len(decided.tables[0].rows) == 9


def test_what_another_strategy_has_left_is_not_done(tmp_path):
    """A grid that was interrupted has noted every ask; a search of the same space does its own."""
    runs = runs_of(grid=GRID, seeds=2)
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        ledger.describe("small", {}, runs.plan.axes, runs.described())
        ledger.ask(runs.ask(number, choice) for number, choice in enumerate(runs.pool().grid()))
    search = runs_of(grid=GRID, seeds=2, strategy={"name": "random", "runs": 12, "confirm": 2})
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        history, stale = search.history(ledger.asks(), {}, ledger.positions())
    assert len(history) == 0
    assert len(stale) == runs.plan.runs


def test_a_grid_leaves_the_fresh_seeds_that_a_race_has_not_done():
    race = runs_of(grid=GRID, seeds=2, strategy={"name": "racing", "goal": "best"})
    choices = [Choice(0, 0, 0, 0, "explore"), Choice(0, 0, 777, 0, "confirm"), Choice(1, 0, 777, 0, "confirm")]
    asks = [race.ask(number, choice) for number, choice in enumerate(choices)]
    grid = runs_of(grid=GRID, seeds=2)
    history, stale = grid.history(asks, {asks[2].key: Answer("done", 10.0, 1.0)})
    # its own seeds it does, whoever asked; what is done is evidence
    assert [choice.seed for _, choice in history.open] == [0]
    assert len(history) == 2
    assert [(ask.key, ask.present) for ask in stale if ask.seed == 777] == [(asks[1].key, False)]
    # and the race goes on with its own
    history, _ = race.history([replace(asks[0], present=True), replace(asks[1], present=False)], {})
    assert [choice.seed for _, choice in history.open] == [0, 777]


def test_points_are_noted_as_they_are_asked_for(tmp_path):
    runs = runs_of(
        grid=GRID, seeds=2, strategy={"name": "random", "runs": 8, "confirm": 2}, baseline={"family": "static"}
    )
    strategy = STRATEGIES["random"](runs.pool(), runs.plan.space.strategy.settings)
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        ledger.describe("small", runs.plan.space.data, runs.plan.axes, {})
        from sweep.engine.loop import Loop
        from sweep.search import History

        Loop(strategy, runs, History(), 0).do(ledger, Shuffled(2, 3), None, lambda pairs: None)
        planned, asked = ledger.planned(), {ask.point for ask in ledger.asks()}
        labels = {one.point: place for place, one in enumerate(planned)}
        assert asked <= set(labels)
        assert len(planned) <= len(asked) + 1 < len(runs.plan.points)
        for one in planned:
            assert planned[one.baseline].point == runs.text(0)
        assert all(runs.text(place) == text for text, place in ledger.positions().items())


def test_another_version_of_the_library_that_chose_is_told():
    made = [Ask(0, "a", None, None, 0, origin={"with": {"optuna": "4.0.0"}}), Ask(1, "b", None, None, 0, origin={})]
    here = Ask(2, "c", None, None, 0, origin={"with": {"optuna": version("optuna")}})
    (line,) = other_versions([*made, here])
    assert line.startswith(f"runs of this search were chosen by optuna 4.0.0; {version('optuna')} is installed")
    assert other_versions([here]) == []


def test_plan_says_what_a_strategy_may_spend_and_what_choosing_costs():
    grid = runs_of(grid=GRID, seeds=2).plan
    assert list(strategy_lines(grid)) == []
    lines = list(strategy_lines(runs_of(grid=GRID, seeds=2, strategy=SEARCH).plan))
    assert len(lines) == 1
    assert lines[0].startswith("nsga2: at most 60 runs")
    assert "3 fresh seeds of each finalist" in lines[0]
    race = list(strategy_lines(runs_of(grid=GRID, seeds=2, strategy="racing").plan))
    assert "it stops by itself" in race[0]
    (_, cost) = strategy_lines(runs_of(grid=GRID, seeds=2, strategy={"name": "gp", "runs": 72}).plan)
    assert "choosing the runs takes about" in cost


def test_epochs_that_a_search_tunes_are_told_as_they_were_trained(tmp_path):
    strategy = {"name": "random", "runs": 12, "confirm": 0, "lag": 3}
    path = searched(tmp_path, strategy, nuisance={"epochs": [1, 2, 3]})
    with Ledger.open(path) as ledger:
        asked = frame(ledger).search.asked
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT key, recipes.recipe FROM asks JOIN recipes ON recipes.id = asks.recipe")
        trained = {key: json.loads(recipe)["epochs"] for key, recipe in rows}
    assert dict(zip(asked["key"], asked["epochs"], strict=True)) == trained
    assert len(set(trained.values())) > 1


def test_a_finalist_is_shown_with_the_setting_that_its_fresh_runs_have(found):
    """Whatever a list's order is, a setting is at its end by its size."""
    shuffled = dataclasses.replace(
        found.search,
        nuisance={name: (values[-1], *values[:-1]) for name, values in found.search.nuisance.items()},
    )
    ends = []
    for search in (found.search, shuffled):
        by_title = {card.title: card for card in cards.cards(Study(dataclasses.replace(found, search=search)))}
        card = by_title["The confirmed front"]
        of_runs = found.runs.groupby("point")["optimizer.lr"].unique()
        for row in card.tables[0].rows:
            (rate,) = of_runs[row[0].text]
            assert row[2].text == f"{rate:g}"
        ends.append(card.says)
    assert ends[0] == ends[1]


def test_what_a_race_or_a_search_does_at_most_has_its_fresh_seeds():
    grid = runs_of(grid=GRID, seeds=2).plan
    points = len(grid.points)
    for strategy, most in (
        ({"name": "racing"}, grid.runs + 4 * points),
        ({"name": "racing", "confirm": 2}, grid.runs + 2 * points),
        ({"name": "racing", "goal": "curve", "axis": "lambda"}, grid.runs),
        ({"name": "tpe", "runs": 10_000, "confirm": 3}, grid.runs + 3 * points),
        ({"name": "tpe", "runs": 7, "confirm": 3}, 7),
    ):
        assert most_runs(runs_of(grid=GRID, seeds=2, strategy=strategy).plan) == most


def test_a_search_that_is_judged_by_loss_shows_losses(found):
    losses = found.runs["error"] / 30
    asked = found.search.asked.assign(loss=found.search.asked["error"] / 30)
    searched = dataclasses.replace(
        found, runs=found.runs.assign(loss=losses), search=dataclasses.replace(found.search, asked=asked)
    )
    with words.judged_by("loss"):
        by_title = {card.title: card for card in cards.cards(Study(measured_by(searched, "loss")))}
    card = by_title["The confirmed front"]
    titles = [column.title for column in card.tables[0].columns]
    assert titles[-2:] == ["fresh loss, nats", "lowest explored, nats"]
    explored = asked[(asked["phase"] == "explore") & (asked["status"] == "done")]
    for row in card.tables[0].rows:
        lowest = explored.loc[explored["point"] == row[0].text, "loss"].min()
        assert row[-1].sort == lowest or (math.isnan(lowest) and row[-1].sort is None)
