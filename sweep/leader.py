"""The point that leads a sweep so far: the lowest mean error, each point at its best setting."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sweep.space import Space


@dataclass(frozen=True)
class Leading:
    """The leading point: mean error in per cent over `seeds` seeds."""

    point: str
    error: float
    seeds: int


def judged_recipes(space: "Space") -> frozenset[str] | None:
    """Of several lengths of training the recipes of that which is judged, as a ledger writes them; None: any."""
    # a command that only helps needs no space
    from sweep.space import canonical

    return frozenset(canonical(proxy.decisive()) for _, proxy in space.recipes()) if space.lengths else None


class Leader:
    """Follows which point leads as runs land; a point with a failed run does not lead, as it is on no front.

    Nor does one whose mean error is `limit` or more, which guessing has as well.
    """

    def __init__(self, finished: Iterable[tuple[str, str, float | None]] = (), limit: float = math.inf) -> None:
        self._limit = limit
        # point -> setting -> failures, sum of errors, number of errors
        self._points: dict[str, dict[str, tuple[int, float, int]]] = {}
        self._best: Leading | None = None
        for point, setting, error in finished:
            self._count(point, setting, error)
        self._look()

    def add(self, point: str, setting: str, error: float | None) -> None:
        """Count a run; `error` is None if it is not done."""
        self._count(point, setting, error)
        standing = self._standing(point)
        if self._best is None or point == self._best.point:
            self._look()
        elif standing is not None and standing.error < self._best.error:
            self._best = standing

    @property
    def leading(self) -> Leading | None:
        """The leading point, if there is one."""
        return self._best

    def _count(self, point: str, setting: str, error: float | None) -> None:
        settings = self._points.setdefault(point, {})
        failures, total, number = settings.get(setting, (0, 0.0, 0))
        settings[setting] = (failures + 1, total, number) if error is None else (failures, total + error, number + 1)

    def _standing(self, point: str) -> Leading | None:
        failures, mean, number = min(
            (failures, total / number if number else math.inf, number)
            for failures, total, number in self._points[point].values()
        )
        return None if failures or not number or mean >= self._limit else Leading(point, mean, number)

    def _look(self) -> None:
        standings = [standing for standing in map(self._standing, self._points) if standing is not None]
        self._best = min(standings, key=lambda standing: standing.error, default=None)
