"""The file of a ledger: opening, checking, and upgrading to the tables of this version."""

import math
import sqlite3
from pathlib import Path

from sweep.engine.tables import APPLICATION, MIGRATIONS, TABLE_OF, VERSION
from sweep.errors import LedgerError

#: Seconds that SQLite waits for another process before it says that the file is locked.
PATIENCE = 5.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that exists; raises LedgerError."""
    if not path.is_file():
        raise LedgerError(f"{path}: there is no such ledger")
    try:
        # not read-only: the first process after a kill rolls back the uncommitted changes
        return sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise damaged(path, error) from None


def check(path: Path, connection: sqlite3.Connection) -> int:
    """The version of a ledger's tables; raises LedgerError if this version cannot read it."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        sizes = [connection.execute(f"PRAGMA {of}").fetchone()[0] for of in ("page_size", "page_count")]
        # SQLite reads a truncated last page as if it ended in zeros
        if path.stat().st_size < math.prod(sizes):
            raise sqlite3.DatabaseError("the end of the file is missing")
    except (sqlite3.Error, ValueError, OSError) as error:
        raise damaged(path, error) from None
    expected = set(TABLE_OF) if version == VERSION else {"sweep", "points", "runs"}
    if application != APPLICATION or version < 1 or not expected <= tables:
        raise LedgerError(f"{path}: this is not a ledger of wn-sweep; it was left as it is")
    if version > VERSION:
        raise LedgerError(
            f"{path}: written by a later wn-sweep (ledger version {version}, this one reads {VERSION}); "
            "it was left as it is"
        )
    return version


def is_busy(error: Exception) -> bool:
    """Whether SQLite reports that another process has locked the file."""
    code = error.sqlite_errorcode if isinstance(error, sqlite3.Error) and hasattr(error, "sqlite_errorcode") else 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def busy(path: Path) -> LedgerError:
    """The error for a file that another process has locked."""
    return LedgerError(f"{path}: another process is writing it; try again", code=1)


def damaged(path: Path, error: Exception) -> LedgerError:
    """The error for a file that is not a ledger, or incomplete; or that is `busy`."""
    if is_busy(error):
        return busy(path)
    return LedgerError(f"{path}: this is not a ledger, or it is damaged ({error}); it was left as it is")


def copied(path: Path, connection: sqlite3.Connection, version: int) -> sqlite3.Connection:
    """A copy of a ledger in memory, in tables of this version, whose constraints check every value.

    Raises LedgerError if the file holds a value of another type.
    """
    copy = sqlite3.connect("file::memory:", uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        copy.execute("PRAGMA foreign_keys = OFF")
        if version < VERSION:
            # a backup would wait for a writer for ever; a reader has a time-out
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            connection.backup(copy)
            connection.execute("COMMIT")
            copy.execute("BEGIN")
            change(copy, version)
            copy.execute("COMMIT")
        else:
            copy.execute("ATTACH ? AS file", (f"file:{_quoted(path)}?mode=rw",))
            copy.execute("BEGIN")
            for table, statement in TABLE_OF.items():
                copy.execute(statement)
                columns = ", ".join(row[1] for row in copy.execute(f"PRAGMA main.table_info({table})"))
                copy.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM file.{table}")
            copy.execute("COMMIT")
            copy.execute("DETACH file")
        if copy.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError("a run that was not asked for")
        copy.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as error:
        copy.close()
        raise damaged(path, error) from None
    return copy


def change(connection: sqlite3.Connection, version: int) -> None:
    """Upgrade the tables of a version to those of this one, within a transaction."""
    for earlier in range(version, VERSION):
        for statement in MIGRATIONS[earlier]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {earlier + 1}")


def _quoted(path: Path) -> str:
    # an absolute path with one slash before it: two would name another machine
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
