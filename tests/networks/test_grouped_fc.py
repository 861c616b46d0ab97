"""The grouped fully-connected layer against the block-diagonal dense one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.networks.grouped_fc import GroupedLinear


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(1, 5), st.integers(2, 6))
def test_equals_the_block_diagonal_dense_layer(groups, inp, oup, batch):
    torch.manual_seed(groups)
    layer = GroupedLinear(groups * inp, groups * oup, groups).double()
    torch.nn.init.normal_(layer.weight)
    dense = torch.block_diag(*layer.weight.detach()).requires_grad_()
    x = torch.randn(batch, groups * inp, dtype=torch.float64)
    torch.testing.assert_close(layer(x), x @ dense)
    layer(x).pow(2).sum().backward()
    (x @ dense).pow(2).sum().backward()
    blocks = dense.grad.view(groups, inp, groups, oup)
    torch.testing.assert_close(layer.weight.grad, torch.stack([blocks[g, :, g] for g in range(groups)]))


def test_groups_must_divide():
    with pytest.raises(ValueError, match="3 groups do not divide 4 inputs"):
        GroupedLinear(4, 6, 3)
