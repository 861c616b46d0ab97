"""Several networks of one table and family, each with weights of its own, computed as one ("lanes").

What a lane computes depends neither on the others nor on its place among them. The modules say what is computed; here
it is computed for all lanes at once, by `lane_operations`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sweep.networks import lane_operations as ops
from sweep.networks.condconv import MixedConv
from sweep.networks.dynamic_conv import Shape
from sweep.networks.network import ConvNorm, Network, Unit
from sweep.networks.sk import SelectiveConv
from sweep.networks.weightnet import GeneratedConv

#: Weights of a lane are padded to a multiple of this, so that those of all lanes are aligned alike.
ALIGNED = 32
_Norm = nn.BatchNorm1d | nn.BatchNorm2d


def fusable(network: nn.Module) -> bool:
    """Whether several of a network can be computed as one: those of tables can, those of the user's own cannot."""
    return isinstance(network, Network)


class LaneNetwork:
    """As many networks as there are lanes; those that no network is given for are copies of the first.

    Args:
        networks: of one table and family, as they were drawn.
        count: number of lanes.
        device, dtype: of weights and images.
        products: the type in which convolutions and products are computed, if another one.

    Shapes: images (L, C, B, H, W) -> logits (L, B, classes).
    """

    def __init__(
        self,
        networks: Sequence[nn.Module],
        count: int,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        products: torch.dtype | None = None,
    ) -> None:
        first = networks[0]
        assert isinstance(first, Network)
        self._network, self._products, self._training = first, products, True
        self._names = {module: name for name, module in first.named_modules()}
        named = dict(first.named_parameters())
        self.count, self.shapes = count, {name: tuple(parameter.shape) for name, parameter in named.items()}
        self._size = sum(parameter.numel() for parameter in named.values())
        padded = ALIGNED * math.ceil(self._size / ALIGNED)
        #: weights (L, P) of all lanes, which the parameters are views of
        self.flat = torch.zeros(count, padded, device=device, dtype=dtype)
        #: of each weight (P,) whether it decays: weights with more than one dimension do
        self.decays = torch.zeros(padded, device=device, dtype=dtype)
        self.parameters: dict[str, Tensor] = {}
        begin = 0
        for name, shape in self.shapes.items():
            end = begin + math.prod(shape)
            self.decays[begin:end] = float(len(shape) > 1)
            self.parameters[name] = self.flat[:, begin:end].view(count, *shape).detach().requires_grad_()
            begin = end
        #: running means and variances (L, C) of each norm, by the names that their modules have for them
        self.statistics = {
            f"{name}.{kind}": torch.zeros(count, module.num_features, device=device, dtype=dtype)
            for name, module in first.named_modules()
            if isinstance(module, _Norm)
            for kind in ("running_mean", "running_var")
        }
        for lane in range(count):
            self.load(lane, networks[lane if lane < len(networks) else 0].state_dict())

    @torch.no_grad()
    def load(self, lane: int, state: Mapping[str, Tensor]) -> None:
        """Give a lane the state of a network."""
        flat = torch.cat([state[name].flatten() for name in self.shapes])
        self.flat[lane, : self._size] = flat.to(self.flat)
        for name, values in self.statistics.items():
            values[lane] = state[name].to(values)

    def state_dict(self, lane: int, steps: int = 0) -> dict[str, Tensor]:
        """The state of a lane's network, on the CPU, after so many steps."""
        state = {name: values[lane].detach().cpu().clone() for name, values in self.parameters.items()}
        state |= {name: values[lane].cpu().clone() for name, values in self.statistics.items()}
        norms = dict.fromkeys(name.rpartition(".")[0] for name in self.statistics)
        return state | {f"{name}.num_batches_tracked": torch.tensor(steps) for name in norms}

    def train(self, training: bool = True) -> None:
        """Let norms use what a batch comes to, or what was seen in training."""
        self._training = training

    def gradients(self, loss: Tensor) -> Tensor:
        """The gradient (L, P) of a sum over lanes."""
        parts = torch.autograd.grad(loss, list(self.parameters.values()))
        flat = torch.cat([part.reshape(self.count, -1) for part in parts], 1)
        return torch.nn.functional.pad(flat, (0, self.flat.shape[1] - self._size))

    def __call__(self, images: Tensor) -> Tensor:
        """(L, C, B, H, W) -> (L, B, classes)."""
        network = self._network
        x = self._conv_norm(network.stem, images.to(self._products or images.dtype))
        if not isinstance(network.pool, nn.Identity):
            x = ops.max_pooled(x)
        for unit in network.blocks:
            assert isinstance(unit, Unit)
            x = self._unit(unit, x)
        if isinstance(network.last, ConvNorm):
            x = self._conv_norm(network.last, x)
        return self._linear(network.classifier, ops.pooled(x))

    def _weight(self, module: Any, name: str) -> Tensor:
        """A parameter of a module, as products take it: (L, ...)."""
        values = self.parameters[f"{self._names[module]}.{name}"]
        return values if self._products is None else values.to(self._products)

    def _bias(self, module: Any) -> Tensor | None:
        return None if module.bias is None else self._weight(module, "bias")

    def _linear(self, module: Any, x: Tensor) -> Tensor:
        return ops.linear(x, self._weight(module, "weight"), self._bias(module))

    def _norm(self, module: Any, x: Tensor) -> Tensor:
        name = self._names[module]
        values = (self.statistics[f"{name}.running_mean"], self.statistics[f"{name}.running_var"])
        learnt = (self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])
        return ops.norm(x, *values, *learnt, self._training, module.momentum, module.eps)

    def _conv_norm(self, module: ConvNorm, x: Tensor, context: Tensor | None = None) -> Tensor:
        y = self._norm(module.norm, self._conv(module.conv, x, context))
        return torch.relu(y) if module.relu else y

    def _conv(self, module: nn.Module, x: Tensor, context: Tensor | None) -> Tensor:
        if isinstance(module, GeneratedConv):
            assert context is not None
            return _generated(module.shape, x, context, self._weight(module.fc2, "weight"))
        if isinstance(module, MixedConv):
            activations = ops.sigmoid(self._linear(module.routing, ops.pooled(x)))
            return _generated(module.shape, x, activations, self._weight(module.experts, "weight"))
        if isinstance(module, SelectiveConv):
            return self._selective(module, x)
        assert isinstance(module, nn.Conv2d)
        return self._static(module, x)

    def _static(self, module: nn.Conv2d, x: Tensor) -> Tensor:
        weight, bias = self._weight(module, "weight"), self._bias(module)
        stride, dilation = module.stride[0], module.dilation[0]
        y = (ops.depthwise if module.groups > 1 else ops.dense)(x, weight, stride, dilation)
        return y if bias is None else y + bias[:, :, None, None, None]

    def _selective(self, module: SelectiveConv, x: Tensor) -> Tensor:
        near = self._norm(module.norms[0], self._static(module.near, x))
        far = self._norm(module.norms[1], self._static(module.far, x))
        hidden = self._linear(module.fc1, ops.pooled(near + far)).transpose(1, 2)
        hidden = torch.relu(self._norm(module.norm, hidden)).transpose(1, 2)
        chosen = torch.softmax(self._linear(module.fc2, hidden).unflatten(2, (2, -1)), 2)
        weights = chosen.permute(2, 0, 3, 1)[..., None, None]
        return near * weights[0] + far * weights[1]

    def _unit(self, module: Unit, x: Tensor) -> Tensor:
        past = x
        if module.join == "shuffle" and module.stride == 1:
            past, x = x.unflatten(1, (-1, 2)).unbind(2)
        contexts = self._contexts(module.context, x)
        for part in ("projection", "branch"):
            for index, step in enumerate(getattr(module, part)):
                y = self._conv_norm(step, past if part == "projection" else x, contexts.get(f"{part}.{index}"))
                past, x = (y, x) if part == "projection" else (past, y)
        if module.gate is not None:
            hidden = torch.relu(self._linear(module.gate.fc1, ops.pooled(x)))
            x = x * ops.sigmoid(self._linear(module.gate.fc2, hidden)).transpose(1, 2)[..., None, None]
        return torch.cat((past, x), 1) if module.join == "shuffle" else torch.relu(past + x)

    def _contexts(self, module: Any, x: Tensor) -> dict[str, Tensor]:
        if module is None:
            return {}
        activations = ops.sigmoid(self._linear(module.fc1, self._linear(module.reduce, ops.pooled(x))))
        return dict(zip(module.sizes, activations.split(list(module.sizes.values()), 2), strict=True))


def _generated(shape: Shape, x: Tensor, activations: Tensor, weight: Tensor) -> Tensor:
    """A convolution whose kernels a grouped layer makes of activations.

    Shapes: x (L, inp, B, H, W), activations (L, B, groups * lambda), weight (L, groups, lambda, weights / groups).
    """
    lanes, groups, lam, per_group = weight.shape
    images, (outputs, inputs, k, _) = x.shape[2], shape.kernel
    if lam == 1 and groups == outputs:
        # an activation scales a whole kernel: so it may scale what a static one gives, and no kernel is made
        kernels = weight.reshape(lanes, outputs, inputs, k, k)
        static = ops.depthwise if shape.groups > 1 else ops.dense
        return static(x, kernels, shape.stride) * activations.transpose(1, 2)[..., None, None]
    of_groups = activations.unflatten(2, (groups, lam)).transpose(1, 2)
    if lam == 1:
        generated = of_groups * weight
    else:
        flat = of_groups.reshape(lanes * groups, images, lam)
        generated = ops.products(flat, weight.reshape(lanes * groups, lam, per_group), lanes).unflatten(
            0, (lanes, groups)
        )
    if shape.groups > 1 and groups == outputs:
        return ops.depthwise(x, generated.unflatten(3, (k, k)), shape.stride)
    kernels = generated.transpose(1, 2).reshape(lanes, images, outputs, inputs, k, k)
    if shape.groups > 1:
        return ops.depthwise(x, kernels[:, :, :, 0].transpose(1, 2), shape.stride)
    return ops.dense_each(x, kernels, shape.stride)
