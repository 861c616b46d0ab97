"""The network of a table: its module, the cost of each of its layers, and what must hold for it to exist."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from sweep.errors import NetworkError
from sweep.networks.cost import Cost, conv_cost, linear_cost, norm_cost
from sweep.networks.family import Family, StaticConv
from sweep.networks.layouts import channels_last, pooled
from sweep.networks.table import Block, Conv, Demand, Table


class ConvNorm(nn.Module):
    """Convolution, batch norm and, where the table says so, ReLU."""

    def __init__(self, conv: Conv, module: nn.Module) -> None:
        super().__init__()
        self.conv = module
        self.norm = nn.BatchNorm2d(conv.oup)
        self.relu = conv.relu

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """(B, inp, H, W) -> (B, oup, H', W')."""
        x = self.norm(self.conv(x, context))
        return torch.relu(x) if self.relu else x


class Unit(nn.Module):
    """A block: branch and projection, the context that their convolutions share, and how they are joined."""

    def __init__(self, block: Block, family: Family) -> None:
        super().__init__()
        self.join, self.stride = block.join, block.stride
        self.context = family.context(block, dict(block.convs()))
        self.branch = nn.ModuleList(ConvNorm(conv, family.conv(conv, block)) for conv in block.branch)
        self.projection = nn.ModuleList(ConvNorm(conv, family.conv(conv, block)) for conv in block.projection)
        self.gate = family.gate(block)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        past, x = alternate(x) if self.join == "shuffle" and self.stride == 1 else (x, x)
        contexts = self.context(x) if self.context is not None else {}
        for index, step in enumerate(self.projection):
            past = step(past, contexts.get(f"projection.{index}"))
        for index, step in enumerate(self.branch):
            x = step(x, contexts.get(f"branch.{index}"))
        if self.gate is not None:
            x = self.gate(x)
        return torch.cat((past, x), 1) if self.join == "shuffle" else torch.relu(past + x)


def alternate(x: Tensor) -> tuple[Tensor, Tensor]:
    """The official shuffle, (B, C, H, W) -> twice (B, C / 2, H, W): even channels pass by, odd ones are processed.

    As one view and not two slices, so that their gradients are put together in one go, and lie as the input does.
    """
    if channels_last(x):
        even, odd = x.permute(0, 2, 3, 1).unflatten(3, (-1, 2)).unbind(4)
        return even.permute(0, 3, 1, 2), odd.permute(0, 3, 1, 2)
    # fvcore has rules for views, not for unflatten
    even, odd = x.view(len(x), -1, 2, *x.shape[2:]).unbind(2)
    return even, odd


class Network(nn.Module):
    """The network of a table, its stage convolutions of one family; stem, last convolution and classifier are static.

    Shapes: (B, channels, H, W) -> (B, classes).
    """

    def __init__(self, table: Table, family: Family) -> None:
        super().__init__()
        insist(table, family)
        self.stem = ConvNorm(table.stem, StaticConv(table.stem))
        self.pool = nn.MaxPool2d(3, 2, 1) if table.pool else nn.Identity()
        self.blocks = nn.Sequential(*(Unit(block, family) for block in table.each_block()))
        self.last = ConvNorm(table.last, StaticConv(table.last)) if table.last else nn.Identity()
        self.classifier = nn.Linear(table.features, table.classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, classes)."""
        x = self.last(self.blocks(self.pool(self.stem(x))))
        logits: Tensor = self.classifier(pooled(x))
        return logits


def demands(table: Table, family: Family) -> Iterator[Demand]:
    """What must hold for the network to exist."""
    yield from table.demands
    for block in table.blocks:
        for _, conv in block.convs():
            yield from family.demands(conv, block)


def insist(table: Table, family: Family) -> None:
    """Raise NetworkError, with the reason, if the network cannot exist."""
    for demand in demands(table, family):
        if not demand.holds:
            raise NetworkError(demand.otherwise())


def layer_costs(table: Table, family: Family) -> dict[str, Cost]:
    """The cost of every layer, by the name of its module; raises NetworkError."""
    insist(table, family)
    layers = _ends(table)
    for index, block in enumerate(table.each_block()):
        layers |= {f"blocks.{index}.{name}": cost for name, cost in _block_costs(block, family).items()}
    return layers


def total_cost(table: Table, family: Family) -> Cost:
    """The cost of the whole network, if all that it demands holds; sizes may be arrays."""
    total = sum(_ends(table).values(), start=Cost())
    for block in table.blocks:
        total += sum(_block_costs(block, family).values(), start=Cost()) * block.times
    return total


def stem_cost(table: Table) -> Cost:
    """The cost of the first convolution, whose input needs no gradient."""
    return _static_cost(table.stem)


def _static_cost(conv: Conv) -> Cost:
    return conv_cost(conv.inp, conv.oup, conv.k, conv.size_out, bias=conv.bias)


def _ends(table: Table) -> dict[str, Cost]:
    layers: dict[str, Cost] = {}
    for name, conv in (("stem", table.stem), ("last", table.last)):
        if conv is not None:
            layers |= {f"{name}.conv": _static_cost(conv), f"{name}.norm": norm_cost(conv.oup)}
    return layers | {"classifier": linear_cost(table.features, table.classes)}


def _block_costs(block: Block, family: Family) -> dict[str, Cost]:
    layers = {"context": family.context_cost(block, dict(block.convs()))}
    for step, conv in block.convs():
        layers[f"{step}.conv"] = family.conv_cost(conv, block)
        layers[f"{step}.norm"] = norm_cost(conv.oup)
    return layers | {"gate": family.gate_cost(block)}
