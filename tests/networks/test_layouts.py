"""Layouts: the same numbers whichever way images lie in memory, and a network that keeps to one of them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from sweep.networks import build, drawn
from sweep.networks.layouts import channels_last, pooled
from sweep.networks.network import alternate
from sweep.space import Point

USUAL, LAST = torch.contiguous_format, torch.channels_last
IMAGES = dict(batch=st.integers(1, 4), half=st.integers(1, 5), height=st.integers(1, 6), width=st.integers(1, 6))


def image(batch, channels, height, width, layout):
    x = torch.randn(batch, channels, height, width, dtype=torch.float64)
    return x.clone(memory_format=layout).requires_grad_()


def gradient(made, x):
    """The gradient of a weighted sum of what was made, and the weights."""
    weights = [torch.randn_like(one) for one in made]
    (found,) = torch.autograd.grad(sum((one * w).sum() for one, w in zip(made, weights, strict=True)), x)
    return found, weights


@pytest.mark.parametrize("layout", [USUAL, LAST])
@settings(max_examples=30, deadline=None)
@given(**IMAGES)
def test_a_shuffle_parts_even_and_odd_channels(layout, batch, half, height, width):
    x = image(batch, 2 * half, height, width, layout)
    even, odd = alternate(x)
    found, weights = gradient((even, odd), x)
    for channel in range(2 * half):
        part, at = (even, odd)[channel % 2], channel // 2
        assert torch.equal(part[:, at], x[:, channel])
        assert torch.equal(found[:, channel], weights[channel % 2][:, at])
    assert found.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("layout", [USUAL, LAST])
@pytest.mark.parametrize("every", [1, 2])
@settings(max_examples=30, deadline=None)
@given(**IMAGES)
def test_a_pool_is_the_mean_over_pixels(layout, every, batch, half, height, width):
    x = image(batch, 2 * half, height, width, layout)
    made = pooled(x[:, ::every])
    assert made.shape == (batch, 2 * half // every)
    found, (weights,) = gradient((made,), x)
    for sample in range(batch):
        for at in range(made.shape[1]):
            torch.testing.assert_close(made[sample, at], sum(x[sample, at * every].flatten()) / (height * width))
            given_back = weights[sample, at].expand(height, width) / (height * width)
            torch.testing.assert_close(found[sample, at * every], given_back)


POINTS = [
    dict(family="static"),
    dict(family="se"),
    dict(family="sk"),
    dict(family="condconv", experts=2),
    dict(family="weightnet", M=1, G=1),
    dict(family="weightnet", M=2, G=2),
    dict(family="weightnet", M=4, G=1),
]


def name(given):
    return "-".join(map(str, given.values()))


def small(given):
    return Point(width=0.25, stem_channels=8, last_channels=16, repeats=(1, 2), image_size=8, **given).resolved(8)


@pytest.mark.parametrize("given", POINTS, ids=name)
def test_a_network_answers_and_learns_the_same_in_both_layouts(given):
    point, x, found = small(given), torch.randn(5, 3, 8, 8, dtype=torch.float64), []
    for layout in (USUAL, LAST):
        network = drawn(point, 3, 7, 0).double().to(memory_format=layout)
        made = network(x.contiguous(memory_format=layout))
        torch.manual_seed(0)
        made.backward(torch.randn(5, 7, dtype=torch.float64))
        found.append([made.detach(), *(parameter.grad for parameter in network.parameters())])
    for mine, its in zip(*found, strict=True):
        torch.testing.assert_close(mine, its)


class _Convolved(TorchDispatchMode):
    """Notes how what is convolved, normed and joined lies."""

    def __init__(self):
        super().__init__()
        self.last = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        looked_at = torch.ops.aten.convolution.default, torch.ops.aten.native_batch_norm.default
        if function in looked_at and args[0].shape[2] > 1:
            self.last.append(channels_last(args[0]))
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "given", [POINTS[i] for i in (0, 1, 4, 5)], ids=lambda given: "-".join(map(str, given.values()))
)
def test_channels_that_lie_last_stay_last_from_end_to_end(given):
    network = build(small(given), 3, 7).to(memory_format=LAST)
    with _Convolved() as noted:
        network(torch.randn(2, 3, 8, 8).contiguous(memory_format=LAST))
    assert len(noted.last) > 15
    assert all(noted.last)
