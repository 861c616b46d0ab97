"""What a layer costs, in closed form: parameters, multiply-adds per sample, activations.

Sizes are whole numbers, or arrays of them: one for each point of a grid, so that a million points are counted at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

#: A whole number, or an array of them. Arrays of several axes broadcast against one another.
Whole = Any


@dataclass(frozen=True)
class Fractions:
    """Many fractions: arrays of what is above and below the line; `Fraction` has the same names for one."""

    numerator: Whole
    denominator: Whole

    def __truediv__(self, other: "Ratio") -> "Fractions":
        above, below = self.numerator * other.denominator, self.denominator * other.numerator
        common = np.gcd(above, below)
        return Fractions(above // common, below // common)


#: A fraction, or many.
Ratio = Any


def part(ratio: Ratio, size: Whole) -> Whole:
    """So much of a size, rounded down."""
    return ratio.numerator * size // ratio.denominator


def is_whole(ratio: Ratio, size: Whole) -> Any:
    """Whether so much of a size is a whole number."""
    return ratio.numerator * size % ratio.denominator == 0


@dataclass(frozen=True)
class Cost:
    """Cost of a layer or a network.

    params: trainable numbers, biases and norms included.
    flops: multiply-adds per sample of convolutions and fully-connected layers, as in the paper and in fvcore; norms,
        activation functions, pooling and biases are not counted.
    activations: outputs per sample of convolutions and fully-connected layers, generated kernels included.
    """

    params: Whole = 0
    flops: Whole = 0
    activations: Whole = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.params + other.params, self.flops + other.flops, self.activations + other.activations)

    def __mul__(self, times: Whole) -> "Cost":
        return Cost(self.params * times, self.flops * times, self.activations * times)


def conv_cost(inp: Whole, oup: Whole, k: int, size_out: Whole, *, groups: Whole = 1, bias: bool = False) -> Cost:
    """Cost of a convolution whose output is `size_out` x `size_out`."""
    weights = inp // groups * oup * k * k
    return Cost(weights + bias * oup, weights * size_out**2, oup * size_out**2)


def linear_cost(inp: Whole, oup: Whole, *, groups: Whole = 1, bias: bool = True) -> Cost:
    """Cost of a fully-connected layer, grouped or not."""
    return Cost(inp // groups * oup + bias * oup, inp // groups * oup, oup)


def norm_cost(channels: Whole) -> Cost:
    """Cost of a batch norm: scale and shift."""
    return Cost(2 * channels)


def at_least(least: int, size: Whole) -> Whole:
    """The size, or the least that it may be."""
    return np.maximum(least, size) if isinstance(size, np.ndarray) else max(least, size)
