"""A search over networks of the user's own: counted when they are asked for, all first, or refused with the reason."""

import json

import pytest

from sweep import Space, plan
from sweep.costs import own
from sweep.engine.ledger import Ledger
from sweep.errors import SpaceError
from sweep.running import run

NETS = """\
from torch import nn


def line(channels, classes, width=4, depth=1):
    if (width, depth) == (7, 2):
        raise RuntimeError("a bad day")
    layers = [nn.Flatten(), nn.Linear(64 * channels, width)]
    for _ in range(depth):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, classes))
"""
SPACE = {
    "name": "lines",
    "network": {"backbone": "linenets:line", "image_size": 8},
    "grid": [{"width": {"low": 4, "high": 43, "step": 1}, "depth": [1, 2, 3]}],
    "proxy": {
        "dataset": {"name": "digits", "train": 100, "validation": 50},
        "epochs": 1,
        "batch_size": 50,
        "optimizer": {"lr": 0.05},
    },
    "seeds": 1,
}
POINTS = 120
#: As many, which can all be built.
USABLE = [{"width": {"low": 4, "high": 43, "step": 1}, "depth": [1, 3, 4]}]


@pytest.fixture
def space(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linenets.py").write_text(NETS)
    return lambda strategy="grid", **changes: Space.parse({**SPACE, "strategy": strategy, **changes})


@pytest.fixture
def traced(monkeypatch):
    """Every network that is built to be counted, by its options."""
    options = []
    trace = own.trace

    def counting(point, *others):
        options.append(dict(point.options))
        return trace(point, *others)

    monkeypatch.setattr(own, "trace", counting)
    return options


def params_of(width, depth):
    """By hand: 64 inputs, `depth` square layers, ten classes, each layer with its biases."""
    return 65 * width + depth * width * (width + 1) + 10 * (width + 1)


SEARCH = {"name": "random", "runs": 8, "confirm": 1, "objectives": ["error"]}


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_a_search_of_errors_counts_what_it_asks_for(name, space, traced, tmp_path):
    search = space(SEARCH | {"name": name}, grid=USABLE)
    planned = plan(search, traced=False)
    assert (len(planned.points), len(traced), planned.all_known) == (POINTS, own.SAMPLE, False)
    traced.clear()
    run(search, reports=None, inline=True)
    with Ledger.open(tmp_path / "results/lines/ledger.sqlite") as ledger:
        points, asks = ledger.planned(), ledger.asks()
    assert {ask.point for ask in asks} == {one.point for one in points}
    assert len(traced) <= own.SAMPLE + len(points)
    for one in points:
        assert one.params == params_of(**json.loads(one.point)["options"])
        assert one.flops > 0


def test_any_point_can_be_counted_later(space):
    planned = plan(space(SEARCH), traced=False)
    (number,) = [
        n for n in planned.kept.tolist() if dict(planned.grid.listing.point(n).options) == {"width": 20, "depth": 2}
    ]
    assert planned.planned(number).traced is None
    planned.count(number)
    assert planned.planned(number).cost.params == params_of(20, 2)
    assert [row["params"] > 0 for row in planned.rows()].count(False) == 1
    # the one that cannot be built says why
    (why,) = planned.refused.values()
    assert "a bad day" in why


@pytest.mark.parametrize(
    ("strategy", "changes", "what"),
    [
        ({"name": "nsga2", "runs": 20}, {}, r"making flops low needs .* use objectives: \[error\]"),
        ({"name": "random", "runs": 20, "objectives": ["error"], "hours": 2.0}, {}, r"a budget of hours needs"),
        ("racing", {}, r"racing to a front of error and flops needs .* use goal: best"),
        (SEARCH, {"constraints": {"params": {"max": 10**9}}}, r"a constraint on params needs .* constrain axes"),
    ],
)
def test_a_search_that_needs_all_costs_is_refused_where_that_takes_hours(strategy, changes, what, space, monkeypatch):
    monkeypatch.setattr(own, "MOST_SECONDS", 0)
    with pytest.raises(SpaceError, match=what):
        plan(space(strategy, **changes), traced=False)


def test_costs_that_take_seconds_are_counted_first(space):
    planned = plan(space({"name": "nsga2", "runs": 20}, grid=USABLE), traced=False)
    assert planned.all_known
    assert {one.cost.params for one in planned.points} == {params_of(w, d) for w in range(4, 44) for d in (1, 3, 4)}


def test_a_race_to_the_best_needs_no_costs_and_a_broken_network_is_a_row(space, tmp_path):
    few = [{"width": {"low": 7, "high": 57, "step": 1}, "depth": [1, 2]}]
    race = {"name": "racing", "goal": "best", "runs": 110, "confirm": 0}
    assert not plan(space(race, grid=few), traced=False).all_known
    search = {"name": "qmc", "runs": 102, "confirm": 0, "objectives": ["error"]}
    run(space(search, grid=few), reports=None, inline=True)
    with Ledger.open(tmp_path / "results/lines/ledger.sqlite") as ledger:
        outcomes = ledger.outcomes()
    statuses = [outcome[0] for outcome in outcomes.values()]
    assert (statuses.count("failed"), len(statuses)) == (1, 102)
