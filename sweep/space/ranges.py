"""A range of values, for an axis with too many to list: `{low: 0.25, high: 2, step: 0.05}`."""

import math
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, model_validator

from sweep.space.model import Model

#: Values of one range; an axis with more is a mistake.
MOST_IN_RANGE = 100_000


class Range(Model):
    """From `low` up to `high`: in steps, or in `count` values, both ends included, at equal distances or equal ratios.

    Values are exact: 0.25 in steps of 0.05 comes to 0.3, not to the float next to it.
    """

    low: Annotated[float, Field(description="The first value.")]
    high: Annotated[float, Field(description="The most that a value may be; the last value where steps come to it.")]
    step: Annotated[float | None, Field(gt=0, description="The distance between two values.")] = None
    count: Annotated[int | None, Field(ge=2, le=MOST_IN_RANGE, description="How many values, both ends included.")] = (
        None
    )
    log: Annotated[bool, Field(description="Equal ratios between values instead of equal distances.")] = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be under high {self.high:g}")
        if (self.step is None) == (self.count is None):
            raise ValueError("a range of a grid needs step or count, and not both")
        if self.log and (self.step is not None or self.low <= 0):
            raise ValueError("a range of equal ratios needs count, and a low over 0")
        if self.step is not None and self.length > MOST_IN_RANGE:
            raise ValueError(f"has more than {MOST_IN_RANGE:,} values")
        return self

    @property
    def length(self) -> int:
        """How many values there are at most."""
        if self.count is not None:
            return self.count
        low, high, step = (Fraction(str(value)) for value in (self.low, self.high, self.step))
        return int((high - low) / step) + 1

    def values(self) -> list[int | float]:
        """The values, each once, from low to high."""
        low, high = Fraction(str(self.low)), Fraction(str(self.high))
        if self.step is not None:
            step = Fraction(str(self.step))
            exact = [low + i * step for i in range(self.length)]
        elif self.log:
            assert self.count is not None
            exact = [Fraction(f"{value:.12g}") for value in self._at_equal_ratios(self.count)]
        else:
            assert self.count is not None
            exact = [low + i * (high - low) / (self.count - 1) for i in range(self.count)]
        return [int(value) if value.denominator == 1 else float(value) for value in dict.fromkeys(exact)]

    def _at_equal_ratios(self, count: int) -> list[float]:
        # rounded to 12 digits later, so that a ratio of whole numbers comes out as one: 1, 2, 4, 8
        if self.high / self.low < 1e300:
            ratio = math.log(self.high / self.low) / (count - 1)
            return [self.low * math.exp(i * ratio) for i in range(count)]
        first, last = math.log(self.low), math.log(self.high)
        inner = [math.exp(first + i * (last - first) / (count - 1)) for i in range(1, count - 1)]
        return [self.low, *inner, self.high]
