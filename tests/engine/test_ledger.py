"""The ledger: whole rows, once each, whatever file it is given."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import VERSION, Ledger, Row
from sweep.engine.lock import locked
from sweep.engine.runs import Run, missing, unpack, wanted
from sweep.errors import LedgerError
from sweep.space import Space

RUNS = wanted(plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False))


def done(run, error=12.5):
    return Row(run, "done", error, (2.0, 1.5), 0.25, versions={"torch": "2"})


def failed(run):
    return Row(run, "failed", None, (), 0.0, "worker died", "killed")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "deep" / "ledger.sqlite") as ledger:
        yield ledger


def test_rows_come_back_as_they_went_in(ledger):
    ledger.record([done(RUNS[0], 1 / 3), failed(RUNS[1])])
    with Ledger.open(ledger.path) as other:
        frame = other.runs().set_index("key")
    assert frame.loc[RUNS[0].key, "error"] == 1 / 3  # to the last bit
    assert frame.loc[RUNS[0].key, ["status", "seed", "losses", "seconds"]].tolist() == ["done", 0, "[2.0, 1.5]", 0.25]
    assert frame.loc[RUNS[1].key, ["status", "kind", "message"]].tolist() == ["failed", "worker died", "killed"]
    assert frame.loc[RUNS[0].key, "params"] == RUNS[0].planned.cost.params


def test_a_run_is_in_once(ledger):
    ledger.record([done(RUNS[0])])
    with pytest.raises(sqlite3.IntegrityError):
        ledger.record([done(RUNS[1]), done(RUNS[0], 99.0)])
    # all or none
    assert ledger.statuses() == {RUNS[0].key: "done"}
    assert ledger.runs()["error"].tolist() == [12.5]


def test_a_failure_may_be_done_again(ledger):
    ledger.record([failed(RUNS[0])])
    ledger.record([done(RUNS[0])])
    assert ledger.statuses() == {RUNS[0].key: "done"}


def test_an_error_without_a_done_run_and_the_reverse_cannot_be_written(ledger):
    for row in (replace(done(RUNS[0]), error=None), replace(failed(RUNS[0]), error=3.0)):
        with pytest.raises(sqlite3.IntegrityError):
            ledger.record([row])
    assert ledger.statuses() == {}


def test_saying_what_the_sweep_is_again_writes_nothing(ledger):
    ledger.describe("small", {"a": [1, 2.5, "é"]})
    before = ledger.path.read_bytes()
    ledger.describe("small", {"a": [1, 2.5, "é"]})
    assert ledger.path.read_bytes() == before
    assert ledger.space() == {"a": [1, 2.5, "é"]}
    ledger.describe("small", {"a": 2})
    assert ledger.space() == {"a": 2}


def test_a_ledger_of_no_sweep_yet(ledger):
    with pytest.raises(LedgerError, match="no sweep has been run"):
        ledger.space()


def test_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match="there is no such ledger"):
        Ledger.open(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def damaged_text(path):
    path.write_text("not a database, but long enough to have a header " * 100)


def damaged_head(path):
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def another_database(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (x)")
    connection.close()


def later_version(path):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damaged_text, "not a ledger, or it is damaged"),
        (damaged_head, "not a ledger, or it is damaged"),
        (another_database, "not a ledger of wn-sweep"),
        (later_version, "written by a later wn-sweep"),
    ],
)
def test_a_file_that_is_no_ledger_is_left_as_it_is(damage, told, tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger.create(path).close()
    damage(path)
    before = path.read_bytes()
    for attempt in (Ledger.open, Ledger.create):
        with pytest.raises(LedgerError, match=told):
            attempt(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be made") as raised:
        Ledger.create(tmp_path / "file" / "ledger.sqlite")
    assert raised.value.code == 1


def test_a_second_driver_is_told(tmp_path):
    told = r"another wn-sweep \(process \d+ on .+, since .+\) is at work"
    with locked(tmp_path), pytest.raises(LedgerError, match=told), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_keys_are_the_content():
    assert len({run.key for run in RUNS}) == len(RUNS) == 12
    run = RUNS[0]
    assert Run(run.planned, run.proxy, run.seed).key == run.key
    assert Run(run.planned, run.proxy, run.seed + 1).key != run.key
    assert Run(run.planned, run.proxy.model_copy(update={"epochs": 9}), run.seed).key != run.key
    # a label is a name, not content
    assert Run(replace(run.planned, label="other"), run.proxy, run.seed).key == run.key


def test_a_payload_is_the_run():
    for run in RUNS:
        assert unpack(run.payload()) == (run.key, run.planned.point, run.proxy, run.seed)


@settings(deadline=None)
@given(st.sets(st.sampled_from([run.key for run in RUNS])), st.permutations(RUNS))
def test_what_is_missing_is_what_is_wanted_less_what_is_had(had, order):
    left = missing(order, had)
    assert [run.key for run in left] == sorted({run.key for run in RUNS} - had)
