"""What a strategy chooses from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.search.history import Choice


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

    def __len__(self) -> int:
        return len(self.points)

    @property
    def runs(self) -> int:
        """Number of runs of the whole grid: points x settings x seeds x rungs."""
        each = len(self.settings) * len(self.rungs) if self.combinations is None else len(self.combinations)
        return len(self.points) * len(self.seeds) * each

    def grid(self) -> list[Choice]:
        """Every run of the whole grid, in the order of points, settings, seeds and rungs."""
        return [
            Choice(point, setting, seed, rung)
            for point in range(len(self.points))
            for setting in range(len(self.settings))
            for seed in self.seeds
            for rung in range(len(self.rungs))
            if self.combinations is None or (setting, rung) in self.combinations
        ]
