"""What every strategy that a space can name has in common."""

import pytest
from replays import Shuffled, disturbed, held, runs_of, sweep

from sweep.engine.speed import Speed
from sweep.search.strategy import STRATEGIES

#: A space with enough in it to search: nine points, two settings, two seeds.
GRID = [
    {"family": "static"},
    {"family": "weightnet", "G": 1, "M": [1, 2, 4, 8]},
    {"family": "condconv", "experts": [1, 2, 3, 4]},
]
SETTINGS = {
    "grid": "grid",
    "random": {"name": "random", "runs": 16, "confirm": 2},
    "qmc": {"name": "qmc", "runs": 16, "confirm": 2, "lag": 2},
    "tpe": {"name": "tpe", "runs": 16, "confirm": 2},
    "nsga2": {"name": "nsga2", "runs": 30, "confirm": 2, "lag": 3},
    "nsga3": {"name": "nsga3", "runs": 30, "confirm": 2, "lag": 3},
    "cmaes": {"name": "cmaes", "runs": 40, "confirm": 2, "lag": 3},
    "halving": {"name": "halving", "runs": 40, "confirm": 2, "lag": 3},
    "gp": {"name": "gp", "runs": 14, "confirm": 2, "lag": 2},
    "racing": {"name": "racing", "lag": 3, "confirm": 2, "runs": 30},
    "hours": {"name": "random", "hours": 0.06, "confirm": 2},
    "hours or runs": {"name": "nsga2", "hours": 0.06, "runs": 12, "confirm": 2, "lag": 3},
    "hours of tpe": {"name": "tpe", "hours": 0.04, "confirm": 2, "lag": 3},
    "hours of halving": {"name": "halving", "hours": 0.06, "confirm": 2, "lag": 3},
    "hours of a race": {"name": "racing", "hours": 0.15, "confirm": 2, "lag": 3},
    "a curve": {"name": "racing", "goal": "curve", "axis": "M", "runs": 30, "lag": 1},
}


#: A second for 100 images of the cheapest point, and in proportion to FLOPs of the others.
SPEED = Speed((("static", "shufflenet_v2", 12_320.0, 0.01),))


def planned(name):
    lengths = {"lengths": [2, 4, 8]} if "halving" in name else {}
    return runs_of(grid=GRID, seeds=2, strategy=SETTINGS[name], **lengths)


def maker(runs):
    """Make the strategy of a space anew, as every call of `run` does."""
    strategy = runs.plan.space.strategy
    return lambda: STRATEGIES[strategy.name](runs.pool(SPEED), strategy.settings)


def hours_of(runs, ask):
    """Hours of an ask: each image is learned from once an epoch, and judging one costs a third of that."""
    flops = {runs.text(place): planned.cost.flops for place, planned in enumerate(runs.plan.points)}[ask.point]
    epochs = runs.plan.space.rungs()[ask.rung].epochs
    return (200 * epochs + 100 / 3) * 0.01 * flops / 12_320 / 3600


def test_every_strategy_is_tested_here():
    assert {planned(name).plan.space.strategy.name for name in SETTINGS} == set(STRATEGIES)


@pytest.mark.parametrize("name", SETTINGS)
def test_asks_depend_on_neither_workers_nor_kills(name, tmp_path):
    runs = planned(name)
    make = maker(runs)
    sweep(tmp_path / "undisturbed", make(), Shuffled(1, 0), runs)
    truth = held(tmp_path / "undisturbed")
    assert all(outcome is not None for _, outcome in truth)
    for workers, kills in ((3, []), (8, []), (3, [2, 5, 1, 4])):
        path = tmp_path / f"{workers}-{len(kills)}"
        executor = disturbed(path, make, workers, 7, kills, runs)
        assert held(path) == truth
        lag = make().lag
        assert lag is None or executor.seen_at_once <= lag + 1


@pytest.mark.parametrize("name", SETTINGS)
def test_no_run_is_asked_for_twice_and_the_budget_holds(name, tmp_path):
    runs = planned(name)
    sweep(tmp_path / "ledger.sqlite", maker(runs)(), Shuffled(2, 1), runs)
    asks = [ask for ask, _ in held(tmp_path / "ledger.sqlite")]
    assert len({ask.key for ask in asks}) == len(asks)
    budget = runs.plan.space.strategy.runs
    assert len(asks) <= (budget or runs.plan.runs)
    if hours := runs.plan.space.strategy.hours:
        spent = [hours_of(runs, ask) for ask in asks]
        # the last run spends the last of it
        assert sum(spent[:-1]) < hours
        assert len(asks) == budget or sum(spent) > (0.4 if name == "hours of halving" else 0.9) * hours
    seeds = set(runs.plan.space.seeds)
    # finalists are confirmed on seeds that chose nothing
    assert all((ask.phase == "confirm") == (ask.seed not in seeds) for ask in asks)
    assert sweep(tmp_path / "ledger.sqlite", maker(runs)(), Shuffled(2, 1), runs) == []
