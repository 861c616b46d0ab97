"""Generated convolutions against a plain loop over samples, in values and gradients."""

from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.networks.dynamic_conv import dynamic_conv
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


@settings(max_examples=60, deadline=None)
@given(
    inp=st.integers(1, 9),
    oup=st.integers(1, 9),
    k=st.sampled_from([1, 3, 5]),
    stride=st.integers(1, 3),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    depthwise=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_a_loop_over_samples(inp, oup, k, stride, size, depthwise, seed):
    torch.manual_seed(seed)
    groups = inp if depthwise else 1
    oup = inp if depthwise else oup
    x = torch.randn(BATCH, inp, *size, dtype=torch.float64, requires_grad=True)
    kernels = torch.randn(BATCH, oup, inp // groups, k, k, dtype=torch.float64, requires_grad=True)
    ours, truth = dynamic_conv(x, kernels, stride=stride, groups=groups), loop(x, kernels, stride, groups)
    torch.testing.assert_close(ours, truth)
    weights = torch.randn_like(truth)
    for mine, wanted in zip(
        torch.autograd.grad((ours * weights).sum(), (x, kernels)),
        torch.autograd.grad((truth * weights).sum(), (x, kernels)),
        strict=True,
    ):
        torch.testing.assert_close(mine, wanted)


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
    layer = WeightNet(Fraction(g * lam), Fraction(g)).conv(conv, Block("shuffle", 1, channels, 1, (conv,))).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(BATCH, inp, size, size, dtype=torch.float64, requires_grad=True)
    context = torch.randn(BATCH, max(16, channels // 16), dtype=torch.float64, requires_grad=True)

    slices = 1 if depthwise else g
    outputs = []
    for sample, told in zip(x, context, strict=True):
        alpha = torch.sigmoid(layer.fc1.weight @ told + layer.fc1.bias)
        assert len(alpha) == oup * slices * lam
        rows = []
        for group in range(oup * slices):
            mixed = sum(alpha[group * lam + part] * layer.fc2.weight[group, part] for part in range(lam))
            rows.append(mixed)
        kernel = torch.cat(rows).view(oup, inp // conv.groups, k, k)
        outputs.append(F.conv2d(sample[None], kernel, stride=stride, padding=k // 2, groups=conv.groups))
    truth, ours = torch.cat(outputs), layer(x, context)
    torch.testing.assert_close(ours, truth)
    assert ours.shape[2] == conv.size_out
    weights = torch.randn_like(truth)
    sources = [x, context, *layer.parameters()]
    for mine, wanted in zip(
        torch.autograd.grad((ours * weights).sum(), sources),
        torch.autograd.grad((truth * weights).sum(), sources),
        strict=True,
    ):
        torch.testing.assert_close(mine, wanted)


def test_samples_do_not_leak_into_one_another():
    torch.manual_seed(0)
    x, kernels = torch.randn(4, 3, 5, 5), torch.randn(4, 2, 3, 3, 3)
    before = dynamic_conv(x, kernels)
    x[2] += 1
    after = dynamic_conv(x, kernels)
    changed = (before != after).flatten(1).any(1)
    assert changed.tolist() == [False, False, True, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_stays_close(dtype):
    torch.manual_seed(0)
    x, kernels = torch.randn(4, 6, 8, 8), torch.randn(4, 5, 6, 1, 1)
    truth = loop(x.double(), kernels.double(), 1, 1)
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 5e-2}[dtype]
    ours = dynamic_conv(x.to(dtype), kernels.to(dtype)).double()
    torch.testing.assert_close(ours, truth, rtol=tolerance, atol=tolerance * float(truth.abs().max()))
