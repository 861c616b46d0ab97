"""Points drawn without use of results: at random, or evenly spread."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from sweep.search.history import Barrier, Choice, Seen, Stop
from sweep.search.pool import Pool

#: After so many draws that were asked for before, the first run that was not is taken.
DRAWS = 64


class Explorer(Protocol):
    """Proposes runs for choosing points; these runs are no evidence for the points."""

    def explore(self, seen: Seen, number: int) -> Choice | Stop | Barrier:
        """The run that ask `number` explores, one that was not asked before."""


class _Draws:
    """Draws a point and a setting; each point and setting once with the first seed, then once with the second, ..."""

    def __init__(self, pool: Pool, seed: int = 0) -> None:
        self._pool, self._seed = pool, seed
        self._cells = len(pool) * len(pool.settings)
        self._passed = 0

    def explore(self, seen: Seen, number: int) -> Choice | Stop:
        """The first draw of this ask that is new."""
        layer = self._layer(seen)
        if layer is None:
            return Stop("every run of the pool was asked for")
        for cell in self._drawn(number):
            choice = self._choice(layer, cell)
            if not seen.asked(choice):
                return choice
        return self._choice(layer, self._passed % self._cells)

    def _layer(self, seen: Seen) -> int | None:
        """The first seed with which something was not run, as its place."""
        while self._passed < self._cells * len(self._pool.seeds):
            layer, cell = divmod(self._passed, self._cells)
            if not seen.asked(self._choice(layer, cell)):
                return layer
            # asks are never withdrawn, so a complete layer stays complete
            self._passed += 1
        return None

    def _choice(self, layer: int, cell: int) -> Choice:
        point, setting = divmod(cell, len(self._pool.settings))
        return Choice(point, setting, self._pool.seeds[layer], len(self._pool.rungs) - 1)

    def _drawn(self, number: int) -> Iterator[int]:
        raise NotImplementedError


class Random(_Draws):
    """Points and settings at random, without repetition."""

    def _drawn(self, number: int) -> Iterator[int]:
        generator = np.random.default_rng([self._seed, number])
        for _ in range(DRAWS):
            yield int(generator.integers(self._cells))


class Quasi(_Draws):
    """Points and settings by a scrambled Sobol sequence over the listing of points and that of settings.

    The listing is a product of axes, the last one running fastest; so the first axes are covered most evenly.
    """

    def _drawn(self, number: int) -> Iterator[int]:
        from scipy.stats import qmc  # takes a second to import, and only this strategy needs it

        sequence = qmc.Sobol(2, rng=np.random.default_rng(self._seed))
        if number:
            sequence.fast_forward(number)
        points, settings = len(self._pool), len(self._pool.settings)
        for place, setting in sequence.random(1):
            yield int(place * points) * settings + int(setting * settings)
        generator = np.random.default_rng([self._seed, number])
        for _ in range(DRAWS):
            yield int(generator.integers(self._cells))
