"""What a layer costs, in closed form: parameters, multiply-adds per sample, activations."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Cost of a layer or a network.

    params: trainable numbers, biases and norms included.
    flops: multiply-adds per sample of convolutions and fully-connected layers, as in the paper and in fvcore; norms,
        activation functions, pooling and biases are not counted.
    activations: outputs per sample of convolutions and fully-connected layers, generated kernels included.
    """

    params: int = 0
    flops: int = 0
    activations: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.params + other.params, self.flops + other.flops, self.activations + other.activations)


def conv_cost(inp: int, oup: int, k: int, size_out: int, *, groups: int = 1, bias: bool = False) -> Cost:
    """Cost of a convolution whose output is `size_out` x `size_out`."""
    weights = inp // groups * oup * k * k
    return Cost(weights + bias * oup, weights * size_out**2, oup * size_out**2)


def linear_cost(inp: int, oup: int, *, groups: int = 1, bias: bool = True) -> Cost:
    """Cost of a fully-connected layer, grouped or not."""
    return Cost(inp // groups * oup + bias * oup, inp // groups * oup, oup)


def norm_cost(channels: int) -> Cost:
    """Cost of a batch norm: scale and shift."""
    return Cost(2 * channels)
