"""A moving average of a network's weights, which is judged in their place."""

from typing import Any

import torch
from torch import nn


class Average:
    """An exponential moving average of all that a network's answers depend on, batch norm's statistics among it.

    Each step moves it by 1 - decay toward the weights, and early on by more, 9 / (10 + steps), so that the initial
    draw is soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._of = [t for t in (*network.parameters(), *network.buffers()) if t.is_floating_point()]
        self._mean = [t.detach().clone() for t in self._of]
        self._decay, self._steps = decay, 0

    @torch.no_grad()
    def step(self) -> None:
        """Move toward the weights as they are."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        torch._foreach_lerp_(self._mean, self._of, 1 - decay)

    @torch.no_grad()
    def take_over(self) -> None:
        """Put the average into the network."""
        for mean, parameter in zip(self._mean, self._of, strict=True):
            parameter.copy_(mean)

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on, beside the weights."""
        return {"mean": self._mean, "steps": self._steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state; raises ValueError if it is another network's."""
        self._steps = state["steps"]
        for mean, stored in zip(self._mean, state["mean"], strict=True):
            mean.copy_(stored)
