"""Hours as a budget: forecast once, kept with the first ask, and the same on every machine."""

import dataclasses

import numpy as np
import pytest
from replays import runs_of
from small import SMALL

from sweep.costs import plan as make_plan
from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.speed import SPEED, Speed
from sweep.engine.strategies import speed_of
from sweep.running import run
from sweep.space import Space
from sweep.terminal_plan import hours_line
from tests.search.test_conformance import GRID

SEARCH = SMALL.replace("epochs: 8", "epochs: 1") + "strategy: {name: random, hours: HOURS, confirm: 1, lag: 2}\n"
KNOWN = Speed((("static", "shufflenet_v2", 10_000.0, 0.01), ("weightnet", "shufflenet_v2", 20_000.0, 0.1)))


def asks_of(folder):
    with Ledger.open(folder / "small" / "ledger.sqlite") as ledger:
        return ledger.asks()


def test_hours_of_a_run_grow_with_its_network_and_its_epochs():
    runs = runs_of(grid=GRID, lengths=[2, 8])
    speed = Speed((("weightnet", "shufflenet_v2", 1e4, 0.01), ("weightnet", "shufflenet_v2", 3e4, 0.03)))
    hours = speed.hours(runs.plan)
    for point, planned in enumerate(runs.plan.points):
        # an image costs a microsecond a multiply-add, and no less than the cheapest that was timed
        each = max(planned.cost.flops, 1e4) / 1e6
        for rung, epochs in enumerate((2, 8)):
            assert hours[point, rung] == pytest.approx(each * (200 * epochs + 100 / 3) / 3600)


def test_a_speed_is_measured_and_found_again_in_an_ask():
    plan = runs_of(grid=GRID).plan
    speed = Speed.measured(plan)
    assert {timing[:2] for timing in speed.timings} >= {("static", "shufflenet_v2"), ("condconv", "shufflenet_v2")}
    ask = Ask(3, "key", None, None, None, origin=dict(speed.origin))
    later = dataclasses.replace(ask, number=7, origin=dict(KNOWN.origin))
    assert Speed.recorded([later, ask]) == speed
    assert np.isfinite(speed.hours(plan)).all()


@pytest.mark.parametrize(
    "rows", [3, "abcd", [], [["static", "x", 1]], [["static", "x", 1, 0]], [[1, 2, float("nan"), 1]]]
)
def test_an_ask_that_says_something_else_is_no_speed(rows):
    assert Speed.recorded([Ask(0, "key", None, None, None, origin={SPEED: rows})]) is None


def test_hours_are_fixed_when_the_search_begins_and_may_be_widened(tmp_path, write, monkeypatch):
    def search(folder, hours):
        return run(write(SEARCH.replace("HOURS", str(hours))), results=folder, reports=None, inline=True)

    def planned(folder):
        found = make_plan(Space.load(write(SEARCH.replace("HOURS", "0.03"))), traced=0)
        return hours_line(found, 0.03, speed_of(found, tmp_path / folder / found.space.name / "ledger.sqlite"))

    monkeypatch.setattr(Speed, "measured", classmethod(lambda cls, plan: KNOWN))
    search(tmp_path / "all", 0.05)
    search(tmp_path / "widened", 0.03)
    whole = asks_of(tmp_path / "all")
    first = asks_of(tmp_path / "widened")
    assert first[0].origin[SPEED] == [list(timing) for timing in KNOWN.timings]
    assert all(SPEED not in ask.origin for ask in first[1:])
    # another machine is ten times as fast
    faster = Speed(tuple((*timing[:3], timing[3] / 10) for timing in KNOWN.timings))
    monkeypatch.setattr(Speed, "measured", classmethod(lambda cls, plan: faster))
    assert "The ledger holds this forecast" in planned("widened")
    assert "The first run of the sweep fixes this forecast" in planned("none-yet")
    assert search(tmp_path / "widened", 0.03).trained == 0
    search(tmp_path / "widened", 0.05)
    wider = asks_of(tmp_path / "widened")
    assert wider[: len(first)] == first
    assert len(first) < len(wider) < len(whole) + 2
    # by its own forecast it does all that there is
    search(tmp_path / "faster", 0.05)
    assert len(asks_of(tmp_path / "faster")) > len(wider)


def test_status_tells_the_hours_that_were_asked_for(write, command, monkeypatch, tmp_path):
    monkeypatch.setattr(Speed, "measured", classmethod(lambda cls, plan: KNOWN))
    path = write(SEARCH.replace("HOURS", "0.03"))
    found = run(path, results=tmp_path / "results", reports=None, inline=True)
    asks = asks_of(tmp_path / "results")
    planned = PlannedRuns(make_plan(Space.load(path), traced=0))
    # by the pool's own hours, run by run
    hours = planned.pool(KNOWN).hours
    place = {planned.text(number): number for number in range(len(hours))}
    spent = sum(hours[place[ask.point], 0] for ask in asks)
    assert found.trained == len(asks) > 1
    assert spent > 0.03
    _, out, _ = command("status", found.name)
    assert f"of at most 0.03 hours of training, {spent:.2g} of them asked for" in " ".join(out.split())


def told(command, write, strategy):
    path = write(SMALL + f"strategy: {strategy}\n")
    code, out, err = command("plan", path.name, "--no-forecast")
    assert command("run", path.name, "--inline")[::2] == (code, err) or code == 0
    return code, " ".join(out.split()), err


@pytest.mark.parametrize(
    ("strategy", "what"),
    [
        ("{name: random, hours: 1e-4}", "a point is run once, and confirmed with 4 fresh seeds, which takes"),
        ("{name: racing, hours: 1e-4}", "a race begins with 10 runs, which takes"),
    ],
)
def test_hours_that_are_too_few(strategy, what, write, command, monkeypatch, tmp_path):
    monkeypatch.setattr(Speed, "measured", classmethod(lambda cls, plan: KNOWN))
    code, _, err = told(command, write, strategy)
    assert code == 2
    assert f"space.yaml:24: strategy: hours: 0.0001 is too few: {what}" in err
    assert not (tmp_path / "results").exists()


def test_a_plan_says_how_many_runs_hours_come_to(write, command, monkeypatch):
    monkeypatch.setattr(Speed, "measured", classmethod(lambda cls, plan: KNOWN))
    path = write(SMALL + "strategy: {name: random, hours: 0.1}\n")
    code, out, _ = command("plan", path.name, "--no-forecast")
    assert code == 0
    # 8 x 200 + 100 / 3 images, of which the cheapest network takes 0.0123 s and the dearest 0.108
    assert "0.1 hours of training, all runs together, come to 2 to 18 runs" in " ".join(out.split())


def test_where_no_step_can_be_timed_hours_are_no_budget(write, command, monkeypatch):
    monkeypatch.setattr("sweep.engine.speed.time_steps", lambda plan: ([], []))
    path = write(SMALL + "strategy: {name: random, hours: 0.1}\n")
    code, _, err = command("run", path.name, "--inline")
    assert code == 2
    assert "space.yaml:24: strategy.hours: the training time of a run cannot be forecast here" in err
