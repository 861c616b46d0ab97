"""The protocol of a strategy, and the registry of those that a space can name."""

from collections.abc import Callable, Mapping
from typing import Protocol

from sweep.search.grid import Grid
from sweep.search.history import Choice, Seen, Stop
from sweep.search.pool import Pool
from sweep.search.racing_goals import racing


class Strategy(Protocol):
    """Which run to do next: a pure function of the pool and of what was asked and answered before.

    What it keeps for itself may be thrown away at any ask and changes none. So asks do not depend on the number of
    workers, on their speed, or on when a sweep was interrupted.
    """

    #: Ask n sees the answers of asks before n - lag only. None: it sees none, and every run may be asked for at once.
    @property
    def lag(self) -> int | None:
        """How many asks may be open while the next is made."""

    def next(self, seen: Seen, number: int) -> Choice | Stop:
        """The choice that ask `number` makes, one that was not asked before; or that there is none."""


#: Name in space.yaml -> what makes the strategy for a pool. A new strategy is a file beside this one and a line here.
STRATEGIES: Mapping[str, Callable[[Pool], Strategy]] = {"grid": Grid, "racing": racing}
