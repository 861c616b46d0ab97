"""The gate against its formula, a sample at a time."""

import torch

from sweep.networks.se import SE, Gate
from sweep.networks.table import Block, Conv


def test_equals_its_formula():
    torch.manual_seed(0)
    gate = Gate(12, 8).double()
    x = torch.randn(5, 12, 3, 4, dtype=torch.float64)
    for before, after in zip(x, gate(x), strict=True):
        squeezed = torch.stack([channel.sum() / 12 for channel in before])
        hidden = torch.clamp(gate.fc1.weight @ squeezed + gate.fc1.bias, min=0)
        scale = 1 / (1 + torch.exp(-(gate.fc2.weight @ hidden + gate.fc2.bias)))
        torch.testing.assert_close(after, torch.stack([s * c for s, c in zip(scale, before, strict=True)]))


def test_hidden_channels():
    for channels, reduction, hidden in ((464, 16, 29), (464, 4, 116), (24, 16, 8), (100, 16, 8)):
        block = Block("shuffle", 1, 8, 1, (Conv(8, channels, 1, 1, 4, relu=True),))
        gate = SE(reduction).gate(block)
        assert gate.fc1.weight.shape == (hidden, channels)
