"""A fully-connected layer in groups: the layer that generates a kernel."""

import torch
from torch import Tensor, nn


class GroupedLinear(nn.Module):
    """`groups` fully-connected layers side by side, each from its slice of the input to its slice of the output.

    The same as a dense layer whose weight is block-diagonal. No bias, as in the official fc2.

    Shapes: input (B, inp), output (B, oup); weight (groups, inp / groups, oup / groups).
    Raises ValueError if `groups` does not divide both.
    """

    def __init__(self, inp: int, oup: int, groups: int) -> None:
        super().__init__()
        if inp % groups or oup % groups:
            raise ValueError(f"{groups} groups do not divide {inp} inputs and {oup} outputs")
        self.inp, self.oup, self.groups = inp, oup, groups
        #: as the official code means it, for a layer that generates a kernel: G / (inp * k * k)
        self.initial_std = groups / oup
        self.weight = nn.Parameter(torch.empty(groups, inp // groups, oup // groups))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inp) -> (B, oup)."""
        slices = x.view(-1, self.groups, self.inp // self.groups).transpose(0, 1)
        # a batched product, not einsum: fvcore and torch's counter see it whatever the sizes are
        return torch.bmm(slices, self.weight).transpose(0, 1).reshape(-1, self.oup)
