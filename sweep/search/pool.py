"""The pool of points, settings and seeds that a strategy chooses from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sweep.search.history import Choice


@dataclass(frozen=True)
class Column:
    """An axis: its values, each once, and the place among them of each row's, of shape (rows,)."""

    values: tuple[Any, ...]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """The column of these values."""
        places: dict[Any, int] = {}
        # true is 1 to a dict
        codes = [places.setdefault((type(value) is bool, value), len(places)) for value in values]
        return cls(tuple(value for _, value in places), np.array(codes, dtype=np.int32))


@dataclass(frozen=True)
class Pool:
    """Points, settings and seeds; strategies name them by their places.

    points: axis name -> value of each point, `lambda` included, fractions as they are; made when they are asked for.
    labels: the name of each point.
    costs: 'params', 'flops', 'activations' and 'training_flops' of each point, exact; empty where they are unknown.
    settings: nuisance path -> value of each setting; one empty setting where nothing is tuned.
    seeds: the seeds that the space names, in its order.
    baseline: for each point the place of the one that it is compared with, -1 where there is none.
    key: content hash of the run that a choice makes; equal hashes are equal runs.
    rungs: epochs of each rung, the shortest first.
    combinations: the pairs of setting and rung that there are; None for all.
    axes: name -> column over all points, where it is known without making each of them.
    extra_seeds: the seeds that baselines have beside those of all points.
    hours: forecast hours of training of a run, of shape (points, rungs); empty where there is no forecast.
    """

    points: Sequence[Mapping[str, Any]]
    labels: Sequence[str]
    costs: Mapping[str, NDArray[np.float64]]
    settings: Sequence[Mapping[str, Any]]
    seeds: tuple[int, ...]
    baseline: NDArray[np.int64]
    key: Callable[[Choice], str]
    rungs: tuple[int, ...] = (1,)
    combinations: frozenset[tuple[int, int]] | None = None
    nuisance: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    axes: Mapping[str, Column] = field(default_factory=dict)
    extra_seeds: tuple[int, ...] = ()
    hours: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 1)))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def runs(self) -> int:
        """Number of runs of the whole grid: points x settings x seeds x rungs."""
        each = len(self.settings) * len(self.rungs) if self.combinations is None else len(self.combinations)
        return (len(self.points) * len(self.seeds) + len(self._with_more()) * len(self.extra_seeds)) * each

    def columns(self) -> Mapping[str, Column]:
        """The axes, as columns over all points."""
        return self.axes or columns_of(self.points)

    def grid(self) -> list[Choice]:
        """Every run of the whole grid, in the order of points, settings, seeds and rungs."""
        of_baselines, more = (*self.seeds, *self.extra_seeds), self._with_more()
        return [
            Choice(point, setting, seed, rung)
            for point in range(len(self.points))
            for setting in range(len(self.settings))
            for seed in (of_baselines if point in more else self.seeds)
            for rung in range(len(self.rungs))
            if self.combinations is None or (setting, rung) in self.combinations
        ]

    def _with_more(self) -> frozenset[int]:
        """Places of the baselines, where they have more seeds than other points."""
        return frozenset(self.baseline[self.baseline >= 0].tolist() if self.extra_seeds else ())


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """The columns of rows; a value that a row lacks is None."""
    rows = list(rows)
    return {name: Column.of([row.get(name) for row in rows]) for name in dict.fromkeys(n for row in rows for n in row)}
