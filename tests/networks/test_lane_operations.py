"""Operations of lanes, each against PyTorch's own of one lane, or a sum that is written out."""

import sys

import pytest
import torch
import torch.nn.functional as F

from sweep.networks import lane_operations as ops


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(len(shape)))


def agree(got, wanted, *inputs):
    """Values and gradients."""
    torch.testing.assert_close(got, wanted)
    upstream = numbers(*wanted.shape)
    for one, two in zip(*(torch.autograd.grad((y * upstream).sum(), inputs) for y in (got, wanted)), strict=True):
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize(("k", "stride", "dilation", "size"), [(3, 1, 1, 7), (3, 2, 1, 8), (5, 2, 2, 9), (3, 2, 2, 5)])
def test_patches_are_those_of_unfold(k, stride, dilation, size):
    x = numbers(4, 3, size, size + 1)
    wanted = F.unfold(x, k, dilation=dilation, padding=dilation * (k // 2), stride=stride)
    assert torch.equal(ops.patches(x, k, stride, dilation).movedim(0, 2).flatten(3).flatten(1, 2), wanted)


@pytest.mark.parametrize("size", [4, 7, 8])
def test_a_max_pool_is_pytorchs(size):
    x = numbers(2, 3, 4, size, size).requires_grad_()
    agree(ops.max_pooled(x), F.max_pool2d(x.flatten(0, 2), 3, 2, 1).unflatten(0, (2, 3, 4)), x)


@pytest.mark.parametrize("terms", [1, 8, 10**6])
@pytest.mark.parametrize("images", [1, 6, 7])
def test_a_sum_in_parts_is_the_sum(terms, images, monkeypatch):
    monkeypatch.setattr(sys.modules["sweep.networks.lane_operations"], "TERMS", terms)
    x, w = numbers(2, 3, images, 5, 4).requires_grad_(), numbers(2, 4, 3).requires_grad_()
    agree(ops.pixelwise(x, w), torch.einsum("loc,lcbhw->lobhw", w, x), x, w)


@pytest.mark.parametrize(("k", "stride", "dilation"), [(1, 2, 1), (3, 1, 1), (3, 2, 2), (7, 2, 1)])
def test_a_dense_convolution_is_that_of_each_lane(k, stride, dilation):
    x, w = numbers(2, 3, 5, 8, 8).requires_grad_(), numbers(2, 4, 3, k, k).requires_grad_()
    alone = [
        F.conv2d(x[lane].transpose(0, 1), w[lane], stride=stride, padding=dilation * (k // 2), dilation=dilation)
        for lane in range(2)
    ]
    agree(ops.dense(x, w, stride, dilation), torch.stack(alone).transpose(1, 2), x, w)


@pytest.mark.parametrize("each", [True, False])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (2, 2)])
def test_a_depthwise_convolution_is_that_of_each_lane_and_image(stride, dilation, each):
    x, w = numbers(2, 3, 5, 7, 7).requires_grad_(), numbers(2, 3, 5 if each else 1, 3, 3).requires_grad_()
    alone = [
        F.conv2d(
            x[lane, None, :, image],
            w[lane, :, image if each else 0, None],
            stride=stride,
            padding=dilation,
            dilation=dilation,
            groups=3,
        )[0]
        for lane in range(2)
        for image in range(5)
    ]
    agree(ops.depthwise(x, w, stride, dilation), torch.stack(alone).unflatten(0, (2, 5)).transpose(1, 2), x, w)
