"""Merging is a union of sets, or an error that names both ledgers and writes nothing."""

import contextlib
import itertools
import json
import sqlite3
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import describe, result
from ruamel.yaml import YAML
from small import SMALL

from sweep import frame, merge
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.lock import locked
from sweep.engine.looks import looked
from sweep.engine.runs import wanted
from sweep.errors import SweepError
from sweep.space import Space

SPACE = Space.parse(YAML(typ="safe").load(SMALL))
PLAN = plan(SPACE, traced=False)
RUNS = wanted(PLAN)


def row(run, status="done", error=12.5, message=""):
    # what came out of a run follows from its key; when and how long it took does not
    return result(run, status, error, (2.0, error), message=message)


def fill(folder, name, rows, space=SPACE):
    path = folder / "results" / name / "ledger.sqlite"
    with Ledger.create(path) as ledger:
        planned = plan(space, traced=False)
        describe(ledger, planned, name)
        ledger.record(rows)
    return path


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


_folders = itertools.count()


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(truth=st.lists(st.sampled_from(["done", "diverged"]), min_size=12, max_size=12), data=st.data())
def test_a_merge_is_a_union_in_which_a_failure_counts_least(truth, data, tmp_path):
    folder = tmp_path / str(next(_folders))
    held = {}
    for name in "abc":
        states = [data.draw(st.sampled_from(["absent", "failed", outcome]), f"{name}") for outcome in truth]
        held[name] = dict(zip([run.key for run in RUNS], states, strict=True))
        fill(
            folder,
            name,
            [row(r, s, 10 + i) for i, (r, s) in enumerate(zip(RUNS, states, strict=True)) if s != "absent"],
        )
    order = data.draw(st.permutations("abc"))
    expected = {}
    for run, outcome in zip(RUNS, truth, strict=True):
        states = {held[name][run.key] for name in "abc"}
        if states != {"absent"}:
            expected[run.key] = outcome if outcome in states else "failed"
    results = folder / "results"
    path = merge(*order, into="all", results=results)
    with Ledger.open(path) as ledger:
        assert ledger.statuses() == expected
        errors = {key: error for key, _, _, error in ledger.errors()}
        assert all(errors[run.key] == 10 + i for i, run in enumerate(RUNS) if expected.get(run.key) == "done")
        assert (ledger.wanted(), ledger.axes()) == ({run.key for run in RUNS}, PLAN.axes)
        before = ledger.outcomes()
    # what it holds already stays, and merging it again changes nothing
    merge(*order, "all", into="all", results=results)
    with Ledger.open(path) as ledger:
        assert ledger.outcomes() == before


@pytest.mark.parametrize(
    "other",
    [row(RUNS[0], error=13.0), row(RUNS[0], "diverged"), result(RUNS[0], losses=(2.0, 12.25))],
    ids=["error", "status", "losses"],
)
def test_another_outcome_names_both_and_writes_nothing(other, tmp_path):
    paths = [fill(tmp_path, "a", [row(RUNS[0]), row(RUNS[1])]), fill(tmp_path, "b", [other, row(RUNS[2])])]
    before = files(tmp_path)
    for into in ("c", "a"):
        with pytest.raises(SweepError) as told:
            merge("a", "b", into=into, results=tmp_path / "results")
        assert str(told.value).startswith(f"{paths[0]} and {paths[1]} differ in run {RUNS[0].key}: ")
        assert "nothing was merged" in str(told.value)
        assert files(tmp_path) == before
    assert not (tmp_path / "results" / "c").exists()


def test_another_cost_of_a_point_names_both(tmp_path):
    fill(tmp_path, "a", [row(RUNS[0])])
    path = fill(tmp_path, "b", [row(RUNS[1])])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE points SET flops = flops + 1")
    connection.close()
    with pytest.raises(SweepError, match=r"a/ledger\.sqlite and .*b/ledger\.sqlite differ in point"):
        merge("a", "b", into="c", results=tmp_path / "results")


def test_of_two_failures_the_first_is_kept(tmp_path):
    fill(tmp_path, "a", [row(RUNS[0], "failed", message="first")])
    fill(tmp_path, "b", [row(RUNS[0], "failed", message="second")])
    with Ledger.open(merge("b", "a", into="c", results=tmp_path / "results")) as ledger:
        assert ledger.reason(RUNS[0].key)[0] == "second"


def test_a_new_ledger_has_the_space_of_the_first_and_all_runs(tmp_path):
    wider = Space.parse({**SPACE.data, "seeds": 3})
    runs = wanted(plan(wider, traced=False))
    fill(tmp_path, "narrow", [row(run) for run in RUNS])
    fill(tmp_path, "wide", [row(run) for run in runs if run.seed == 2], wider)
    for order, asked, unasked in ((("narrow", "wide"), 12, 6), (("wide", "narrow"), 18, 0)):
        with Ledger.open(merge(*order, into="-".join(order), results=tmp_path / "results")) as ledger:
            found = frame(ledger)
            assert (found.name, len(found.runs), found.unasked) == ("-".join(order), asked, unasked)
            assert (found.runs["status"] == "done").all()
            assert len(ledger.statuses()) == 18


def test_paths_name_ledgers_too(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    first = fill(elsewhere, "a", [row(RUNS[0])])
    second = fill(elsewhere, "b", [row(RUNS[1])])
    path = merge(first, second.parent, into="c", results=tmp_path / "results")
    assert path == tmp_path / "results" / "c" / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        assert len(ledger.statuses()) == 2


def test_a_ledger_of_version_1_is_merged_and_left_as_it_is(tmp_path):
    reference = Path(__file__).parents[1] / "golden/ledgers/quick/ledger.sqlite"
    before = reference.read_bytes()
    fill(tmp_path, "b", [row(RUNS[0])])
    with Ledger.open(merge(reference, "b", into="c", results=tmp_path / "results")) as ledger:
        found = frame(ledger)
        assert ((found.runs["status"] == "done").sum(), found.unasked) == (90, 1)
    assert reference.read_bytes() == before


def test_a_sweep_at_which_a_driver_is_at_work_is_not_merged_into(tmp_path):
    fill(tmp_path, "a", [row(RUNS[0])])
    path = fill(tmp_path, "b", [row(RUNS[1])])
    with locked(path.parent), pytest.raises(SweepError, match="running this sweep"):
        merge("a", into="b", results=tmp_path / "results")
    # read it may be
    with locked(path.parent):
        merge("a", "b", into="c", results=tmp_path / "results")


def meanwhile(monkeypatch, what):
    """Let another process do something after a merge has read its ledgers, and before it has the lock."""

    @contextlib.contextmanager
    def late(folder):
        what()
        with locked(folder) as lock:
            yield lock

    monkeypatch.setattr(sys.modules["sweep.engine.merge"], "locked", late)


def test_what_another_process_wrote_meanwhile_is_compared_too(tmp_path, monkeypatch):
    fill(tmp_path, "a", [row(RUNS[0])])
    path = fill(tmp_path, "b", [])

    def finish():
        with Ledger.create(path) as ledger:
            ledger.record([row(RUNS[0], error=13.0)])

    meanwhile(monkeypatch, finish)
    with pytest.raises(SweepError, match=r"b/ledger.sqlite and .*a/ledger.sqlite differ in run"):
        merge("a", into="b", results=tmp_path / "results")
    with Ledger.open(path) as ledger:
        assert [outcome[1] for outcome in ledger.outcomes().values()] == [13.0]


def test_a_ledger_that_began_meanwhile_keeps_its_space(tmp_path, monkeypatch):
    fill(tmp_path, "a", [row(RUNS[0])])
    wider = Space.parse({**SPACE.data, "seeds": 3})
    meanwhile(monkeypatch, lambda: fill(tmp_path, "b", [row(RUNS[1])], wider))
    with Ledger.open(merge("a", into="b", results=tmp_path / "results")) as ledger:
        assert ledger.space()["seeds"] == 3
        assert len(ledger.statuses()) == 2


def note(path, **content):
    (path.parent / "test.json").write_text(json.dumps(content))


def test_looks_at_the_test_split_are_brought_along(tmp_path):
    first, second, third = (f"2026-11-0{day}T00:00:00+00:00" for day in (1, 2, 3))
    a, b = fill(tmp_path, "a", [row(RUNS[0])]), fill(tmp_path, "b", [row(RUNS[1])])
    note(a, looks=[first, third], errors={RUNS[0].key: 11.0}, images=10, official=False)
    note(b, looks=[second, third], errors={RUNS[1].key: None, RUNS[0].key: 12.0}, images=10, official=False)
    for _ in range(2):
        folder = merge("a", "b", into="c", results=tmp_path / "results").parent
        found = looked(folder)
        assert found.times == (first, second, third)
        assert found.errors == {RUNS[0].key: 11.0, RUNS[1].key: None}
        assert (found.images, found.official) == (10, False)
    # of nothing nothing is noted
    fill(tmp_path, "d", [row(RUNS[0])])
    assert not (merge("d", into="e", results=tmp_path / "results").parent / "test.json").exists()


@pytest.mark.parametrize("name", ["test.json", "weights.json"])
def test_a_note_of_the_target_that_is_damaged_is_told_before_the_ledger_is_written(name, tmp_path):
    a, b = fill(tmp_path, "a", [row(RUNS[0])]), fill(tmp_path, "b", [row(RUNS[1])])
    (a.parent / "weights").mkdir()
    (b.parent / name).write_text("{")
    before = files(tmp_path / "results/b")
    with pytest.raises(SweepError, match=rf"b/{name}: cannot be read"):
        merge("a", into="b", results=tmp_path / "results")
    after = files(tmp_path / "results/b")
    assert {path: content for path, content in after.items() if path in before} == before


def test_the_command(command, tmp_path):
    fill(tmp_path, "a", [row(RUNS[0])])
    fill(tmp_path, "b", [row(RUNS[0]), row(RUNS[1])])
    assert command("merge", "a", "b", "--into", "c") == (0, "2 runs: results/c/ledger.sqlite\n", "")
    fill(tmp_path, "d", [row(RUNS[0], error=1.0)])
    before = files(tmp_path)
    for words, told in {
        ("a", "d", "--into", "e"): "results/a/ledger.sqlite and results/d/ledger.sqlite differ in run",
        ("a", "none", "--into", "e"): "results/none/ledger.sqlite: there is no such ledger",
        ("a", "b", "--into", "../e"): "into: name: '../e' is used in file names",
    }.items():
        code, out, err = command("merge", *words)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert told in err
    assert files(tmp_path) == before
