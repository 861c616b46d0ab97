"""The grid: every point at every setting with every seed."""

from sweep.search.history import Choice, Seen, Stop
from sweep.search.pool import Pool


class Grid:
    """Asks for every run of the pool once, in the order of their keys.

    Keys are hashes, so the order mixes points, settings and seeds: a sweep that is half done is half done everywhere.
    """

    lag = None

    def __init__(self, pool: Pool) -> None:
        self._ordered = sorted(pool.grid(), key=pool.key)
        self._passed = 0

    def next(self, seen: Seen, number: int) -> Choice | Stop:
        """The first run in order that was not asked for."""
        # asks are never withdrawn, so runs that were passed need not be checked again
        while self._passed < len(self._ordered) and seen.asked(self._ordered[self._passed]):
            self._passed += 1
        if self._passed < len(self._ordered):
            return self._ordered[self._passed]
        return Stop("every run of the grid was asked for")
