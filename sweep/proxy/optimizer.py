"""AdamW and SGD by PyTorch's fused kernels, without torch.optim: its first optimiser costs a process two seconds.

Those two seconds import what torch.compile is made of, which no run uses; the numbers are torch.optim's, to the bit.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from sweep.space.schema import Optimizer as How

#: torch.optim's own for AdamW.
BETAS, EPSILON = (0.9, 0.999), 1e-8
#: Momentum of SGD if the recipe names none.
MOMENTUM = 0.9


class Optimizer:
    """Steps the parameters of a network, each at the same rate.

    Weights with more than one dimension decay, and norms and biases do not, as in the official code. A parameter
    without a gradient is left alone, as in torch.optim.
    """

    def __init__(self, network: nn.Module, how: How) -> None:
        self.parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self._how = how
        # AdamW: both moments of each parameter; SGD: its momentum buffer
        self._moments = [[torch.zeros_like(p) for p in self.parameters] for _ in range(2 if how.name == "adamw" else 1)]
        self._steps = [torch.zeros((), device=parameter.device) for parameter in self.parameters]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step along the gradients at this learning rate."""
        for decays in (True, False):
            at = [i for i, p in enumerate(self.parameters) if p.grad is not None and (p.ndim > 1) == decays]
            if at:
                self._step(at, rate, self._how.weight_decay if decays else 0.0)

    def _step(self, at: list[int], rate: float, decay: float) -> None:
        parameters: list[Tensor] = [self.parameters[i] for i in at]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        steps = [self._steps[i] for i in at]
        moments = [[kind[i] for i in at] for kind in self._moments]
        torch._foreach_add_(steps, 1)
        if self._how.name == "adamw":
            beta1, beta2 = BETAS
            torch._fused_adamw_(
                parameters,
                gradients,
                moments[0],
                moments[1],
                [],
                steps,
                lr=rate,
                beta1=beta1,
                beta2=beta2,
                weight_decay=decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )
            return
        momentum = MOMENTUM if self._how.momentum is None else self._how.momentum
        torch._fused_sgd_(
            parameters,
            gradients,
            moments[0] if momentum else [],
            weight_decay=decay,
            momentum=momentum,
            lr=rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            # a buffer of zeros is what the first step would make of none
            is_first_step=False,
        )

    def forget_gradients(self) -> None:
        """Leave no gradient behind."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on, beside parameters and gradients."""
        return {"moments": self._moments, "steps": self._steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state; raises ValueError if it is another network's."""
        _copy(self._steps, state["steps"])
        for moment, stored in zip(self._moments, state["moments"], strict=True):
            _copy(moment, stored)


def _copy(tensors: list[Tensor], values: Iterable[Tensor]) -> None:
    for tensor, value in zip(tensors, values, strict=True):
        if tensor.shape != value.shape:
            raise ValueError(f"{tuple(value.shape)} is not {tuple(tensor.shape)}")
        tensor.copy_(value)
