"""A point of a plan, and what it costs by both counts."""

from dataclasses import dataclass

from sweep.networks import Cost
from sweep.space import Point


@dataclass(frozen=True)
class Planned:
    """A point that the sweep will train, with its closed-form cost and, where it was traced, fvcore's count.

    A network of the user's own has no closed form: its cost is fvcore's count.
    """

    point: Point
    label: str
    cost: Cost
    traced: Cost | None = None

    @property
    def agrees(self) -> bool:
        """Whether there are two counts, and they are the same, to the unit."""
        return self.traced is not None and self.traced == self.cost and not self.point.own_network

    @property
    def agreement(self) -> str:
        """What the second count comes to, in a few words: there is none for a network of the user's own."""
        if self.point.own_network:
            return "fvcore alone"
        if self.traced is None:
            return "not traced"
        return "same" if self.agrees else f"{self.traced.params:,} / {self.traced.flops:,}"
