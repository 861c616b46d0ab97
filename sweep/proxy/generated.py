"""The kernels that a network's generated convolutions make of a few images, a few samples at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sweep.networks.condconv import MixedConv
from sweep.networks.dynamic_conv import Shape, generate
from sweep.networks.weightnet import GeneratedConv
from sweep.proxy.data import Split
from sweep.proxy.platform import CPU, settled
from sweep.proxy.tasks import Shown
from sweep.space import Proxy

#: Weights of kernels that are held at a time: those of all samples at once would be gigabytes in a wide network.
AT_A_TIME = 1 << 22


@dataclass(frozen=True)
class Layer:
    """A generated convolution, and the activations (samples, ...) that its kernels are made of."""

    name: str
    family: str
    shape: Shape
    activations: Tensor
    weight: Tensor

    def kernels(self) -> Iterator[NDArray[np.float32]]:
        """Kernels (some, oup, inp / groups, k, k) of all samples in their order, a few at a time.

        They are made whatever the formulation that the network is computed in, some of which make none.
        """
        kernel_size = int(np.prod(self.shape.kernel))
        for batch in self.activations.split(max(1, AT_A_TIME // kernel_size)):
            yield generate(batch, self.weight, self.shape).float().numpy()


def layers(network: nn.Module, data: Split, proxy: Proxy, images: int) -> list[Layer]:
    """Every generated convolution of a trained network, in the order of its computation.

    What it is shown are the first `images` validation images, of which each class has its share (of a composite task
    the first composites of them), the same for every network: in evaluation, unmoved, in one batch, at the recipe's
    precision.
    """
    found_layers: dict[str, Layer] = {}
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, GeneratedConv | MixedConv):
            hooks.append(module.register_forward_pre_hook(_noting(name, found_layers)))
    network.eval()
    try:
        with settled(), torch.inference_mode(), CPU.precision(proxy):
            network(Shown(data.validation, data.validation_labels, data, proxy)[:images])
    finally:
        for hook in hooks:
            hook.remove()
    return list(found_layers.values())


def _noting(name: str, layers_by_name: dict[str, Layer]) -> Callable[[nn.Module, tuple[Tensor, Tensor]], None]:
    def note(module: nn.Module, inputs: tuple[Tensor, Tensor]) -> None:
        x, context = inputs
        if isinstance(module, GeneratedConv):
            layers_by_name[name] = Layer(name, "weightnet", module.shape, context.float(), module.fc2.weight.detach())
        elif isinstance(module, MixedConv):
            activations = module.activations(x)
            layers_by_name[name] = Layer(
                name, "condconv", module.shape, activations.float(), module.experts.weight.detach()
            )

    return note
