"""The ledger: whole rows, once each, whatever file it is given."""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger, Row
from sweep.engine.runs import Run, missing, unpack, wanted
from sweep.engine.tables import MIGRATIONS, VERSION
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


#: the reference sweep as version 1 wrote it
FIRST = Path(__file__).with_name("version-1.sqlite")


def tables(path):
    """Columns of every table, and the version."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
        return columns, connection.execute("PRAGMA user_version").fetchone()


@pytest.fixture
def first_version(tmp_path):
    """A ledger that version 1 wrote."""
    assert sqlite3.connect(f"file:{FIRST}?mode=ro", uri=True).execute("PRAGMA user_version").fetchone() == (1,)
    path = tmp_path / "first.sqlite"
    path.write_bytes(FIRST.read_bytes())
    return path


def test_a_ledger_of_version_1_is_read_and_left_as_it_is(first_version):
    before = first_version.read_bytes()
    with Ledger.open(first_version) as ledger:
        runs = ledger.runs()
        assert (len(runs), len(ledger.statuses()), len(ledger.outcomes()), len(ledger.costs())) == (90, 90, 90, 10)
        assert ledger.space()["name"] == "quick"
        assert (ledger.wanted(), ledger.axes(), ledger.failures()) == (set(), (), [])
        assert ledger.reason(runs["key"][0]) == ("", "")
        assert len(ledger.errors()) == len(ledger.finished("2000")) == 90
    assert first_version.read_bytes() == before


def test_the_first_to_write_brings_version_1_up_to_date(first_version, ledger):
    with Ledger.open(first_version) as old:
        before = old.runs()
        old.record([done(RUNS[0]), replace(failed(RUNS[1]), traceback="line 1")])
        assert old.reason(RUNS[1].key) == ("killed", "line 1")
        after = old.runs().set_index("key").drop([RUNS[0].key, RUNS[1].key]).reset_index()
        assert (after["traceback"] == "").all()
        pd.testing.assert_frame_equal(after[before.columns], before, check_dtype=False)
    assert tables(first_version) == tables(ledger.path)


def test_a_version_that_cannot_be_brought_up_to_date_stays_as_it_was(first_version, monkeypatch):
    monkeypatch.setitem(MIGRATIONS, 1, (*MIGRATIONS[1], "INSERT INTO no_room VALUES (1)"))
    before = tables(first_version), Ledger.open(first_version).runs()
    with Ledger.open(first_version) as ledger, pytest.raises(LedgerError, match="what was in it is safe"):
        ledger.record([done(RUNS[0])])
    assert tables(first_version) == before[0]
    pd.testing.assert_frame_equal(Ledger.open(first_version).runs(), before[1])


def test_what_is_wanted_is_noted_once(ledger):
    ledger.describe("small", {"a": 1}, ("M", "G"), ["k2", "k1"])
    before = ledger.path.read_bytes()
    ledger.describe("small", {"a": 1}, ("M", "G"), ["k1", "k2"])
    assert ledger.path.read_bytes() == before
    assert (ledger.wanted(), ledger.axes()) == ({"k1", "k2"}, ("M", "G"))
    ledger.describe("small", {"a": 1}, ("M", "G"), ["k1"])
    assert ledger.wanted() == {"k1"}


def everything(path):
    """All that can be asked of a ledger."""
    with Ledger.open(path) as ledger:
        asked = [ledger.runs().to_dict("records"), ledger.statuses(), ledger.wanted(), ledger.axes(), ledger.space()]
        return [*asked, ledger.errors(), ledger.outcomes(), ledger.failures(), ledger.finished(""), ledger.costs()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "ledger.sqlite"
    with Ledger.create(path) as ledger:
        ledger.describe("small", {"a": 1}, ("M",), [run.key for run in RUNS])
        ledger.record([done(run) for run in RUNS[:-1]] + [failed(RUNS[-1])])
    return path


def only_a_ledger_error(path, told):
    before = path.read_bytes()
    with contextlib.suppress(LedgerError), contextlib.ExitStack() as stack:
        if told:
            stack.enter_context(pytest.raises(LedgerError, match=told))
        everything(path)
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_a_ledger_cut_anywhere_is_told_and_left_as_it_is(whole, tmp_path):
    path, whole = tmp_path / "ledger.sqlite", whole.read_bytes()
    # within the header, at and around the borders of pages, one byte short
    lengths = {0, 1, 15, 16, 60, 99, 100, len(whole) - 1}
    lengths |= {page + off for page in range(4096, len(whole), 4096) for off in (-1, 0, 1)}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        only_a_ledger_error(path, "not a ledger|damaged")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 200_000), st.binary(min_size=1, max_size=200))
def test_whatever_bytes_are_in_it_a_ledger_is_read_or_told_to_be_damaged(whole, tmp_path, at, junk):
    """A database has no sums, so that a changed digit goes unseen; what does not is one line, and the file stays."""
    path, whole = tmp_path / "ledger.sqlite", whole.read_bytes()
    at %= len(whole)
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])
    only_a_ledger_error(path, "")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=9000))
def test_random_bytes_are_no_ledger(tmp_path, junk):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(junk)
    only_a_ledger_error(path, "not a ledger")


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
