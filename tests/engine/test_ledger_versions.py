"""Ledgers of earlier versions: read as they are, brought up to date whole."""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rows import RUNS, done, failed

from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.tables import MIGRATIONS
from sweep.errors import LedgerError

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
