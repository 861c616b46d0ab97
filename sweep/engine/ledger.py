"""The ledger: the only truth of what has been done. SQLite, one row a run, the run's key as primary key."""

import contextlib
import json
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sweep.engine.tables import APPLICATION, MIGRATIONS, TABLES, VERSION
from sweep.errors import LedgerError
from sweep.space import canonical

if TYPE_CHECKING:
    # torch and pandas take seconds to import, and whoever asks how far a sweep is needs neither
    import pandas as pd

    from sweep.engine.runs import Run


@dataclass(frozen=True)
class Row:
    """What the ledger is told of a finished run; `kind`, `message` and `traceback` say why one failed."""

    run: "Run"
    status: str
    error: float | None
    losses: tuple[float, ...]
    seconds: float
    kind: str = ""
    message: str = ""
    versions: Mapping[str, str] | None = None
    traceback: str = ""


class Ledger:
    """The runs of one sweep, in a file. Only the driver writes; anyone may read at any time.

    A run is in it, whole, or it is not: each `record` is one transaction, on the disk when it returns. A ledger of an
    earlier version is read as it is, and brought up to this one by the first transaction that writes.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, version: int) -> None:
        self.path = path
        self._connection = connection
        self._version = version

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
            sizes = [connection.execute(f"PRAGMA {of}").fetchone()[0] for of in ("page_size", "page_count")]
            # SQLite takes a last page that is cut short for one that ends in zeros
            if path.stat().st_size < math.prod(sizes):
                raise sqlite3.DatabaseError("the end of the file is missing")
        except (sqlite3.Error, ValueError) as error:
            raise LedgerError(
                f"{path}: this is not a ledger, or it is damaged ({error}); it was left as it is"
            ) from None
        if application != APPLICATION or version < 1 or not {"sweep", "points", "runs"} <= tables:
            raise LedgerError(f"{path}: this is not a ledger of wn-sweep; it was left as it is")
        if version > VERSION:
            raise LedgerError(
                f"{path}: written by a later wn-sweep (ledger version {version}, this one reads {VERSION}); "
                "it was left as it is"
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return cls(path, connection, version)

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
                        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; {TABLES}"
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

    def describe(
        self, name: str, space: Mapping[str, Any], axes: Sequence[str] = (), wanted: Iterable[str] = ()
    ) -> None:
        """Note what the sweep is, which axes vary, and the keys of all runs that it asks for; writes only what is news.

        The keys are noted so that how far a sweep is can be told without planning it anew.
        """
        row = (name, json.dumps(space, ensure_ascii=False), json.dumps(axes))
        keys = set(wanted)
        with self._reading():
            found = self._connection.execute("SELECT * FROM sweep").fetchone()
        if found == (0, *row) and keys == self.wanted():
            return
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO sweep VALUES (0, ?, ?, ?)", row)
            self._connection.execute("DELETE FROM wanted")
            self._connection.executemany("INSERT INTO wanted VALUES (?)", ((key,) for key in sorted(keys)))

    def wanted(self) -> set[str]:
        """The keys of all runs that the sweep asks for; none if they were never noted, as in version 1."""
        if self._version < 2:
            return set()
        with self._reading():
            return {key for (key,) in self._connection.execute("SELECT key FROM wanted")}

    def axes(self) -> tuple[str, ...]:
        """The names of the axes that vary over the sweep; none if they were never noted, as in version 1."""
        if self._version < 2:
            return ()
        with self._reading():
            row = self._connection.execute("SELECT axes FROM sweep").fetchone()
            return tuple(json.loads(row[0])) if row else ()

    def space(self) -> dict[str, Any]:
        """The plain values of the space that the sweep was last run with; raises LedgerError if it never was."""
        with self._reading():
            row = self._connection.execute("SELECT space FROM sweep").fetchone()
            space = dict(json.loads(row[0])) if row else None
        if space is None:
            raise LedgerError(f"{self.path}: no sweep has been run into this ledger yet")
        return space

    def statuses(self) -> dict[str, str]:
        """Key -> status of every run that is in."""
        with self._reading():
            return dict(self._connection.execute("SELECT key, status FROM runs"))

    def outcomes(self) -> dict[str, tuple[str, float | None, str]]:
        """Key -> status, error and losses, as JSON text, of every run that is in."""
        with self._reading():
            rows = self._connection.execute("SELECT key, status, error, losses FROM runs")
            return {key: (status, error, losses) for key, status, error, losses in rows}

    def curves(self) -> dict[str, tuple[str, str]]:
        """Key -> losses, as JSON text, and time of landing, in UTC and ISO 8601, of every run that is in."""
        with self._reading():
            rows = self._connection.execute("SELECT key, losses, finished FROM runs")
            return {key: (losses, finished) for key, losses, finished in rows}

    def errors(self) -> list[tuple[str, str, str, float | None]]:
        """Key, point, recipe and error of every run that is in, in no order."""
        with self._reading():
            return self._connection.execute("SELECT key, point, recipe, error FROM runs").fetchall()

    def failures(self) -> list[tuple[str, str, str]]:
        """Key, status and kind of every run that is in and not done."""
        with self._reading():
            return self._connection.execute("SELECT key, status, kind FROM runs WHERE status <> 'done'").fetchall()

    def finished(self, since: str) -> list[tuple[str, str]]:
        """Key and time of every run that landed at a time, in UTC and ISO 8601, or later."""
        with self._reading():
            return self._connection.execute("SELECT key, finished FROM runs WHERE finished >= ?", (since,)).fetchall()

    def costs(self) -> dict[str, tuple[int, int]]:
        """Point, as JSON text -> parameters and multiply-adds."""
        with self._reading():
            rows = self._connection.execute("SELECT point, params, flops FROM points")
            return {point: (params, flops) for point, params, flops in rows}

    def reason(self, key: str) -> tuple[str, str]:
        """Message and last lines of the traceback of a run that is in."""
        query = f"SELECT message, {'traceback' if self._version > 1 else repr('')} FROM runs WHERE key = ?"
        with self._reading():
            message, traceback = self._connection.execute(query, (key,)).fetchone()
            return message, traceback

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
                    "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        row.run.key,
                        point,
                        canonical(row.run.proxy.decisive()),
                        row.run.seed,
                        row.status,
                        row.error,
                        row.seconds,
                        now,
                        row.kind,
                        row.message,
                        json.dumps(row.losses),
                        canonical(row.versions or {}),
                        row.traceback,
                    ),
                )

    def adopt(self, others: Iterable["Ledger"]) -> None:
        """Add the runs of other ledgers, all or none; of two outcomes one other than 'failed' is kept, or the first."""
        columns = "key, point, recipe, seed, status, error, seconds, finished, kind, message, losses, versions"
        known = self.statuses()
        with self._writing():
            for other in others:
                with other._reading():
                    points = other._connection.execute("SELECT * FROM points").fetchall()
                    rows = other._connection.execute(
                        f"SELECT {columns}, {'traceback' if other._version > 1 else repr('')} FROM runs"
                    ).fetchall()
                self._connection.executemany(
                    "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                    "traced_params = coalesce(traced_params, excluded.traced_params), "
                    "traced_flops = coalesce(traced_flops, excluded.traced_flops)",
                    points,
                )
                news = [row for row in rows if known.get(row[0], "failed") == "failed"]
                news = [row for row in news if row[0] not in known or row[4] != "failed"]
                known |= {row[0]: row[4] for row in news}
                self._connection.executemany(
                    f"INSERT OR REPLACE INTO runs ({columns}, traceback) VALUES ({', '.join('?' * 13)})", news
                )

    def runs(self) -> "pd.DataFrame":
        """Every run that is in, a row each in the order of their keys; point, recipe and versions as JSON text."""
        import pandas as pd

        query = "SELECT * FROM runs JOIN points USING (point) ORDER BY key"
        with self._reading():
            found = self._connection.execute(query)
            return pd.DataFrame(found.fetchall(), columns=[column[0] for column in found.description])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise LedgerError(f"{self.path}: cannot be read, or is damaged ({error}); it was left as it is") from None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for version in range(self._version, VERSION):
                    for change in MIGRATIONS[version]:
                        self._connection.execute(change)
                    self._connection.execute(f"PRAGMA user_version = {version + 1}")
                yield
            self._version = VERSION
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be written: {error}; what was in it is safe", code=1) from None


def _quoted(path: Path) -> str:
    # an absolute path with one slash before it: two would name another machine
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
