"""The ledger: whole rows, once each."""

import contextlib
import json
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import PLAN, RUNS, done, failed

from sweep.engine import ledger_file
from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.runs import Run, missing
from sweep.engine.tables import VERSION
from sweep.errors import LedgerError
from sweep.space import plain


def test_rows_come_back_as_they_went_in(ledger):
    ledger.record([done(RUNS[0], 1 / 3), failed(RUNS[1])])
    with Ledger.open(ledger.path) as other:
        frame = other.runs().set_index("key")
    assert frame.loc[RUNS[0].key, "error"] == 1 / 3  # to the last bit
    assert frame.loc[RUNS[0].key, ["status", "seed", "losses", "seconds"]].tolist() == ["done", 0, "[2.0, 1.5]", 0.25]
    assert frame.loc[RUNS[1].key, ["status", "kind", "message"]].tolist() == ["failed", "worker died", "killed"]
    assert frame.loc[[RUNS[0].key, RUNS[1].key], "loss"].isna().tolist() == [False, True]
    assert frame.loc[RUNS[0].key, "loss"] == 1 / 30
    assert frame["landed"].to_dict() == {RUNS[0].key: 1, RUNS[1].key: 2}
    assert json.loads(frame.loc[RUNS[0].key, "point"]) == RUNS[0].point.canonical()
    assert json.loads(frame.loc[RUNS[0].key, "recipe"]) == plain(RUNS[0].proxy.decisive())
    assert frame.loc[RUNS[0].key, "params"] == PLAN.points[0].cost.params


def test_a_run_is_in_once(ledger):
    ledger.record([done(RUNS[0])])
    with pytest.raises(sqlite3.IntegrityError):
        ledger.record([done(RUNS[1]), done(RUNS[0], 99.0)])
    # all or none
    assert ledger.statuses() == {RUNS[0].key: "done"}
    assert ledger.runs()["error"].tolist() == [12.5]


def test_a_run_that_nobody_asked_for_is_not_taken(empty):
    with pytest.raises(sqlite3.IntegrityError):
        empty.record([done(RUNS[0])])


def test_a_failure_may_be_done_again(ledger):
    ledger.record([failed(RUNS[0])])
    ledger.record([done(RUNS[0])])
    assert ledger.statuses() == {RUNS[0].key: "done"}


def test_an_error_without_a_done_run_and_the_reverse_cannot_be_written(ledger):
    for row in (replace(done(RUNS[0]), error=None), replace(failed(RUNS[0]), error=3.0)):
        with pytest.raises(sqlite3.IntegrityError):
            ledger.record([row])
    assert ledger.statuses() == {}


def test_saying_what_the_sweep_is_again_writes_nothing(empty):
    empty.describe("small", {"a": [1, 2.5, "é"]})
    before = empty.path.read_bytes()
    empty.describe("small", {"a": [1, 2.5, "é"]})
    assert empty.path.read_bytes() == before
    assert empty.space() == {"a": [1, 2.5, "é"]}
    empty.describe("small", {"a": 2})
    assert empty.space() == {"a": 2}


def test_points_are_described_once_and_follow_the_plan(ledger):
    before = ledger.path.read_bytes()
    described = PlannedRuns(PLAN).described()
    ledger.describe("small", ledger.space(), PLAN.axes, described)
    assert ledger.path.read_bytes() == before
    assert [json.loads(one.point) for one in ledger.planned()] == [p.point.canonical() for p in PLAN.points]
    assert [(one.params, one.flops, one.activations) for one in ledger.planned()] == [
        (p.cost.params, p.cost.flops, p.cost.activations) for p in PLAN.points
    ]
    assert [one.baseline for one in ledger.planned()] == [0, 0, 0]
    ledger.trace({described[1].point: (5, 6)})
    assert ledger.planned()[1].traced == (5, 6)
    # another order, a point less, another cost of one: a count of the old network is none of the new one
    ledger.describe(
        "small", ledger.space(), PLAN.axes, {0: replace(described[1], params=7, baseline=None), 1: described[0]}
    )
    assert [(one.point, one.params, one.traced) for one in ledger.planned()] == [
        (described[1].point, 7, None),
        (described[0].point, described[0].params, None),
    ]


def test_a_ledger_of_no_sweep_yet(empty):
    with pytest.raises(LedgerError, match="no sweep has been run"):
        empty.space()


def test_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match="there is no such ledger"):
        Ledger.open(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_what_is_wanted_is_noted_once(ledger):
    asks = ledger.asks()
    assert [ask.key for ask in asks] == sorted(run.key for run in RUNS)
    assert (ledger.wanted(), ledger.axes()) == ({run.key for run in RUNS}, PLAN.axes)
    ledger.ask([replace(asks[3], present=False)])
    assert ledger.wanted() == {run.key for run in RUNS} - {asks[3].key}
    ledger.ask([replace(asks[3], origin={"later": "said"})])
    assert len(ledger.asks()) == len(asks)


def test_an_ask_keeps_all_that_a_strategy_said(ledger):
    ask = Ask(40, "k", ledger.planned()[0].point, "{}", 7, 2, "confirm", {"nsga2": [1, {"a": None}]}, False)
    ledger.ask([ask])
    with Ledger.open(ledger.path) as other:
        assert other.asks()[-1] == ask


def test_the_driver_waits_for_whoever_reads(ledger):
    """Another program that keeps a transaction open does not end a sweep, however long it takes."""
    waited = []
    with contextlib.closing(sqlite3.connect(ledger.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM asks").fetchone()

        def waiting(line):
            waited.append(line)
            if len(waited) == 3:
                reader.rollback()

        with Ledger.create(ledger.path, waiting) as writer:
            writer._connection.execute("PRAGMA busy_timeout = 20")
            writer.record([done(RUNS[0])])
    assert waited == [f"{ledger.path}: waiting for another process that reads or writes it"] * 3
    assert ledger.statuses() == {RUNS[0].key: "done"}


def test_our_readers_keep_nobody_waiting(ledger):
    with Ledger.open(ledger.path) as reader:
        ledger.record([done(RUNS[0])])
        assert reader.statuses() == {}


def test_a_ledger_that_another_process_is_writing_is_not_called_damaged(ledger, monkeypatch):
    monkeypatch.setattr(ledger_file, "PATIENCE", 0.02)
    ledger._connection.execute("PRAGMA busy_timeout = 20")
    with contextlib.closing(ledger_file.connect(ledger.path)) as reader:
        with contextlib.closing(sqlite3.connect(ledger.path, isolation_level=None)) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            for what in (
                lambda: Ledger.open(ledger.path),
                lambda: Ledger.create(ledger.path),
                # it began to write after the file was checked
                lambda: ledger_file.copied(ledger.path, reader, VERSION),
                lambda: ledger_file.copied(ledger.path, reader, VERSION - 1),
                ledger.statuses,
            ):
                with pytest.raises(LedgerError) as raised:
                    what()
                assert str(raised.value) == f"{ledger.path}: another process is writing it; try again"
                assert raised.value.code == 1
        assert Ledger.open(ledger.path).statuses() == {}


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be made") as raised:
        Ledger.create(tmp_path / "file" / "ledger.sqlite")
    assert raised.value.code == 1


def test_keys_are_the_content():
    assert len({run.key for run in RUNS}) == len(RUNS) == 12
    run = RUNS[0]
    assert Run(run.point, run.proxy, run.seed).key == run.key
    assert Run(run.point, run.proxy, run.seed + 1).key != run.key
    assert Run(run.point, run.proxy.model_copy(update={"epochs": 9}), run.seed).key != run.key
    # a label is a name, not content
    assert Run(run.point, run.proxy, run.seed, "other").key == run.key


@settings(deadline=None)
@given(st.sets(st.sampled_from([run.key for run in RUNS])), st.permutations(RUNS))
def test_what_is_missing_is_what_is_wanted_less_what_is_had(had, order):
    left = missing(order, had)
    assert [run.key for run in left] == sorted({run.key for run in RUNS} - had)
