"""Asks and planned points as a ledger holds them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweep.search.history import Phase


@dataclass(frozen=True)
class Ask:
    """A run that was asked for, noted before it is submitted: a row of the ledger's table `asks`.

    number: order of asking.
    key: the run's.
    point, recipe: canonical texts, or None where an earlier version noted the key alone; numbers in a listing are
        looked up anew whenever a plan is made, so that an edited space and a merged ledger lose nothing.
    phase, rung, origin: as the strategy chose it.
    present: whether the space asks for it as it is now.
    """

    number: int
    key: str
    point: str | None
    recipe: str | None
    seed: int | None
    rung: int = 0
    phase: Phase = "explore"
    origin: Mapping[str, Any] = field(default_factory=dict)
    present: bool = True


@dataclass(frozen=True)
class PlannedPoint:
    """A point of the plan with its exact costs, for readers of the ledger that cannot build the network.

    stem_flops: multiply-adds of the first layer, which are among `flops`.
    baseline: place in the plan of the point that it is compared with, or None.
    traced: parameters and multiply-adds that fvcore counted, or None.
    also: labels of points that are the same network under another name.
    uncounted: operations that fvcore has no count for, of a network that it alone counts.
    """

    point: str
    params: int
    flops: int
    activations: int
    stem_flops: int
    baseline: int | None = None
    traced: tuple[int, int] | None = None
    uncounted: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def row(self, position: int) -> tuple[Any, ...]:
        """Its row in the ledger's table `points`, without its text and fvcore's count."""
        counts = self.params, self.flops, self.activations, self.stem_flops
        return (*counts, position, self.baseline, json.dumps(self.uncounted), json.dumps(self.also, ensure_ascii=False))
