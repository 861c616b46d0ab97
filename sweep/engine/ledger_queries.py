"""Queries over a ledger's tables; none of them writes."""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.ledger_file import busy, is_busy
from sweep.errors import LedgerError
from sweep.html import table, text
from sweep.search.history import Answer

if TYPE_CHECKING:
    # pandas takes a second to import, and the status of a sweep does not need it
    import pandas as pd

_CONTENT = (
    "FROM runs JOIN asks USING (key) JOIN points ON points.id = asks.point JOIN recipes ON recipes.id = asks.recipe"
)

#: Errors of queries, and of parsing their results, on a damaged file.
_DAMAGE = (sqlite3.Error, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)


class LedgerQueries:
    """The queries of a ledger; each raises LedgerError if the file is damaged."""

    path: Path
    _connection: sqlite3.Connection

    def __repr__(self) -> str:
        try:
            return f"<Ledger {self.path}: {len(self.statuses()):,} runs>"
        except LedgerError:
            return f"<Ledger {self.path}: closed, or damaged>"

    def _repr_html_(self) -> str:
        try:
            statuses, wanted = self.statuses(), self.wanted()
        except LedgerError:
            return text(repr(self))
        counts = Counter(statuses.get(key, "missing") for key in wanted)
        unused = len(statuses.keys() - wanted)
        note = f"{unused:,} more that the space does not ask for" if unused else ""
        return table(f"Ledger {self.path}", ["status", "runs"], sorted(counts.items()), note)

    def space(self) -> dict[str, Any]:
        """The plain values of the space that the sweep was last run with; raises LedgerError if it never was."""
        with self.reading():
            row = self._connection.execute("SELECT space FROM sweep").fetchone()
            space = dict(json.loads(row[0])) if row else None
        if space is None:
            raise LedgerError(f"{self.path}: no sweep has been run into this ledger yet")
        return space

    def axes(self) -> tuple[str, ...]:
        """The names of the axes that vary over the sweep; none if they were never noted, as in version 1."""
        with self.reading():
            row = self._connection.execute("SELECT axes FROM sweep").fetchone()
            return tuple(map(str, json.loads(row[0]))) if row else ()

    def planned(self) -> list[PlannedPoint]:
        """The points of the plan that were noted, in its order; none if they never were, as before version 3.

        A search notes those that it asks for. `baseline` is a place among those that are given.
        """
        query = (
            "SELECT position, point, params, flops, activations, stem_flops, baseline, traced_params, "
            "traced_flops, uncounted, also FROM points WHERE position IS NOT NULL ORDER BY position"
        )
        with self.reading():
            rows = self._connection.execute(query).fetchall()
            places = {position: place for place, (position, *_) in enumerate(rows)}
            return [
                PlannedPoint(
                    point,
                    params,
                    flops,
                    activations,
                    int(stem),
                    places.get(baseline),
                    None if traced is None else (traced, traced_flops),
                    _texts(uncounted),
                    _texts(also),
                )
                for _, point, params, flops, activations, stem, baseline, traced, traced_flops, uncounted, also in rows
            ]

    def positions(self) -> dict[str, int]:
        """Canonical text of a point -> its place in the plan, of all that were noted."""
        with self.reading():
            return dict(self._connection.execute("SELECT point, position FROM points WHERE position IS NOT NULL"))

    def asks(self) -> list[Ask]:
        """Every ask, in the order of asking."""
        query = (
            "SELECT number, key, points.point, recipes.recipe, seed, rung, phase, origin, present FROM asks "
            "LEFT JOIN points ON points.id = asks.point LEFT JOIN recipes ON recipes.id = asks.recipe ORDER BY number"
        )
        with self.reading():
            return [
                Ask(number, key, point, recipe, seed, rung, phase, dict(json.loads(origin)), bool(present))
                for number, key, point, recipe, seed, rung, phase, origin, present in self._connection.execute(query)
            ]

    def wanted(self) -> set[str]:
        """The keys of all runs that the space asks for as it is now."""
        with self.reading():
            return {key for (key,) in self._connection.execute("SELECT key FROM asks WHERE present")}

    def statuses(self) -> dict[str, str]:
        """Key -> status of every run that is in."""
        with self.reading():
            return dict(self._connection.execute("SELECT key, status FROM runs"))

    def answers(self) -> dict[str, Answer]:
        """Key -> result of every finished run, as strategies see it."""
        with self.reading():
            rows = self._connection.execute("SELECT key, status, error, loss FROM runs")
            return {key: Answer(status, error, loss) for key, status, error, loss in rows}

    def outcomes(self) -> dict[str, tuple[str, float | None, str]]:
        """Key -> status, error and training losses, as JSON text, of every run that is in."""
        with self.reading():
            rows = self._connection.execute("SELECT key, status, error, losses FROM runs")
            return {key: (status, error, losses) for key, status, error, losses in rows}

    def curves(self) -> dict[str, tuple[tuple[float, ...], str]]:
        """Key -> training losses and time of landing, in UTC and ISO 8601, of every run that is in."""
        with self.reading():
            rows = self._connection.execute("SELECT key, losses, finished FROM runs")
            return {key: (tuple(map(float, json.loads(losses))), finished) for key, losses, finished in rows}

    def errors(self) -> list[tuple[str, str, str, float | None]]:
        """Key, point, recipe and error of every run that is in, in no order."""
        with self.reading():
            rows = self._connection.execute(f"SELECT runs.key, points.point, recipes.recipe, error {_CONTENT}")
            return rows.fetchall()

    def by_setting(self) -> list[tuple[str, str, str, int, float | None, float | None]]:
        """Key, point, recipe, seed, error and loss of every run that is in, in no order."""
        with self.reading():
            rows = self._connection.execute(
                f"SELECT runs.key, points.point, recipes.recipe, seed, error, loss {_CONTENT}"
            )
            return rows.fetchall()

    def failures(self) -> list[tuple[str, str, str]]:
        """Key, status and kind of every run that is in and not done."""
        with self.reading():
            return self._connection.execute("SELECT key, status, kind FROM runs WHERE status <> 'done'").fetchall()

    def finished(self, since: str) -> list[tuple[str, str]]:
        """Key and time of every run that landed at a time, in UTC and ISO 8601, or later."""
        with self.reading():
            return self._connection.execute("SELECT key, finished FROM runs WHERE finished >= ?", (since,)).fetchall()

    def costs(self) -> dict[str, tuple[int, int]]:
        """Point, as JSON text -> parameters and multiply-adds, of every point of which a run is in."""
        with self.reading():
            rows = self._connection.execute(
                "SELECT point, params, flops FROM points "
                "WHERE id IN (SELECT asks.point FROM runs JOIN asks USING (key))"
            )
            return {point: (params, flops) for point, params, flops in rows}

    def reason(self, key: str) -> tuple[str, str]:
        """Message and last lines of the traceback of a run that is in."""
        with self.reading():
            row = self._connection.execute("SELECT message, traceback FROM runs WHERE key = ?", (key,)).fetchone()
            message, traceback = row
            return message, traceback

    def runs(self) -> "pd.DataFrame":
        """Every run that is in, a row each in the order of their keys; point, recipe and versions as JSON text."""
        import pandas as pd

        columns = (
            "runs.key, points.point, recipes.recipe, seed, status, error, loss, seconds, finished, kind, message, "
            "losses, versions, traceback, landed, rung, phase, "
            "params, flops, activations, traced_params, traced_flops"
        )
        with self.reading():
            rows = self._connection.execute(f"SELECT {columns} {_CONTENT} ORDER BY runs.key")
            return pd.DataFrame(rows.fetchall(), columns=[column[0] for column in rows.description])

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turn the errors of queries on a damaged or busy file into a LedgerError."""
        try:
            yield
        except _DAMAGE as error:
            if is_busy(error):
                raise busy(self.path) from None
            reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise LedgerError(f"{self.path}: cannot be read, or is damaged ({reason}); it was left as it is") from None


def _texts(value: str) -> tuple[str, ...]:
    """The texts of a list in JSON."""
    return tuple(map(str, json.loads(value)))
