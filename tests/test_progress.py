"""How far a sweep is: the ledger's counts, an honest rate, a front by brute force; and quickly."""

import itertools
import json
import math
import random
import re
import resource
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import describe, result
from rich.console import Console
from ruamel.yaml import YAML
from small import SMALL

from sweep import status
from sweep.costs import plan
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.ledger import Ledger
from sweep.engine.lock import Holder, locked
from sweep.engine.result import Result
from sweep.engine.runs import texts_of, wanted
from sweep.errors import LedgerError
from sweep.progress import Progress, rate
from sweep.space import Space
from sweep.terminal import ago, first_line, front_table, status_lines

SPACE = Space.parse(YAML(typ="safe").load(SMALL))
PLAN = plan(SPACE, traced=False)
RUNS = wanted(PLAN)
GOLDEN = Path(__file__).parent / "golden/ledgers"
_names = (f"s{n}" for n in itertools.count())


def row(run, status="done", error=12.5, kind="", message="", traceback=""):
    return result(run, status, error, (), 1.0, kind, message, traceback=traceback)


def fill(folder, rows, name="small", runs=RUNS):
    with Ledger.create(folder / name / "ledger.sqlite") as ledger:
        describe(ledger, PLAN, name, runs)
        ledger.record(rows)
    return ledger.path


def test_counts(tmp_path):
    rows = [row(run) for run in RUNS[:4]]
    rows += [row(RUNS[4], "failed", kind="ValueError", message="no", traceback="File x\nValueError: no")]
    rows += [row(RUNS[5], "diverged", kind="diverged", message="loss nan in epoch 2")]
    fill(tmp_path, rows, runs=RUNS[1:])
    found = status("small", results=tmp_path)
    assert (found.wanted, found.done, found.failed, found.diverged, found.unasked) == (11, 3, 1, 1, 1)
    assert (found.remaining, found.running, found.rate, found.seconds_left, found.driver) == (6, 0, None, None, None)
    assert [(f.kind, f.runs, f.message) for f in found.failures] == [
        ("ValueError", 1, "no"),
        ("diverged", 1, "loss nan in epoch 2"),
    ]
    assert status_lines(found) == [
        "small: 3 of 11 runs done, 1 failed, 1 diverged, 6 remaining",
        "Not running. Resume with `wn-sweep run`.",
        "1 more runs in the ledger that the space does not ask for",
        "1 ValueError, for example: no",
        "    File x",
        "    ValueError: no",
        "1 diverged, for example: loss nan in epoch 2",
        "1 of 1 point is best at optimizer.lr 0.01, an end of the list: add 0.0025 to nuisance",
    ]


def test_a_driver_at_work_is_named(tmp_path):
    fill(tmp_path, [row(RUNS[0])])
    with locked(tmp_path / "small") as lock:
        assert status("small", results=tmp_path).running == 0
        lock.train(2)
        found = status("small", results=tmp_path)
        assert (found.running, found.driver.workers) == (2, 2)
        counts, work = status_lines(found)
        assert counts == "small: 1 of 12 runs done, 2 running, 11 remaining"
        who = f"by process {found.driver.process} on {found.driver.host}"
        assert re.fullmatch(rf"running, time left: measuring; started \d s ago {re.escape(who)}", work)
    assert status("small", results=tmp_path).driver is None


def test_a_rate_is_of_the_driver_that_is_at_work(tmp_path):
    """Two at a time, one each 10 s: 0.2 a second; what landed before this driver began is none of it."""
    path = fill(tmp_path, [row(run) for run in RUNS[:10]])
    with locked(tmp_path / "small") as lock:
        lock.train(2)
        written = json.loads((tmp_path / "small" / "lock").read_text())
        (tmp_path / "small" / "lock").write_text(json.dumps({**written, "since": "2026-01-02T00:00:00+00:00"}))
        with sqlite3.connect(path) as connection:
            for n, run in enumerate(RUNS[:10]):
                when = "2026-01-01T00:00:00" if n < 4 else f"2026-01-02T00:00:{10 * (n // 2 - 1):02d}"
                connection.execute("UPDATE runs SET finished = ? WHERE key = ?", (f"{when}+00:00", run.key))
        connection.close()
        found = status("small", results=tmp_path)
    assert (found.rate, found.seconds_left) == (pytest.approx(0.2), pytest.approx(10))
    assert status_lines(found)[1].startswith("about 10 s left, 12 runs a minute; started ")


def test_a_rate_waits_until_it_can_be_told():
    times = [f"2026-01-01T00:00:{second:02d}+00:00" for second in (0, 0, 5, 5, 9)]
    assert [rate(times[:n], 2) for n in range(6)] == [None, None, None, None, 2 / 5, 3 / 9]
    assert rate(times, 0) is None
    assert rate(times[:1] * 9, 2) is None


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([None, "lost", 10.0, 11.0, 12.0]), min_size=12, max_size=12))
def test_the_front_is_that_of_brute_force(tmp_path, errors):
    name = next(_names)
    had = [(run, error) for run, error in zip(RUNS, errors, strict=True) if error is not None]
    fill(tmp_path, [row(r, "failed" if e == "lost" else "done", e) for r, e in had], name)
    points = {}
    for planned in PLAN.points:
        settings = [
            [e for run, e in had if run.point == planned.point and run.proxy == proxy] for _, proxy in SPACE.recipes()
        ]
        means = [
            (given.count("lost"), fmean([e for e in given if e != "lost"]) if set(given) - {"lost"} else math.inf)
            for given in settings
            if given
        ]
        if means and not min(means)[0]:
            points[planned.label] = (min(means)[1], planned.cost.flops, planned.cost.params)

    def beaten(mine, cost):
        return any(
            other[0] <= mine[0] and other[cost] <= mine[cost] and (other[0], other[cost]) != (mine[0], mine[cost])
            for other in points.values()
        )

    expected = {
        label: tuple(name for name, cost in (("flops", 1), ("params", 2)) if not beaten(mine, cost))
        for label, mine in points.items()
    }
    found = status(name, results=tmp_path).front
    assert {leader.point: leader.fronts for leader in found} == {p: fronts for p, fronts in expected.items() if fronts}
    assert all((leader.error, leader.flops, leader.params) == points[leader.point] for leader in found)


def test_a_ledger_of_version_1_is_told_of_and_left_as_it_is():
    before = (GOLDEN / "quick/ledger.sqlite").read_bytes()
    found = status("quick", results=GOLDEN)
    assert (found.wanted, found.done, found.unasked) == (90, 90, 0)
    assert "weightnet M=2 G=2" in {leader.point for leader in found.front}
    assert (GOLDEN / "quick/ledger.sqlite").read_bytes() == before


def test_a_failure_without_a_message_has_a_line_too():
    """A ledger that somebody sent may hold one."""
    assert [first_line(message) for message in ("", "\n", "no\nsuch")] == ["", "", "no"]


def test_what_a_person_sees(tmp_path):
    fill(tmp_path, [row(run) for run in RUNS])
    console = Console(width=100)
    with console.capture() as said:
        console.print(front_table(status("small", results=tmp_path)))
    head, *points = said.get().splitlines()
    assert head.split() == ["front", "so", "far", "error", "%", "seeds", "FLOPs", "params", "against"]
    assert points[0].startswith("static")
    assert f"{PLAN.points[0].cost.flops:,}" in points[0]


def test_the_command(command, tmp_path):
    fill(tmp_path / "results", [row(run) for run in RUNS])
    code, out, err = command("status", "small")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "small: 12 of 12 runs done"
    assert "each point's best setting so far" in out
    code, out, err = command("status", "small", "--json")
    found = json.loads(out)
    assert (found["done"], found["remaining"], found["driver"]) == (12, 0, None)
    # all are in: watching ends at once
    code, out, _ = command("status", "small", "--watch")
    assert (code, out.splitlines()[0]) == (0, "small: 12 of 12 runs done")
    assert command("status", "none") == (2, "", "results/none/ledger.sqlite: there is no such ledger\n")


def test_watching_goes_on_until_all_runs_are_in(command, tmp_path, monkeypatch):
    fill(tmp_path / "results", [row(run) for run in RUNS[:11]])
    waited = []

    def land(seconds):
        waited.append(seconds)
        with Ledger.create(tmp_path / "results/small/ledger.sqlite") as ledger:
            ledger.record([row(RUNS[11])])

    monkeypatch.setattr("sweep.following.time.sleep", land)
    code, out, _ = command("status", "small", "--watch", "--json")
    assert (code, len(waited)) == (0, 1)
    assert [json.loads(line)["remaining"] for line in out.splitlines()] == [1, 0]
    assert command("status", "small", "--watch")[1].splitlines()[0] == "small: 12 of 12 runs done"

    def leave(seconds):
        raise KeyboardInterrupt

    fill(tmp_path / "results", [row(run) for run in RUNS[:11]], "other")
    monkeypatch.setattr("sweep.following.time.sleep", leave)
    assert command("status", "other", "--watch")[0] == 0


def test_a_hundred_thousand_runs_are_told_of_in_under_two_seconds(tmp_path):
    """The whole command, imports included; 2,000 points x 5 settings x 10 seeds."""
    draw = random.Random(0)
    point, recipe = (json.loads(text) for text in texts_of(RUNS[0].point, RUNS[0].proxy))
    points = [json.dumps({**point, "last_channels": n + 1}) for n in range(2000)]
    recipes = [json.dumps({**recipe, "epochs": n + 1}) for n in range(5)]
    runs = [
        (f"{draw.getrandbits(256):064x}", point, recipe, seed)
        for point in points
        for recipe in recipes
        for seed in range(10)
    ]
    draw.shuffle(runs)
    losses = tuple(draw.random() for _ in range(30))
    with Ledger.create(tmp_path / "results/small/ledger.sqlite") as ledger:
        costs = [PlannedPoint(point, draw.randrange(10**6), draw.randrange(10**7), 1, 1) for point in points]
        ledger.describe("small", SPACE.data, PLAN.axes, costs)
        ledger.ask(Ask(number, *run) for number, run in enumerate(runs))
        ledger.record(Result(key, "done", draw.gauss(9), None, losses, 1.0) for key, *_ in runs)
    command = [sys.executable, "-X", "importtime", "-m", "sweep.cli", "status", "small"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.splitlines()[0] == "small: 100000 of 100000 runs done"
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "ray", "pandas", "matplotlib", "scipy"}
    # of one core: on the clock it is the same, unless others are at work on this machine
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_a_sweep_that_was_never_run(tmp_path):
    Ledger.create(tmp_path / "small" / "ledger.sqlite").close()
    with pytest.raises(LedgerError, match="no sweep has been run"):
        status("small", results=tmp_path)


def test_nothing_left_and_a_driver_is_about_to_end():
    driver = Holder(1, "here", "2026-01-01T00:00:00+00:00", 2)
    found = Progress("small", 2, 2, 0, 0, 0, driver, 0.5, (), ())
    assert status_lines(found)[1].startswith("about to end; started ")
    assert status_lines(replace(found, wanted=4))[1].startswith("about 4 s left, 30 runs a minute; started ")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(7, "7 s ago"), (330, "5 min ago"), (3600, "1 h 00 min ago"), (7530, "2 h 05 min ago"), (3 * 86400, "3 days ago")],
)
def test_when_a_driver_started(seconds, told):
    assert ago((datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()) == told


def test_points_that_err_as_often_as_guessing_are_named_and_not_ranked(tmp_path):
    """90 % is guessing among ten digits; of 100 validation images 85.1 % cannot be told from it, and 85 % can."""
    errors = {"static": 90.0, "weightnet M=1 G=1": 85.1, "weightnet M=2 G=1": 85.0}
    fill(tmp_path, [row(run, error=errors[run.label]) for run in RUNS])
    found = status("small", results=tmp_path)
    assert found.at_chance == ("static", "weightnet M=1 G=1")
    assert [leader.point for leader in found.front] == ["weightnet M=2 G=1"]
    told = "2 points err as often as guessing so far, and are not ranked: static, weightnet M=1 G=1"
    assert told in status_lines(found)
    assert found.plain()["at_chance"] == ("static", "weightnet M=1 G=1")


def test_watching_waits_for_a_ledger_that_is_not_there_yet(command, tmp_path, monkeypatch):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            fill(tmp_path / "results", [row(run) for run in RUNS])

    monkeypatch.setattr("sweep.following.time.sleep", wait)
    code, out, err = command("status", "small", "--watch")
    assert (code, out.splitlines()[0], len(waits)) == (0, "small: 12 of 12 runs done", 2)
    assert err.count("Waiting for results/small/ledger.sqlite, which is not there yet") == 1
