"""What WeightNet is at the ends of its plane: SE on the weights, and CondConv. In values, gradients and counts."""

from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from alike import assert_alike
from fvcore.nn import FlopCountAnalysis
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sweep.networks.condconv import CondConv
from sweep.networks.cost import Cost, linear_cost
from sweep.networks.dynamic_conv import generate
from sweep.networks.grouped_fc import GroupedLinear
from sweep.networks.table import Block, Conv
from sweep.networks.weightnet import WeightNet

BATCH = 6

CONVS = st.builds(
    lambda inp, oup, k, stride, size, depthwise: Conv(
        inp, inp if depthwise else oup, k, stride, size, relu=False, depthwise=depthwise
    ),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from([1, 3]),
    st.integers(1, 2),
    st.integers(1, 7),
    st.booleans(),
)
DENSE = CONVS.filter(lambda conv: not conv.depthwise)


def drawn(module, seed):
    """The module in double precision, all its parameters random."""
    torch.manual_seed(seed)
    for parameter in module.double().parameters():
        nn.init.normal_(parameter)
    return module


def block_of(conv):
    return Block("add", 1, conv.inp, conv.stride, (conv,))


def convolve(x, weight, conv):
    return F.conv2d(x, weight, stride=conv.stride, padding=conv.k // 2, groups=conv.groups)


def numbers(module):
    return sum(parameter.numel() for parameter in module.parameters())


# M = G = 1 is SE on the weights


@settings(max_examples=25, deadline=None)
@given(conv=CONVS, seed=st.integers(0, 2**16))
def test_one_activation_a_filter_gates_the_output_channels_of_a_static_convolution(conv, seed):
    """y_o = alpha_o conv(x, W)_o, with alpha = sigmoid(fc1(reduce(x))) and W the weight of fc2."""
    family, block = WeightNet(Fraction(1), Fraction(1)), block_of(conv)
    context, layer = drawn(family.context(block, {"it": conv}), seed), drawn(family.conv(conv, block), seed + 1)
    x = torch.randn(BATCH, conv.inp, conv.size, conv.size, dtype=torch.float64, requires_grad=True)

    weight = layer.fc2.weight.reshape(conv.oup, conv.inp // conv.groups, conv.k, conv.k)
    reduced = x.sum((2, 3)) / conv.size**2 @ context.reduce.weight.T + context.reduce.bias
    alpha = torch.sigmoid(reduced @ context.fc1.weight.T + context.fc1.bias)
    assert alpha.shape == (BATCH, conv.oup)
    sources = [x, *context.parameters(), *layer.parameters()]
    assert_alike(layer(x, context(x)["it"]), alpha[:, :, None, None] * convolve(x, weight, conv), sources)


@settings(max_examples=25, deadline=None)
@given(conv=CONVS)
def test_one_activation_a_filter_costs_a_static_convolution_and_its_gate(conv):
    block = block_of(conv)
    family = WeightNet(Fraction(1), Fraction(1))
    layer, context = family.conv(conv, block), family.context(block, {"it": conv})
    static = nn.Conv2d(conv.inp, conv.oup, conv.k, groups=conv.groups, bias=False)
    assert numbers(layer.fc2) == numbers(static)
    # the gate is a fully-connected layer of 16 inputs; each weight of the kernel is multiplied once
    cost, kernel, pixels = family.conv_cost(conv, block), numbers(static), conv.size_out**2
    assert cost.params == numbers(layer)
    assert cost.flops == kernel * pixels + kernel
    assert numbers(context.fc1) == numbers(nn.Linear(16, conv.oup))
    assert family.context_cost(block, {"it": conv}).params == numbers(context)
    assert family.context_cost(block, {"it": conv}).flops == 16 * conv.inp + 16 * conv.oup


# M = m / C and G = 1 / C are CondConv with m experts


@settings(max_examples=25, deadline=None)
@given(conv=DENSE, experts=st.integers(1, 5), seed=st.integers(0, 2**16))
def test_one_group_a_layer_is_condconv(conv, experts, seed):
    """The routing is fc1 after reduce, linear maps with no activation between; the experts are fc2's weight."""
    block = block_of(conv)
    family = WeightNet(Fraction(experts, conv.oup), Fraction(1, conv.oup))
    context, layer = drawn(family.context(block, {"it": conv}), seed), drawn(family.conv(conv, block), seed + 1)
    reduce, fc1 = context.reduce, context.fc1
    mixed = CondConv(experts).conv(conv, block).double()
    assert mixed.experts.weight.shape == layer.fc2.weight.shape
    with torch.no_grad():
        mixed.experts.weight.copy_(layer.fc2.weight)
        mixed.routing.weight.copy_(fc1.weight @ reduce.weight)
        mixed.routing.bias.copy_(fc1.weight @ reduce.bias + fc1.bias)

    mine, theirs = (
        torch.randn(BATCH, conv.inp, conv.size, conv.size, dtype=torch.float64, generator=torch.manual_seed(seed))
        .mul_(1 + torch.arange(BATCH).view(-1, 1, 1, 1))
        .requires_grad_()
        for _ in range(2)
    )
    ours, truth = layer(mine, context(mine)["it"]), mixed(theirs)
    torch.testing.assert_close(ours, truth)
    weights = torch.randn_like(truth)
    (ours * weights).sum().backward()
    (truth * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)
    torch.testing.assert_close(layer.fc2.weight.grad, mixed.experts.weight.grad)
    # what reaches the routing reaches fc1, through what reduce tells it
    torch.testing.assert_close(fc1.bias.grad, mixed.routing.bias.grad)
    told = mixed.routing.weight.grad @ reduce.weight.T + torch.outer(mixed.routing.bias.grad, reduce.bias)
    torch.testing.assert_close(fc1.weight.grad, told)


@settings(max_examples=25, deadline=None)
@given(conv=DENSE, experts=st.integers(1, 5))
def test_one_group_a_layer_costs_what_condconv_does_but_for_the_routing(conv, experts):
    block = block_of(conv)
    weightnet = WeightNet(Fraction(experts, conv.oup), Fraction(1, conv.oup))
    ours, theirs = weightnet.conv_cost(conv, block), CondConv(experts).conv_cost(conv, block)
    kernel = conv.oup * conv.inp * conv.k**2
    # kernels from experts, and the convolution, each counted by hand
    rest = Cost(experts * kernel, experts * kernel + kernel * conv.size_out**2, kernel + conv.oup * conv.size_out**2)
    assert ours == rest
    # what its context has beside `reduce`
    context = weightnet.context_cost(block, {"it": conv})
    assert context == linear_cost(conv.inp, 16) + linear_cost(16, experts)
    assert theirs == linear_cost(conv.inp, experts) + rest
    assert numbers(weightnet.conv(conv, block).fc2) == numbers(CondConv(experts).conv(conv, block).experts)


def test_the_kernels_differ_between_samples():
    """The identities above compare layers that have something to do."""
    conv = Conv(4, 6, 3, 1, 5, relu=False)
    block = block_of(conv)
    for family in (WeightNet(Fraction(1), Fraction(1)), WeightNet(Fraction(3, 6), Fraction(1, 6))):
        context, layer = drawn(family.context(block, {"it": conv}), 0), drawn(family.conv(conv, block), 0)
        told = context(torch.randn(2, 4, 5, 5, dtype=torch.float64))["it"]
        kernels = generate(told, layer.fc2.weight, layer.shape)
        assert not torch.allclose(*kernels)


# a grouped fully-connected layer is a block-diagonal dense one (values and the weight's gradient: test_grouped_fc.py)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**16))
def test_a_grouped_layer_equals_a_block_diagonal_linear_one(groups, inp, oup, batch, seed):
    layer = drawn(GroupedLinear(groups * inp, groups * oup, groups), seed)
    x = torch.randn(batch, groups * inp, dtype=torch.float64, requires_grad=True)
    # nn.Linear's weight is (outputs, inputs)
    weight = torch.block_diag(*(block.T for block in layer.weight))
    assert_alike(layer(x), F.linear(x, weight), [x, layer.weight])


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(1, 5))
def test_a_grouped_layer_costs_the_blocks_alone(groups, inp, oup):
    layer = GroupedLinear(groups * inp, groups * oup, groups)
    nn.init.normal_(layer.weight)
    ones = torch.block_diag(*torch.ones(groups, inp, oup))
    inside = int(ones.sum())
    assert numbers(layer) == inside
    assert inside * groups == ones.numel()
    cost = linear_cost(groups * inp, groups * oup, groups=groups, bias=False)
    assert cost == Cost(inside, inside, groups * oup)
    counted = FlopCountAnalysis(layer, torch.randn(1, groups * inp)).unsupported_ops_warnings(False).total()
    assert counted == inside


@pytest.mark.parametrize(("M", "G"), [(1, 1), (2, 1), (4, 2), (Fraction(3, 8), Fraction(1, 8))])
def test_fc2_is_block_diagonal_over_the_output_filters(M, G):
    """With G >= 1 a filter's weights move with its own M activations alone; with one group, with all of them."""
    conv = Conv(4, 8, 1, 1, 5, relu=False)
    layer = drawn(WeightNet(Fraction(M), Fraction(G)).conv(conv, block_of(conv)), 0)
    activations = torch.rand(1, int(M * 8), dtype=torch.float64)
    moved = torch.autograd.functional.jacobian(layer.fc2, activations)[0, :, 0]
    per_filter = moved.view(8, 4, -1).ne(0).any(1)
    own = torch.block_diag(*[torch.ones(1, int(M))] * 8).bool() if G >= 1 else torch.ones(8, int(M * 8)).bool()
    assert torch.equal(per_filter, own)
