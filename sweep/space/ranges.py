"""A range of values, for an axis with too many to list: `{low: 0.25, high: 2, step: 0.05}`."""

import math
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, model_validator

from sweep.space.schema import Model

#: Values of one range; an axis with more is a mistake.
MOST_IN_RANGE = 100_000


class Range(Model):
    """From `low` to `high`, both included: in steps, or in `count` values at equal distances, or at equal ratios.

    Values are exact: 0.25 in steps of 0.05 comes to 0.3, not to the float next to it.
    """

    low: float
    high: float
    step: Annotated[float, Field(gt=0)] | None = None
    count: Annotated[int, Field(ge=2, le=MOST_IN_RANGE)] | None = None
    log: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be under high {self.high:g}")
        if (self.step is None) == (self.count is None):
            raise ValueError("a range of a grid needs step or count, and not both")
        if self.log and (self.step is not None or self.low <= 0):
            raise ValueError("a range of equal ratios needs count, and a low over 0")
        if self.step is not None and (self.high - self.low) / self.step >= MOST_IN_RANGE:
            raise ValueError(f"has more than {MOST_IN_RANGE:,} values")
        return self

    def values(self) -> list[int | float]:
        """The values, each once, from low to high."""
        low, high = Fraction(str(self.low)), Fraction(str(self.high))
        if self.step is not None:
            step = Fraction(str(self.step))
            exact = [low + i * step for i in range(int((high - low) / step) + 1)]
        elif self.log:
            assert self.count is not None
            ratio = math.log(self.high / self.low) / (self.count - 1)
            # a ratio of whole numbers comes out as one: 1, 2, 4, 8
            exact = [Fraction(f"{self.low * math.exp(i * ratio):.12g}") for i in range(self.count)]
        else:
            assert self.count is not None
            exact = [low + i * (high - low) / (self.count - 1) for i in range(self.count)]
        return [int(value) if value.denominator == 1 else float(value) for value in dict.fromkeys(exact)]
