"""The ledger: whole rows, once each, whatever file it is given."""

import contextlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import describe, result
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.runs import Run, missing, wanted
from sweep.engine.tables import MIGRATIONS, VERSION
from sweep.errors import LedgerError
from sweep.space import Space, plain

PLAN = plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False)
RUNS = wanted(PLAN)


def done(run, error=12.5):
    return replace(result(run, "done", error, versions={"torch": "2"}), loss=error / 10)


def failed(run):
    return result(run, "failed", losses=(), seconds=0.0, kind="worker died", message="killed")


@pytest.fixture
def empty(tmp_path):
    with Ledger.create(tmp_path / "deep" / "ledger.sqlite") as ledger:
        yield ledger


@pytest.fixture
def ledger(empty):
    """A ledger in which every run of the small space was asked for."""
    describe(empty, PLAN)
    return empty


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
    ledger.describe("small", ledger.space(), PLAN.axes, [replace(described[1], params=7, baseline=None), described[0]])
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
        # it does not say what is wanted: all that is in, as far as it knows
        assert (ledger.wanted(), ledger.axes(), ledger.failures()) == (set(runs["key"]), (), [])
        assert ledger.reason(runs["key"][0]) == ("", "")
        assert len(ledger.errors()) == len(ledger.finished("2000")) == 90
    assert first_version.read_bytes() == before


def as_written(path):
    """Key -> everything that a ledger of version 1 or 2 holds of each run."""
    columns = "key, point, recipe, seed, status, error, seconds, finished, kind, message, losses, versions"
    # rows of version 2 are numbered as they landed; those of version 1 lie in the order of their keys
    landed = "key" if path == FIRST else "rowid"
    query = f"SELECT {columns}, row_number() OVER (ORDER BY {landed}) AS landed FROM runs"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return pd.read_sql(query, connection).set_index("key").sort_index()


GOLDEN = [Path(__file__).parents[1] / "golden/ledgers" / name / "ledger.sqlite" for name in ("quick", "fashion")]


@pytest.mark.parametrize("path", [FIRST, *GOLDEN], ids=["version 1", "quick", "fashion"])
def test_an_earlier_version_is_brought_up_to_date_whole(path, tmp_path, empty):
    written = as_written(path)
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    Ledger.create(copy).close()
    assert tables(copy) == tables(empty.path)
    with Ledger.open(path) as in_memory, Ledger.open(copy) as on_disk:
        for ledger in (in_memory, on_disk):
            runs = ledger.runs().set_index("key")
            columns = written.columns.drop("landed")
            pd.testing.assert_frame_equal(runs[columns], written[columns], check_dtype=False)
            assert runs["landed"].tolist() == written["landed"].tolist()
            assert runs["loss"].isna().all()
            assert (runs["traceback"] == "").all()
            assert [ask.key for ask in ledger.asks()] == sorted(written.index)
            assert ledger.wanted() == set(written.index)


def test_what_version_2_wanted_and_had_not_is_wanted_still(tmp_path):
    path = tmp_path / "second.sqlite"
    path.write_bytes(GOLDEN[0].read_bytes())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM runs ORDER BY key")]
        connection.execute("DELETE FROM runs WHERE key IN (?, ?)", keys[:2])
        connection.execute("DELETE FROM wanted WHERE key = ?", keys[2:3])
        connection.commit()
    with Ledger.open(path) as ledger:
        assert ledger.wanted() == set(keys) - {keys[2]}
        assert [(ask.point, ask.seed) for ask in ledger.asks()[:2]] == [(None, None)] * 2
        assert [ask.present for ask in ledger.asks()[:4]] == [True, True, False, True]
        assert len(ledger.runs()) == 88


def test_the_first_to_write_brings_version_1_up_to_date(first_version, ledger):
    with Ledger.create(first_version) as old:
        before = old.runs()
        old.ask([Ask(90, RUNS[0].key, None, None, 0), Ask(91, RUNS[1].key, None, None, 0)])
        old.record([done(RUNS[0]), replace(failed(RUNS[1]), traceback="line 1")])
        assert old.reason(RUNS[1].key) == ("killed", "line 1")
        pd.testing.assert_frame_equal(old.runs(), before, check_dtype=False)
    assert tables(first_version) == tables(ledger.path)


def test_a_version_that_cannot_be_brought_up_to_date_stays_as_it_was(first_version, monkeypatch):
    monkeypatch.setitem(MIGRATIONS, 2, (*MIGRATIONS[2], "INSERT INTO no_room VALUES (1)"))
    before = first_version.read_bytes()
    with pytest.raises(LedgerError, match="what was in it is safe"):
        Ledger.create(first_version)
    with pytest.raises(LedgerError, match="no_room"):
        Ledger.open(first_version)
    assert first_version.read_bytes() == before


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


def everything(path):
    """All that can be asked of a ledger."""
    with Ledger.open(path) as ledger:
        asked = [ledger.runs().to_dict("records"), ledger.statuses(), ledger.wanted(), ledger.axes(), ledger.space()]
        asked += [ledger.asks(), ledger.planned(), ledger.answers()]
        return [*asked, ledger.errors(), ledger.outcomes(), ledger.failures(), ledger.finished(""), ledger.costs()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "ledger.sqlite"
    with Ledger.create(path) as ledger:
        describe(ledger, PLAN)
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
