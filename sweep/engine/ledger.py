"""The ledger: the only record of asks and results. SQLite, one row a run, each run's key once."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.ledger_file import change, check, connect, copied, is_busy
from sweep.engine.ledger_queries import LedgerQueries
from sweep.engine.result import Result
from sweep.engine.tables import APPLICATION, TABLES, VERSION
from sweep.errors import LedgerError
from sweep.space import canonical


class Ledger(LedgerQueries):
    """The asks and runs of one sweep, in a file. Only the driver writes; anyone may read at any time.

    A run is stored completely or not at all: each `record` is one transaction, on the disk when it returns.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, version: int, waiting: Callable[[str], None]
    ) -> None:
        self.path = path
        self._connection, self._version, self._waiting = connection, version, waiting
        #: whether it is the file itself rather than a copy in memory
        self.writable = False

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """A ledger that exists, to be read; raises LedgerError if there is none, or not one that this version reads.

        It is a copy in memory, so that readers never block the driver. A ledger of an earlier version is upgraded in
        the copy; the file stays unchanged.
        """
        path = Path(path)
        with contextlib.closing(connect(path)) as connection:
            version = check(path, connection)
            copy = copied(path, connection, version)
        return cls(path, copy, VERSION, lambda what: None)

    @classmethod
    def create(cls, path: str | Path, waiting: Callable[[str], None] = lambda what: None) -> Self:
        """The ledger at `path` to be written to, made first if there is none; raises LedgerError.

        One of an earlier version is upgraded by the first transaction that writes. `waiting` is called now and then
        while another process blocks the writing.
        """
        path = Path(path)
        if not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # made under another name first, so that an existing ledger is always complete
                draft = path.with_name(f"{path.name}.{os.getpid()}.part")
                draft.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(draft)) as connection:
                    connection.executescript(
                        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; {TABLES};"
                    )
                draft.replace(path)
            except (OSError, sqlite3.Error) as error:
                raise LedgerError(f"{path}: the ledger cannot be made: {error}", code=1) from None
        connection = connect(path)
        version = check(path, connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        ledger = cls(path, connection, version, waiting)
        ledger.writable = True
        if version < VERSION:
            # a file that cannot be upgraded is reported before anything is trained
            with ledger._writing():
                pass
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def describe(
        self,
        name: str,
        space: Mapping[str, Any],
        axes: Sequence[str] = (),
        points: Mapping[int, PlannedPoint] | Sequence[PlannedPoint] = (),
    ) -> None:
        """Store the sweep, the axes that vary, and its points, all in order or some by place; writes only changes.

        Other points are marked as no longer in the plan. Costs are stored so that readers of the ledger need not build
        the networks.
        """
        by_place = points if isinstance(points, Mapping) else dict(enumerate(points))
        row = (0, name, json.dumps(space, ensure_ascii=False), json.dumps(axes))
        with self.reading():
            is_same = self._connection.execute("SELECT * FROM sweep").fetchone() == row
            columns = "params, flops, activations, stem_flops, position, baseline, uncounted, also"
            rows = self._connection.execute(f"SELECT point, {columns} FROM points")
            noted = {point: tuple(values) for point, *values in rows}
        new = {planned.point: planned.row(position) for position, planned in by_place.items()}
        changed = {point: values for point, values in new.items() if noted.get(point) != values}
        removed = [point for point, values in noted.items() if values[4] is not None and point not in new]
        if is_same and not changed and not removed:
            return
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO sweep VALUES (?, ?, ?, ?)", row)
            self._connection.executemany(
                "UPDATE points SET position = NULL, baseline = NULL WHERE point = ?", ((point,) for point in removed)
            )
            self._note_points(changed)

    def _note_points(self, changed: Mapping[str, tuple[Any, ...]]) -> None:
        # fvcore's count is of the earlier network
        self._connection.executemany(
            "INSERT INTO points (point, params, flops, activations, stem_flops, position, baseline, "
            "uncounted, also) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (point) DO UPDATE SET "
            "traced_params = iif(params = ?2 AND flops = ?3, traced_params, NULL), "
            "traced_flops = iif(params = ?2 AND flops = ?3, traced_flops, NULL), "
            "params = ?2, flops = ?3, activations = ?4, stem_flops = ?5, position = ?6, baseline = ?7, "
            "uncounted = ?8, also = ?9",
            ((point, *values) for point, values in changed.items()),
        )

    def trace(self, traced: Mapping[str, tuple[int, int]]) -> None:
        """Note fvcore's count of parameters and multiply-adds of points, by their canonical texts."""
        with self._writing():
            self._connection.executemany(
                "UPDATE points SET traced_params = ?, traced_flops = ? WHERE point = ?",
                ((*counts, point) for point, counts in traced.items()),
            )

    def ask(self, asks: Iterable[Ask], points: Mapping[int, PlannedPoint] | None = None) -> None:
        """Store asks, all or none; one whose key exists is replaced.

        Their points have been described, or are among `points`, by their places in the plan.
        """
        with self._writing():
            self._note_points({planned.point: planned.row(position) for position, planned in (points or {}).items()})
            self._insert(asks)

    def _insert(self, asks: Iterable[Ask]) -> None:
        asks = list(asks)
        self._connection.executemany(
            "INSERT INTO recipes (recipe) VALUES (?) ON CONFLICT DO NOTHING",
            ((recipe,) for recipe in dict.fromkeys(ask.recipe for ask in asks) if recipe is not None),
        )
        self._connection.executemany(
            "INSERT INTO asks VALUES (?1, ?2, (SELECT id FROM points WHERE point = ?3), "
            "(SELECT id FROM recipes WHERE recipe = ?4), ?5, ?6, ?7, ?8, ?9) "
            "ON CONFLICT (key) DO UPDATE SET number = excluded.number, point = excluded.point, "
            "recipe = excluded.recipe, seed = excluded.seed, rung = excluded.rung, phase = excluded.phase, "
            "origin = excluded.origin, present = excluded.present",
            (
                (
                    ask.number,
                    ask.key,
                    ask.point,
                    ask.recipe,
                    ask.seed,
                    ask.rung,
                    ask.phase,
                    canonical(ask.origin),
                    int(ask.present),
                )
                for ask in asks
            ),
        )

    def record(
        self, results: Iterable[Result], asks: Iterable[Ask] = (), points: Mapping[int, PlannedPoint] | None = None
    ) -> None:
        """Add results of asks, all or none; a result replaces an earlier one of the same run that failed.

        New asks are stored in the same transaction, as `ask` does, so that the disk is waited for once. Raises
        LedgerError if they cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing():
            for result in results:
                self._connection.execute("DELETE FROM runs WHERE key = ? AND status <> 'done'", (result.key,))
                self._connection.execute(
                    "INSERT INTO runs (key, status, error, loss, seconds, finished, kind, message, losses, versions, "
                    "traceback) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        result.key,
                        result.status,
                        result.error,
                        result.loss,
                        result.seconds,
                        now,
                        result.kind,
                        result.message,
                        json.dumps(result.losses),
                        canonical(result.versions),
                        result.traceback,
                    ),
                )
            self._note_points({planned.point: planned.row(position) for position, planned in (points or {}).items()})
            self._insert(asks)

    def adopt(self, others: Iterable["Ledger"]) -> None:
        """Add the asks and runs of other ledgers, all or none.

        Of two outcomes of a run one other than 'failed' is kept, or the first. A ledger without asks takes those of the
        first one unchanged. Asks of the others follow the present ones, and count when the space is run again.
        """
        columns = "key, status, error, loss, seconds, finished, kind, message, losses, versions, traceback"
        statuses = self.statuses()
        with self._writing():
            for source in others:
                with source.reading():
                    points = source._connection.execute(
                        "SELECT point, params, flops, activations, stem_flops, traced_params, traced_flops, uncounted, "
                        "also FROM points"
                    ).fetchall()
                    rows = source._connection.execute(f"SELECT {columns} FROM runs ORDER BY landed").fetchall()
                    asks = source.asks()
                self._connection.executemany(
                    "INSERT INTO points "
                    "(point, params, flops, activations, stem_flops, traced_params, traced_flops, uncounted, also) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                    "traced_params = coalesce(traced_params, excluded.traced_params), "
                    "traced_flops = coalesce(traced_flops, excluded.traced_flops)",
                    points,
                )
                present = {ask.key: ask for ask in self.asks()}
                if not present:
                    self._insert(asks)
                    present = {ask.key: ask for ask in asks}
                next_number = max((ask.number for ask in present.values()), default=-1) + 1
                new_asks = [ask for ask in asks if ask.key not in present and ask.point is not None]
                # an earlier version may have noted the key alone
                completed = [ask for ask in asks if ask.key in present and present[ask.key].point is None and ask.point]
                self._insert(
                    [
                        *(_renumbered(ask, next_number + n, present=False) for n, ask in enumerate(new_asks)),
                        *(_renumbered(ask, present[ask.key].number, present[ask.key].present) for ask in completed),
                    ]
                )
                new_runs = [row for row in rows if statuses.get(row[0], "failed") == "failed"]
                new_runs = [row for row in new_runs if row[0] not in statuses or row[1] != "failed"]
                statuses |= {row[0]: row[1] for row in new_runs}
                self._connection.executemany("DELETE FROM runs WHERE key = ?", ((row[0],) for row in new_runs))
                self._connection.executemany(
                    f"INSERT INTO runs ({columns}) VALUES ({', '.join('?' * len(columns.split(', ')))})", new_runs
                )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._patiently("BEGIN IMMEDIATE")
            try:
                change(self._connection, self._version)
                yield
                self._patiently("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._version = VERSION
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be written: {error}; what was in it is safe", code=1) from None

    def _patiently(self, statement: str) -> None:
        """Execute a statement, and wait as long as another process blocks it."""
        while True:
            try:
                self._connection.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                self._waiting(f"{self.path}: waiting for another process that reads or writes it")


def _renumbered(ask: Ask, number: int, present: bool) -> Ask:
    return Ask(number, ask.key, ask.point, ask.recipe, ask.seed, ask.rung, ask.phase, ask.origin, present)
