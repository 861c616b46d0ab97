"""Selective convolutions against their formula, a sample and a channel at a time, and their cost by hand."""

import pytest
import torch
import torch.nn.functional as F
from alike import assert_alike
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sweep.networks import Cost
from sweep.networks.family import StaticConv
from sweep.networks.sk import SK, DilatedConv, SelectiveConv
from sweep.networks.table import Block, Conv

BATCH = 5


def drawn(conv, reduction=4, seed=0):
    """A layer with random parameters and running statistics, in evaluation and in double precision."""
    torch.manual_seed(seed)
    layer = SK(reduction).conv(conv, Block("add", 1, conv.inp, conv.stride, (conv,))).double().eval()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    for module in layer.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return layer


def normed(x, norm):
    return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)


def spread(kernel):
    """A 3 x 3 kernel dilated by 2 is a 5 x 5 one with nothing in every other row and column."""
    wide = kernel.new_zeros(*kernel.shape[:2], 5, 5)
    wide[:, :, ::2, ::2] = kernel
    return wide


def formula(layer, conv, x):
    outputs = []
    for sample in x.split(1):
        how = dict(stride=conv.stride, groups=conv.groups)
        near = normed(F.conv2d(sample, layer.near.weight, padding=1, **how), layer.norms[0])[0]
        far = normed(F.conv2d(sample, spread(layer.far.weight), padding=2, **how), layer.norms[1])[0]
        squeezed = torch.stack([(n + f).sum() / n.numel() for n, f in zip(near, far, strict=True)])
        hidden = torch.relu(normed((layer.fc1.weight @ squeezed)[None], layer.norm)[0])
        a, b = layer.fc2.weight[: conv.oup], layer.fc2.weight[conv.oup :]
        mixed = []
        for channel in range(conv.oup):
            ours, theirs = torch.exp(a[channel] @ hidden), torch.exp(b[channel] @ hidden)
            mixed.append((ours * near[channel] + theirs * far[channel]) / (ours + theirs))
        outputs.append(torch.stack(mixed))
    return torch.stack(outputs)


@settings(max_examples=15, deadline=None)
@given(
    inp=st.integers(1, 6),
    oup=st.integers(1, 6),
    stride=st.integers(1, 2),
    size=st.integers(1, 9),
    depthwise=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_its_formula_by_loops(inp, oup, stride, size, depthwise, seed):
    conv = Conv(inp, inp if depthwise else oup, 3, stride, size, relu=False, depthwise=depthwise)
    layer = drawn(conv, seed=seed)
    # a hidden layer all of whose units are off would hide fc1 and its norm
    with torch.no_grad():
        layer.norm.bias.abs_().add_(3)
        layer.fc2.weight.mul_(0.1)
    x = torch.randn(BATCH, inp, size, size, dtype=torch.float64, requires_grad=True)
    ours = layer(x)
    assert ours.shape == (BATCH, conv.oup, conv.size_out, conv.size_out)
    assert_alike(ours, formula(layer, conv, x), [x, *layer.parameters()])


def test_the_norms_use_the_batch_in_training():
    """With the batch's own statistics in place of the running ones, the formula holds for training too."""
    conv = Conv(3, 4, 3, 1, 6, relu=False)
    layer = drawn(conv).train()
    x = torch.randn(BATCH, 3, 6, 6, dtype=torch.float64)
    with torch.no_grad():
        ours = layer(x)
        paths = F.conv2d(x, layer.near.weight, padding=1), F.conv2d(x, spread(layer.far.weight), padding=2)
        for norm, path in zip(layer.norms, paths, strict=True):
            norm.running_mean, norm.running_var = path.mean((0, 2, 3)), path.var((0, 2, 3), correction=0)
        total = sum(normed(path, norm) for norm, path in zip(layer.norms, paths, strict=True))
        told = total.mean((2, 3)) @ layer.fc1.weight.T
        layer.norm.running_mean, layer.norm.running_var = told.mean(0), told.var(0, correction=0)
        torch.testing.assert_close(ours, formula(layer, conv, x))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_both_paths_have_the_size_in_the_table(size, stride):
    conv = Conv(3, 3, 3, stride, size, relu=False, depthwise=True)
    layer, x = drawn(conv), torch.randn(BATCH, 3, size, size, dtype=torch.float64)
    side = (size + stride - 1) // stride
    assert layer.near(x).shape == layer.far(x).shape == layer(x).shape == (BATCH, 3, side, side)
    assert conv.size_out == side


def test_equal_votes_give_the_mean_of_both_paths():
    conv = Conv(3, 4, 3, 1, 6, relu=False)
    layer, x = drawn(conv), torch.randn(BATCH, 3, 6, 6, dtype=torch.float64)
    nn.init.zeros_(layer.fc2.weight)
    mean = (layer.norms[0](layer.near(x)) + layer.norms[1](layer.far(x))) / 2
    torch.testing.assert_close(layer(x), mean)


def test_samples_do_not_leak_into_one_another():
    layer = drawn(Conv(4, 6, 3, 2, 5, relu=False))
    x = torch.randn(BATCH, 4, 5, 5, dtype=torch.float64, requires_grad=True)
    (layer(x)[3] ** 2).sum().backward()
    assert x.grad.flatten(1).any(1).tolist() == [number == 3 for number in range(BATCH)]


def test_1x1_convolutions_stay_static():
    conv = Conv(6, 10, 1, 1, 7, relu=True)
    block = Block("add", 1, 6, 1, (conv,))
    assert type(SK(16).conv(conv, block)) is StaticConv
    assert SK(16).conv_cost(conv, block) == Cost(60, 60 * 49, 490)
    assert SK(16).context(block, dict(block.convs())) is None
    assert SK(16).gate(block) is None


@pytest.mark.parametrize(
    ("channels", "reduction", "hidden"), [(24, 16, 32), (464, 16, 32), (512, 16, 32), (528, 16, 33), (464, 4, 116)]
)
def test_hidden_channels(channels, reduction, hidden):
    conv = Conv(channels, channels, 3, 1, 4, relu=False, depthwise=True)
    layer = SK(reduction).conv(conv, Block("add", 1, channels, 1, (conv,)))
    assert isinstance(layer, SelectiveConv)
    assert layer.fc1.weight.shape == (hidden, channels)
    assert layer.fc2.weight.shape == (2 * channels, hidden)


@pytest.mark.parametrize(
    ("conv", "cost"),
    [
        # two paths of 540 weights and norms of 20, 10 -> 32 -> 20, norm of 64; over 4 x 4
        (
            Conv(6, 10, 3, 2, 7, relu=False),
            Cost(2 * (540 + 20) + 320 + 640 + 64, 2 * 540 * 16 + 960, 2 * 160 + 32 + 20),
        ),
        # two paths of 54 weights and norms of 12, 6 -> 32 -> 12
        (
            Conv(6, 6, 3, 1, 7, relu=False, depthwise=True),
            Cost(2 * (54 + 12) + 192 + 384 + 64, 2 * 54 * 49 + 576, 2 * 294 + 32 + 12),
        ),
    ],
    ids=["dense", "depthwise"],
)
def test_cost_by_hand(conv, cost):
    block = Block("add", 1, 6, conv.stride, (conv,))
    assert SK(16).conv_cost(conv, block) == cost
    assert sum(p.numel() for p in SK(16).conv(conv, block).parameters()) == cost.params


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 5), height=st.integers(1, 15), width=st.integers(1, 15), kernel=st.sampled_from([3, 5]),
    stride=st.sampled_from([1, 2]), oup=st.sampled_from([6, 8]), bias=st.booleans(), last=st.booleans(),
)  # fmt: skip
def test_a_dilated_convolution_is_torchs_own(batch, height, width, kernel, stride, oup, bias, last):
    """Outputs to the bit; gradients to rounding, and in double precision to its."""
    torch.manual_seed(0)
    layer = DilatedConv(Conv(6, oup, kernel, stride, 14, relu=False, depthwise=oup == 6, bias=bias))
    format_ = torch.channels_last if last else torch.contiguous_format
    x = torch.randn(batch, 6, height, width).contiguous(memory_format=format_)

    def torchs(layer, x):
        how = dict(stride=stride, padding=2 * (kernel // 2), dilation=2, groups=layer.groups)
        return F.conv2d(x, layer.weight, layer.bias, **how)

    if not bias:
        assert torch.equal(layer(x), torchs(layer, x))
    for dtype, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-12)):
        layer, gradients = layer.to(dtype), []
        for way in (DilatedConv.forward, torchs):
            leaf = x.to(dtype).clone().requires_grad_()
            output = way(layer, leaf)
            upstream = torch.randn(output.shape, dtype=dtype, generator=torch.Generator().manual_seed(1))
            gradients.append(torch.autograd.grad(output, [leaf, *layer.parameters()], upstream))
            gradients[-1] = (output, *gradients[-1])
        for ours, theirs in zip(*gradients, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)
