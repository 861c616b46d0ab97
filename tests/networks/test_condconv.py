"""CondConv against a plain loop over samples, in values and gradients, and its cost by hand."""

import pytest
import torch
import torch.nn.functional as F
from alike import assert_alike
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sweep.networks import Cost, initialise
from sweep.networks.condconv import CondConv, MixedConv
from sweep.networks.dynamic_conv import generate
from sweep.networks.table import Block, Conv

BATCH = 8


def loop(layer, conv, x):
    """Each sample's own routing, its own kernel, and one convolution with it."""
    outputs = []
    for sample in x:
        mean = torch.stack([channel.sum() / channel.numel() for channel in sample])
        routing = 1 / (1 + torch.exp(-(layer.routing.weight @ mean + layer.routing.bias)))
        kernel = sum(
            r * expert.view(conv.oup, conv.inp // conv.groups, conv.k, conv.k)
            for r, expert in zip(routing, layer.experts.weight[0], strict=True)
        )
        outputs.append(
            F.conv2d(sample[None], kernel, stride=conv.stride, padding=(conv.k - 1) // 2, groups=conv.groups)
        )
    return torch.cat(outputs)


def drawn(conv, experts, seed):
    """A layer all of whose parameters are random, in double precision."""
    torch.manual_seed(seed)
    layer = CondConv(experts).conv(conv, Block("add", 1, conv.inp, conv.stride, (conv,))).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    return layer


@settings(max_examples=25, deadline=None)
@given(
    inp=st.integers(1, 6),
    oup=st.integers(1, 6),
    k=st.sampled_from([1, 3]),
    stride=st.integers(1, 2),
    size=st.integers(1, 8),
    depthwise=st.booleans(),
    experts=st.integers(1, 5),
    seed=st.integers(0, 2**16),
)
def test_equals_a_loop_over_samples(inp, oup, k, stride, size, depthwise, experts, seed):
    conv = Conv(inp, inp if depthwise else oup, k, stride, size, relu=False, depthwise=depthwise)
    layer = drawn(conv, experts, seed)
    assert layer.experts.weight.shape == (1, experts, conv.oup * (inp // conv.groups) * k * k)
    x = torch.randn(BATCH, inp, size, size, dtype=torch.float64, requires_grad=True)
    ours = layer(x)
    assert ours.shape == (BATCH, conv.oup, conv.size_out, conv.size_out)
    assert_alike(ours, loop(layer, conv, x), [x, *layer.parameters()])


def test_images_need_not_be_square():
    conv = Conv(3, 4, 3, 2, 7, relu=False)
    layer = drawn(conv, 2, 0)
    x = torch.randn(BATCH, 3, 7, 4, dtype=torch.float64, requires_grad=True)
    assert_alike(layer(x), loop(layer, conv, x), [x, *layer.parameters()])


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("depthwise", [False, True])
def test_samples_do_not_leak_into_one_another(k, depthwise):
    layer = drawn(Conv(4, 4, k, 1, 5, relu=False, depthwise=depthwise), 3, 0)
    x = torch.randn(BATCH, 4, 5, 5, dtype=torch.float64, requires_grad=True)
    (layer(x)[2] ** 2).sum().backward()
    assert x.grad.flatten(1).any(1).tolist() == [number == 2 for number in range(BATCH)]
    with torch.no_grad():
        torch.testing.assert_close(torch.cat([layer(sample[None]) for sample in x]), layer(x))


def test_the_routing_is_of_its_own_input_not_of_the_block():
    """A context is not looked at, and a shift of the input changes the kernel."""
    layer = drawn(Conv(4, 4, 1, 1, 5, relu=False), 3, 0)
    x = torch.randn(BATCH, 4, 5, 5, dtype=torch.float64)
    assert torch.equal(layer(x, torch.randn(BATCH, 16)), layer(x))
    assert CondConv(3).context(Block("add", 1, 4, 1, ()), {}) is None

    def kernels(x):
        return generate(layer.activations(x), layer.experts.weight, layer.shape)

    assert not torch.allclose(kernels(x), kernels(x + 1))
    # the mean alone decides: the same pixels in another order have the same kernel
    shuffled = x.flatten(2)[..., torch.randperm(25)].view_as(x)
    torch.testing.assert_close(kernels(x), kernels(shuffled))


@pytest.mark.parametrize(
    ("conv", "std"),
    [
        (Conv(64, 96, 1, 1, 8, relu=False), 1 / 64),
        (Conv(64, 96, 3, 1, 8, relu=False), 1 / 64),
        (Conv(512, 512, 3, 1, 8, relu=False, depthwise=True), 1.0),
    ],
    ids=["1x1", "3x3", "depthwise"],
)
def test_each_expert_is_drawn_as_a_static_convolution_is(conv, std):
    """N(0, 1 / weight.shape[1]) of a static convolution's weight, whose shape[1] is inp / groups."""
    network = nn.ModuleDict(
        {
            "mixed": MixedConv(conv, 4),
            "static": nn.Conv2d(conv.inp, conv.oup, conv.k, groups=conv.groups, bias=False),
        }
    )
    initialise(network, 0)
    experts = network["mixed"].experts.weight.detach()[0]
    for expert in experts:
        assert float(expert.std()) == pytest.approx(std, rel=0.05)
        assert abs(float(expert.mean())) < 0.1 * std
    assert float(network["static"].weight.detach().std()) == pytest.approx(std, rel=0.05)
    assert not torch.equal(experts[0], experts[1])
    assert not network["mixed"].routing.bias.any()
    assert float(network["mixed"].routing.weight.detach().std()) == pytest.approx(1 / conv.inp, rel=0.2)


@pytest.mark.parametrize(
    ("conv", "cost"),
    [
        # routing 6 x 3 + 3, experts 3 x 60; and the convolution over 7 x 7
        (Conv(6, 10, 1, 1, 7, relu=False), Cost(21 + 180, 18 + 180 + 60 * 49, 3 + 60 + 490)),
        # experts 3 x 540; 4 x 4
        (Conv(6, 10, 3, 2, 7, relu=False), Cost(21 + 1620, 18 + 1620 + 540 * 16, 3 + 540 + 160)),
        # experts 3 x 54; 4 x 4
        (Conv(6, 6, 3, 2, 7, relu=False, depthwise=True), Cost(21 + 162, 18 + 162 + 54 * 16, 3 + 54 + 96)),
    ],
    ids=["1x1", "3x3", "depthwise"],
)
def test_cost_by_hand(conv, cost):
    block = Block("add", 1, 6, conv.stride, (conv,))
    assert CondConv(3).conv_cost(conv, block) == cost
    assert sum(p.numel() for p in CondConv(3).conv(conv, block).parameters()) == cost.params
    assert CondConv(3).routing_cost(conv) == Cost(21, 18, 3)
