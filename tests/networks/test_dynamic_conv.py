"""Generated convolutions against a plain loop over samples, in values and gradients."""

import sys
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.networks.dynamic_conv import (
    Shape,
    choose,
    folded,
    generated_conv,
    multiplies,
    pieces,
    product,
    scaled,
    scales,
)
from sweep.networks.table import Block, Conv
from sweep.networks.weightnet import WeightNet

BATCH = 8


def loop(x, kernels, stride, groups):
    """One convolution a sample, one after the other."""
    return torch.cat(
        [
            F.conv2d(sample[None], kernel, stride=stride, padding=kernel.shape[-1] // 2, groups=groups)
            for sample, kernel in zip(x, kernels, strict=True)
        ]
    )


def mixed(activations, weight, kernel):
    """The kernels by loops: group after group of the fully-connected layer, each a mix of its own activations."""
    groups, lam, _ = weight.shape
    return torch.stack(
        [
            torch.cat([sum(a[g * lam + i] * weight[g, i] for i in range(lam)) for g in range(groups)]).view(kernel)
            for a in activations
        ]
    )


@st.composite
def cells(draw):
    """A convolution, its number of groups and lambda: M and G whole or fractions, dense and depthwise."""
    k, stride = draw(st.sampled_from([1, 3, 5])), draw(st.integers(1, 3))
    inp, depthwise = draw(st.integers(1, 8)), draw(st.booleans())
    oup = inp if depthwise else draw(st.integers(1, 8))
    conv = Shape(inp, oup, k, stride, inp if depthwise else 1)
    weights = torch.Size(conv.kernel).numel()
    # any number of groups that divides the weights; often a few for each output channel
    groups = draw(st.sampled_from([g for g in range(1, weights + 1) if weights % g == 0] + [oup] * weights))
    return conv, groups, draw(st.sampled_from([1, 1, 2, 3, 8]))


def ways(x, weight, conv):
    """Every formulation that is one of this convolution."""
    found = [folded, pieces]
    return found + [product] * multiplies(conv) + [scaled] * scales(weight, conv)


@settings(max_examples=120, deadline=None)
@given(
    cell=cells(),
    batch=st.integers(1, 5),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    layout=st.sampled_from([torch.contiguous_format, torch.channels_last]),
    seed=st.integers(0, 2**16),
)
def test_every_formulation_equals_a_loop_over_samples(cell, batch, size, layout, seed):
    conv, groups, lam = cell
    torch.manual_seed(seed)
    weights = torch.Size(conv.kernel).numel()
    x = torch.randn(batch, conv.inp, *size, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    activations = torch.randn(batch, groups * lam, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(groups, lam, weights // groups, dtype=torch.float64, requires_grad=True)
    sources = x, activations, weight
    truth = loop(x, mixed(activations, weight, conv.kernel), conv.stride, conv.groups)
    upstream = torch.randn_like(truth)
    wanted = torch.autograd.grad((truth * upstream).sum(), sources)
    for way in [*ways(x, weight, conv), generated_conv]:
        ours = way(*sources, conv)
        torch.testing.assert_close(ours, truth, msg=way.__name__)
        for mine, its in zip(torch.autograd.grad((ours * upstream).sum(), sources), wanted, strict=True):
            torch.testing.assert_close(mine, its)
        with torch.inference_mode():
            torch.testing.assert_close(way(*sources, conv), truth.detach())


def test_pieces_take_as_many_samples_at_a_time_as_fit(monkeypatch):
    """A batch that is cut into pieces, the last of them shorter."""
    monkeypatch.setattr(sys.modules["sweep.networks.dynamic_conv"], "AT_A_TIME", 3 * 4 * 2 * 9)
    torch.manual_seed(0)
    conv = Shape(2, 4, 3, 1, 1)
    x = torch.randn(7, 2, 5, 5, dtype=torch.float64)
    activations = torch.randn(7, 8, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 2, 18, dtype=torch.float64, requires_grad=True)
    truth, ours = folded(x, activations, weight, conv), pieces(x, activations, weight, conv)
    torch.testing.assert_close(ours, truth)
    for mine, its in zip(
        torch.autograd.grad(ours.square().sum(), (activations, weight)),
        torch.autograd.grad(truth.square().sum(), (activations, weight)),
        strict=True,
    ):
        torch.testing.assert_close(mine, its)


def test_the_choice_is_by_shape_alone_and_counts_in_the_papers_form():
    """Values change nothing, and what is traced or has no values is the paper's convolution."""
    conv = Shape(64, 64, 3, 1, 1)
    weight = torch.empty(64, 1, 64 * 9)
    assert choose(torch.zeros(2, 64, 8, 8), weight, conv) == choose(torch.randn(2, 64, 8, 8), weight + 1, conv)
    assert choose(torch.empty(2, 64, 8, 8, device="meta"), weight, conv) == "folded"


@pytest.mark.parametrize(("batch", "way"), [(64, "product"), (128, "pieces")])
def test_kernels_of_a_gigabyte_are_not_held_at_once(batch, way):
    """ResNet-18's last convolutions have 2.4 million weights."""
    x, weight = torch.empty(1).expand(batch, 512, 7, 7), torch.empty(1).expand(512, 2, 512 * 9)
    assert choose(x, weight, Shape(512, 512, 3, 1, 1)) == way


def test_pieces_hold_no_kernel_until_the_backward_pass():
    conv, held = Shape(8, 8, 3, 1, 1), []
    x, activations = torch.randn(16, 8, 4, 4), torch.rand(16, 16, requires_grad=True)
    weight = torch.randn(8, 2, 72, requires_grad=True)

    def largest(way):
        held.clear()
        with torch.autograd.graph.saved_tensors_hooks(
            lambda kept: held.append(kept.numel()) or kept, lambda kept: kept
        ):
            way(x, activations, weight, conv)
        return max(held, default=0)

    assert largest(folded) >= 16 * 8 * 72
    assert largest(pieces) < 16 * 8 * 72


@settings(max_examples=60, deadline=None)
@given(
    g=st.integers(1, 4),
    lam=st.integers(1, 5),
    oup=st.integers(1, 6),
    per_g=st.integers(1, 4),
    k=st.sampled_from([1, 3]),
    stride=st.integers(1, 2),
    size=st.integers(1, 7),
    depthwise=st.booleans(),
    channels=st.integers(1, 40),
    seed=st.integers(0, 2**16),
)
def test_weightnet_layer_equals_its_formula_by_loops(g, lam, oup, per_g, k, stride, size, depthwise, channels, seed):
    """Output filter o is driven by its own M activations, as G slices of inp k k / G weights, each a mix of lambda."""
    torch.manual_seed(seed)
    inp = oup if depthwise else g * per_g  # so that G divides inp k k
    conv = Conv(inp, oup, k, stride, size, relu=False, depthwise=depthwise)
    family, block = WeightNet(Fraction(g * lam), Fraction(g)), Block("shuffle", 1, channels, 1, (conv,))
    # another convolution of the block comes before, and has activations of its own
    told_of, layer = family.context(block, {"other": conv, "this": conv}).double(), family.conv(conv, block).double()
    for parameter in (*told_of.parameters(), *layer.parameters()):
        torch.nn.init.normal_(parameter)
    x = torch.randn(BATCH, inp, size, size, dtype=torch.float64, requires_grad=True)
    seen = torch.randn(BATCH, channels, 3, 2, dtype=torch.float64, requires_grad=True)

    slices = 1 if depthwise else g
    outputs = []
    own = slice(oup * slices * lam, 2 * oup * slices * lam)
    for sample, image in zip(x, seen, strict=True):
        reduced = told_of.reduce.weight @ image.sum((1, 2)) / 6 + told_of.reduce.bias
        assert len(reduced) == max(16, channels // 16)
        alpha = torch.sigmoid(told_of.fc1.weight[own] @ reduced + told_of.fc1.bias[own])
        rows = []
        for group in range(oup * slices):
            mixed = sum(alpha[group * lam + part] * layer.fc2.weight[group, part] for part in range(lam))
            rows.append(mixed)
        kernel = torch.cat(rows).view(oup, inp // conv.groups, k, k)
        outputs.append(F.conv2d(sample[None], kernel, stride=stride, padding=k // 2, groups=conv.groups))
    truth, ours = torch.cat(outputs), layer(x, told_of(seen)["this"])
    torch.testing.assert_close(ours, truth)
    assert ours.shape[2] == conv.size_out
    weights = torch.randn_like(truth)
    sources = [x, seen, *told_of.parameters(), *layer.parameters()]
    for mine, wanted in zip(
        torch.autograd.grad((ours * weights).sum(), sources),
        torch.autograd.grad((truth * weights).sum(), sources),
        strict=True,
    ):
        torch.testing.assert_close(mine, wanted)


@pytest.mark.parametrize("way", [folded, product, scaled, pieces])
def test_samples_do_not_leak_into_one_another(way):
    torch.manual_seed(0)
    conv = Shape(3, 2, 1 if way is product else 3, 1, 1)
    x, activations = torch.randn(4, 3, 5, 5), torch.randn(4, 2)
    weight = torch.randn(2, 1, torch.Size(conv.kernel).numel() // 2)
    before = way(x, activations, weight, conv)
    x[2] += 1
    changed = (before != way(x, activations, weight, conv)).flatten(1).any(1)
    assert changed.tolist() == [False, False, True, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("way", [folded, product, scaled, pieces])
def test_lower_precision_stays_close(way, dtype):
    torch.manual_seed(0)
    conv = Shape(6, 5, 1 if way is product else 3, 1, 1)
    weights = torch.Size(conv.kernel).numel()
    sources = torch.randn(4, 6, 8, 8), torch.randn(4, 5), torch.randn(5, 1, weights // 5)
    exact = [source.double().requires_grad_() for source in sources]
    truth = loop(exact[0], mixed(exact[1], exact[2], conv.kernel), 1, 1)
    low = [source.to(dtype).requires_grad_() for source in sources]
    ours = way(*low, conv)
    assert ours.dtype == dtype
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 5e-2}[dtype]
    found = [ours, *torch.autograd.grad(ours.float().square().sum(), low)]
    for mine, its in zip(found, [truth, *torch.autograd.grad(truth.square().sum(), exact)], strict=True):
        torch.testing.assert_close(mine.double(), its, rtol=tolerance, atol=tolerance * float(its.detach().abs().max()))
