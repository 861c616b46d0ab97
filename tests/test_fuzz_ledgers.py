"""Ledgers and notes with anything in them: read, or told to be damaged in a line; never "a bug", never an endless wait.

`make test-fuzz` tries more of them, for ten minutes.
"""

import itertools
import json
import os
import shutil
import sqlite3
import time
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept import KEPT, sweep

#: Examples of each test.
EXAMPLES = int(os.environ.get("WN_SWEEP_FUZZ", "6"))
#: Seconds that a command may take.
MOST_SECONDS = 10.0

READERS = [
    ("status", "kept"),
    ("status", "kept", "--json"),
    ("export", "kept", "--to", "runs.csv", "--force"),
    ("export", "kept", "--to", "points.csv", "--force"),
    ("merge", "kept", "--into", "another"),
]
SLOW = [("report", "kept"), ("export", "kept", "--to", "optuna.db", "--force")]

SCALARS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    st.binary(max_size=20),
    st.sampled_from(["", "[]", "{}", "null", "[[1]]", '{"a": 1}', "1e999", "NaN", "static", "done", "[" * 5000]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a small sweep whose tables take any value, and its tables with their columns."""
    folder = tmp_path_factory.mktemp("fuzz") / "results/kept"
    path = sweep(folder, KEPT.replace("seeds: 2", "seeds: 1"))
    with closing(sqlite3.connect(path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for name in tables}
        for name in tables:
            db.execute(f"CREATE TABLE loose AS SELECT * FROM {name}")
            db.execute(f"DROP TABLE {name}")
            db.execute(f"ALTER TABLE loose RENAME TO {name}")
        db.commit()
    return folder, columns


@pytest.fixture
def read(whole, command, tmp_path):
    """Give every command a copy of the folder that something was done to."""

    examples = itertools.count(1)

    def read(change):
        # a page takes seconds
        for words in READERS + (SLOW if next(examples) % 25 == 0 else []):
            for folder in ("results", "reports"):
                shutil.rmtree(tmp_path / folder, ignore_errors=True)
            shutil.copytree(whole[0], tmp_path / "results/kept")
            change(tmp_path / "results/kept")
            before = (tmp_path / "results/kept/ledger.sqlite").read_bytes()
            began = time.monotonic()
            code, out, err = command(*words)
            assert time.monotonic() - began < MOST_SECONDS, words
            assert code in (0, 1, 2), (words, code)
            assert "a bug" not in err, (words, err)
            assert "Traceback" not in err + out, (words, err)
            assert code == 0 or err, words
            # nobody who only reads writes to what was received
            assert (tmp_path / "results/kept/ledger.sqlite").read_bytes() == before

    return read


IGNORED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=IGNORED)
NOTES = st.sampled_from(["weights.json", "test.json", "kernels-1.json"])
SECTIONS = st.sampled_from(["grid", "proxy", "network", "nuisance", "seeds", "baseline", "strategy", "name"])
CELL = SCALARS | JSON.map(json.dumps)


@fuzzed
@given(data=st.data())
def test_any_cell_may_hold_anything(data, read, whole):
    columns = whole[1]
    cells = [(table, column) for table, names in columns.items() for column in names]
    changes = data.draw(st.lists(st.tuples(st.sampled_from(cells), CELL, st.booleans()), min_size=1, max_size=3))

    def change(folder):
        with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
            for (table, column), value, every_row in changes:
                row = "" if every_row else f"WHERE rowid = (SELECT min(rowid) FROM {table})"
                db.execute(f"UPDATE {table} SET {column} = ? {row}", (value,))
            db.commit()

    read(change)


@fuzzed
@given(data=st.data())
def test_any_table_may_lack_a_column_or_rows_or_have_them_twice(data, read, whole):
    columns = whole[1]
    table = data.draw(st.sampled_from(list(columns)))
    what = data.draw(st.sampled_from(["no column", "no rows", "rows twice", "another name", "a view"]))
    column = data.draw(st.sampled_from(columns[table]))

    def change(folder):
        with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
            statements = {
                "no column": [f"ALTER TABLE {table} DROP COLUMN {column}"],
                "no rows": [f"DELETE FROM {table}"],
                "rows twice": [f"INSERT INTO {table} SELECT * FROM {table}"],
                "another name": [f"ALTER TABLE {table} RENAME COLUMN {column} TO other"],
                "a view": [f"ALTER TABLE {table} RENAME TO hidden", f"CREATE VIEW {table} AS SELECT * FROM hidden"],
            }[what]
            for statement in statements:
                db.execute(statement)
            db.commit()

    read(change)


@fuzzed
@given(
    note=st.sampled_from(["weights.json", "test.json", "kernels-1.json"]),
    value=JSON,
    raw=st.none() | st.binary(max_size=30),
)
def test_any_note_may_hold_anything(note, value, raw, read):
    read(lambda folder: (folder / note).write_bytes(json.dumps(value).encode() if raw is None else raw))


@fuzzed
@given(space=JSON, key=SECTIONS)
def test_the_space_of_a_ledger_may_hold_anything(space, key, read):
    def change(folder):
        with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
            (text,) = db.execute("SELECT space FROM sweep").fetchone()
            db.execute("UPDATE sweep SET space = ?", (json.dumps({**json.loads(text), key: space}),))
            db.commit()

    read(change)
