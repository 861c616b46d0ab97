"""AdamW, SGD and the moving average for lanes: their weights are one tensor, each lane has a rate of its own.

The step count is a tensor, so that a captured step needs nothing of the host.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sweep.networks.lanes import LaneNetwork
from sweep.proxy.optimizer import BETAS, EPSILON, MOMENTUM
from sweep.proxy.schedule import rate
from sweep.space import Proxy


class LaneOptimizer:
    """Steps the weights of every lane, each by its own recipe; a lane whose loss is no finite number is frozen.

    Args:
        network: the lanes.
        recipes: one for each lane, which may differ in learning rate, weight decay and momentum.
        steps: training steps in all.
    """

    def __init__(self, network: LaneNetwork, recipes: Sequence[Proxy], steps: int) -> None:
        self._network, first = network, recipes[0]
        flat = network.flat

        def column(values: Sequence[float]) -> Tensor:
            return torch.tensor(values, dtype=torch.float64).to(flat)[:, None]

        self._adamw, self._ema = first.optimizer.name == "adamw", first.ema
        self._decay = column([proxy.optimizer.weight_decay for proxy in recipes]) * network.decays
        momenta = [MOMENTUM if (m := proxy.optimizer.momentum) is None else m for proxy in recipes]
        self._momentum = column(momenta)
        #: by step: the rate of each lane (steps, L, 1); for all lanes 1 - beta ** t of both moments, and the average's
        rates_by_recipe = {
            proxy: [rate(proxy, step, steps) for step in range(steps)] for proxy in dict.fromkeys(recipes)
        }
        rates = torch.tensor([rates_by_recipe[proxy] for proxy in recipes], dtype=torch.float64).T[..., None]
        step_numbers = torch.arange(1, steps + 1, dtype=torch.float64)[:, None, None]
        corrections = [1 - beta**step_numbers for beta in BETAS]
        towards = (
            torch.zeros_like(step_numbers)
            if first.ema is None
            else 1 - ((1 + step_numbers) / (10 + step_numbers)).clamp(max=first.ema)
        )
        self._rates, self._first, self._second, self._towards = (
            table.to(flat) for table in (rates, *corrections, towards)
        )
        #: steps that were taken, and lanes (L, 1) that have not left the numbers
        self.taken = torch.zeros(1, dtype=torch.long, device=flat.device)
        self.alive = torch.ones(len(recipes), 1, dtype=torch.bool, device=flat.device)
        self._moments = [torch.zeros_like(flat) for _ in range(2 if self._adamw else 1)]
        self._mean = None if first.ema is None else flat.clone()
        self._means = (
            {}
            if first.ema is None
            else {name: rates_by_recipe.clone() for name, rates_by_recipe in network.statistics.items()}
        )

    @torch.no_grad()
    def step(self, gradients: Tensor, losses: Tensor) -> None:
        """One step along gradients (L, P) of losses (L,)."""
        flat = self._network.flat
        lr, first, second, towards = (
            table.index_select(0, self.taken)[0] for table in (self._rates, self._first, self._second, self._towards)
        )
        if self._adamw:
            mean, square = self._moments
            mean.lerp_(gradients, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradients, gradients, value=1 - BETAS[1])
            change = (mean / first) / ((square.sqrt() / second.sqrt()) + EPSILON)
            change = change + self._decay * flat
        else:
            (buffer,) = self._moments
            change = buffer.mul_(self._momentum).add_(gradients).add_(self._decay * flat)
        self.alive &= losses.isfinite()[:, None]
        flat.copy_(torch.where(self.alive, flat - lr * change, flat))
        self.taken += 1
        if self._mean is not None:
            self._mean.lerp_(flat, towards)
            for name, values in self._network.statistics.items():
                self._means[name].lerp_(values, towards)

    @torch.no_grad()
    def take_over(self) -> None:
        """Put the average into the network, if the recipe has one."""
        if self._mean is not None:
            self._network.flat.copy_(self._mean)
            for name, values in self._network.statistics.items():
                values.copy_(self._means[name])

    def tensors(self) -> list[Tensor]:
        """All that a step changes, beside the network."""
        averages = [] if self._mean is None else [self._mean, *self._means.values()]
        return [self.taken, self.alive, *self._moments, *averages]

    def state(self, lane: int) -> dict[str, Any]:
        """What a lane's next step depends on, beside its weights; on the CPU."""
        averages = [] if self._mean is None else [self._mean, *self._means.values()]
        return {
            "taken": self.taken.cpu().clone(),
            "lane": [values[lane].cpu().clone() for values in (self.alive, *self._moments, *averages)],
        }

    @torch.no_grad()
    def restore(self, lane: int, state: dict[str, Any]) -> None:
        """Give a lane what `state` gave; raises ValueError if it is another network's."""
        averages = [] if self._mean is None else [self._mean, *self._means.values()]
        self.taken.copy_(state["taken"])
        for values, kept in zip((self.alive, *self._moments, *averages), state["lane"], strict=True):
            if values[lane].shape != kept.shape:
                raise ValueError(f"{tuple(kept.shape)} is not {tuple(values[lane].shape)}")
            values[lane].copy_(kept)
