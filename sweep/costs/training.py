"""What training costs: multiply-adds of all forward and backward passes of a run."""

from dataclasses import dataclass
from typing import Any

from sweep.space import Proxy, Space


@dataclass(frozen=True)
class Passes:
    """How often a run sends an image through its network: to learn from it, and to be judged on it."""

    learn: int
    judge: int

    def __add__(self, other: "Passes") -> "Passes":
        return Passes(self.learn + other.learn, self.judge + other.judge)

    def flops(self, forward: Any, first: Any) -> Any:
        """Multiply-adds, given those of a forward pass and, among them, of the first layer; or arrays of both.

        Backward costs what forward does, once for the gradient of each layer's weights and once for that of its input,
        which the first layer does not need. That is so for a generated convolution too: its kernel is an input of the
        convolution and an output of the layer that generates it. (torch.utils.flop_counter takes the gradient of a
        grouped convolution's weights for that of a dense one, so it counts too much for every depthwise convolution and
        for one whose batch is folded into groups.)
        """
        return (3 * forward - first) * self.learn + forward * self.judge


def passes(proxy: Proxy) -> Passes:
    """The passes of one run of a recipe."""
    train, validation = proxy.dataset.counts()[0], proxy.judged_on
    # a last batch of one image is left out: batch norm cannot train on it
    lone = train % proxy.batch_size == 1
    return Passes((train - lone) * proxy.epochs, validation)


def passes_of_a_point(space: Space) -> Passes:
    """The passes through its network of all runs of one point: every setting, every seed."""
    each = [passes(proxy) for rung in space.rungs() for _, proxy in rung.recipes]
    seeds = len(space.seeds)
    return Passes(sum(p.learn for p in each) * seeds, sum(p.judge for p in each) * seeds)
