"""Files that are no ledger, or not whole: told, and left as they are."""

import contextlib
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept import sweep
from ledgers import describe
from rows import PLAN, RUNS, done, failed

from sweep.engine.ledger import Ledger
from sweep.engine.tables import VERSION
from sweep.errors import LedgerError


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


def test_an_ask_that_lacks_its_seed_is_told_of_and_left_out(tmp_path, command, caplog):
    path = sweep(tmp_path / "results/kept", only=lambda run: run.seed == 0)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE asks SET seed = NULL WHERE number = 0")
    connection.close()
    told = "7 runs: runs.csv (1 more in the ledger that its space does not ask for)\n"
    assert command("export", "kept", "--to", "runs.csv")[:2] == (0, told)
    assert "results/kept/ledger.sqlite: is damaged: 1 of its asks lacks a seed; the rest is used" in caplog.text
