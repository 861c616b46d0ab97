"""The ledger: the only truth of what has been done. SQLite, one row a run, the run's key as primary key."""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd

from sweep.engine.runs import Run, canonical
from sweep.errors import LedgerError

#: Written into the file's header: what kind of file it is, and the version of its tables.
APPLICATION, VERSION = 0x776E7377, 1

_TABLES = """
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    space TEXT NOT NULL
) STRICT;
CREATE TABLE points (
    point TEXT PRIMARY KEY,
    params INTEGER NOT NULL, flops INTEGER NOT NULL, activations INTEGER NOT NULL,
    traced_params INTEGER, traced_flops INTEGER
) STRICT;
CREATE TABLE runs (
    key TEXT PRIMARY KEY,
    point TEXT NOT NULL REFERENCES points (point),
    recipe TEXT NOT NULL,
    seed INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'diverged')),
    error REAL CHECK ((error IS NULL) = (status <> 'done')),
    losses TEXT NOT NULL,
    seconds REAL NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    versions TEXT NOT NULL,
    finished TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Row:
    """What the ledger is told of a finished run; `kind` and `message` say why one failed."""

    run: Run
    status: str
    error: float | None
    losses: tuple[float, ...]
    seconds: float
    kind: str = ""
    message: str = ""
    versions: Mapping[str, str] | None = None


class Ledger:
    """The runs of one sweep, in a file. Only the driver writes; anyone may read at any time.

    A run is in it, whole, or it is not: each `record` is one transaction, on the disk when it returns.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a ledger that exists; raises LedgerError if there is none, or not one that this version reads."""
        path = Path(path)
        if not path.is_file():
            raise LedgerError(f"{path}: there is no such ledger")
        try:
            connection = sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True, timeout=30)
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        except sqlite3.Error as error:
            raise LedgerError(
                f"{path}: this is not a ledger, or it is damaged ({error}); it was left as it is"
            ) from None
        if application != APPLICATION or not {"sweep", "points", "runs"} <= tables:
            raise LedgerError(f"{path}: this is not a ledger of wn-sweep; it was left as it is")
        if version > VERSION:
            raise LedgerError(
                f"{path}: written by a later wn-sweep (ledger version {version}, this one reads {VERSION}); "
                "it was left as it is"
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return cls(path, connection)

    @classmethod
    def create(cls, path: str | Path) -> Self:
        """Open the ledger at `path`, made first if there is none; raises LedgerError."""
        path = Path(path)
        if not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # made under another name, so that a ledger that is there is whole
                part = path.with_name(f"{path.name}.{os.getpid()}.part")
                part.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(part)) as connection:
                    connection.executescript(
                        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; {_TABLES}"
                    )
                part.replace(path)
            except (OSError, sqlite3.Error) as error:
                raise LedgerError(f"{path}: the ledger cannot be made: {error}", code=1) from None
        return cls.open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def describe(self, name: str, space: Mapping[str, Any]) -> None:
        """Note what the sweep is; writes only if that is news."""
        row = (name, json.dumps(space, ensure_ascii=False))
        with self._reading():
            known = self._connection.execute("SELECT name, space FROM sweep").fetchone()
        if known != row:
            with self._writing():
                self._connection.execute("INSERT OR REPLACE INTO sweep VALUES (0, ?, ?)", row)

    def space(self) -> dict[str, Any]:
        """The plain values of the space that the sweep was last run with; raises LedgerError if it never was."""
        with self._reading():
            row = self._connection.execute("SELECT space FROM sweep").fetchone()
        if row is None:
            raise LedgerError(f"{self.path}: no sweep has been run into this ledger yet")
        return dict(json.loads(row[0]))

    def statuses(self) -> dict[str, str]:
        """Key -> status of every run that is in."""
        with self._reading():
            return dict(self._connection.execute("SELECT key, status FROM runs"))

    def record(self, rows: Iterable[Row]) -> None:
        """Add finished runs, all or none; a run that is in with another status than 'done' is replaced.

        Raises LedgerError if the disk will not take them.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing():
            for row in rows:
                planned = row.run.planned
                point = canonical(planned.point.canonical())
                traced = planned.traced
                counts = (planned.cost.params, planned.cost.flops, planned.cost.activations)
                second = (traced.params, traced.flops) if traced else (None, None)
                self._connection.execute(
                    "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (point, *counts, *second),
                )
                self._connection.execute("DELETE FROM runs WHERE key = ? AND status <> 'done'", (row.run.key,))
                self._connection.execute(
                    "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        row.run.key,
                        point,
                        canonical(row.run.proxy),
                        row.run.seed,
                        row.status,
                        row.error,
                        json.dumps(row.losses),
                        row.seconds,
                        row.kind,
                        row.message,
                        canonical(row.versions or {}),
                        now,
                    ),
                )

    def runs(self) -> pd.DataFrame:
        """Every run that is in, a row each in the order of their keys; point, recipe and versions as JSON text."""
        query = "SELECT * FROM runs JOIN points USING (point) ORDER BY key"
        with self._reading():
            found = self._connection.execute(query)
            return pd.DataFrame(found.fetchall(), columns=[column[0] for column in found.description])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be read, or is damaged ({error}); it was left as it is") from None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._connection:
                yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be written: {error}; what was in it is safe", code=1) from None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a sweep's folder for one driver; raises LedgerError if another has it.

    The kernel holds the lock, so that it goes with the process, however that ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be used: {error.strerror}") from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LedgerError(f"{folder}: another wn-sweep ({file.read().strip()}) is at work on this sweep") from None
        # who holds it is a courtesy: a full disk shows where it matters
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"process {os.getpid()}".encode())
        yield


def _quoted(path: Path) -> str:
    # an absolute path with one slash before it: two would name another machine
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
