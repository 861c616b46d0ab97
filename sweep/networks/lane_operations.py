"""Convolutions and norms of several networks of one shape at once ("lanes"); no lane sees another.

Activations are (L, C, B, H, W): L lanes, C channels, B images. A 1x1 convolution is a product a lane; a depthwise one
has L x C x B groups, whose kernels may differ by image; a batch norm over L x C channels is L batch norms.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

#: Terms of a sum over pixels that are added up at a time, in the gradient of a 1x1 convolution's weights: GPUs are slow
#: with products whose inner dimension is long. On an H100 a static step took 14 % less with sums in parts of 512 terms.
TERMS = 512


def norm(
    x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, training: bool, momentum: float, eps: float
) -> Tensor:
    """Batch norm of each lane over its images and pixels: x (L, C, ...), the rest (L, C); moves mean and variance."""
    flat = x.reshape(1, x.shape[0] * x.shape[1], -1)
    statistics = mean.view(-1), variance.view(-1), weight.reshape(-1), bias.reshape(-1)
    return F.batch_norm(flat, *statistics, training, momentum, eps).view(x.shape)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(L, B, I), weight (L, O, I), bias (L, O) -> (L, B, O)."""
    y = products(x, weight.transpose(1, 2), len(x))
    return y if bias is None else y + bias.unsqueeze(1)


def products(a: Tensor, b: Tensor, lanes: int) -> Tensor:
    """A batched matrix product, whose batch holds so many lanes: (L * n, i, k), (L * n, k, j) -> (L * n, i, j)."""
    if a.device.type != "cpu":
        return torch.bmm(a, b)
    y: Tensor = _Products.apply(a, b, lanes)  # type: ignore[no-untyped-call]
    return y


class _Products(torch.autograd.Function):
    """A batched product on a CPU, whose gradients are products of the same kind."""

    @staticmethod
    def forward(context: Any, a: Tensor, b: Tensor, lanes: int) -> Tensor:
        context.save_for_backward(a, b)
        context.lanes = lanes
        return _product(a, b, lanes)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (a, b), (gradient,), lanes = context.saved_tensors, gradients, context.lanes
        of_a = _product(gradient, b.transpose(1, 2), lanes) if context.needs_input_grad[0] else None
        of_b = _product(a.transpose(1, 2), gradient, lanes) if context.needs_input_grad[1] else None
        return of_a, of_b, None


def _product(a: Tensor, b: Tensor, lanes: int) -> Tensor:
    """The product itself; on a CPU its sums depend on how numbers lie in memory, so all lanes must lie alike."""
    if a.device.type != "cpu":
        return torch.bmm(a, b)
    of_a_lane = len(a) // lanes * a.shape[1] * b.shape[2] * a.element_size()
    if _alike(a, lanes) and _alike(b, lanes) and of_a_lane % 64 == 0:
        return torch.bmm(a, b)
    pairs = zip(a.chunk(lanes), b.chunk(lanes), strict=True)
    return torch.cat([torch.bmm(_moved(first), _moved(second)) for first, second in pairs])


def _alike(x: Tensor, lanes: int) -> bool:
    """Whether the first numbers of all lanes are equally far from a multiple of 64 bytes."""
    return lanes == 1 or x.stride(0) * (len(x) // lanes) * x.element_size() % 64 == 0


def _moved(x: Tensor) -> Tensor:
    """The same numbers in memory of their own, which begins at a multiple of 64 bytes."""
    return torch.empty_like(x).copy_(x)


def pooled(x: Tensor) -> Tensor:
    """Mean over pixels: (L, C, B, H, W) -> (L, B, C)."""
    return x.mean((3, 4)).transpose(1, 2)


def sigmoid(x: Tensor) -> Tensor:
    """Sigmoid of (L, ...); on a CPU a lane at a time.

    There the last few numbers of a tensor are computed by another function than the rest, and would depend on which
    lane is the last.
    """
    if x.device.type != "cpu":
        return torch.sigmoid(x)
    return torch.stack([torch.sigmoid(lane) for lane in x.unbind(0)])


class _Product(torch.autograd.Function):
    """w (L, O, C) times x (L, C, N) -> (L, O, N), whose weights' gradient is summed in parts of about TERMS terms."""

    @staticmethod
    def forward(context: Any, x: Tensor, w: Tensor, parts: int) -> Tensor:
        context.save_for_backward(x, w)
        context.parts = parts
        return _product(w, x, len(x))

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None]:
        x, w = context.saved_tensors
        (gradient,) = gradients
        lanes, channels, count = x.shape
        parts, outputs = context.parts, w.shape[1]
        shape = parts, count // parts
        xs = x.unflatten(2, shape).transpose(1, 2).reshape(lanes * parts, channels, -1)
        gs = gradient.unflatten(2, shape).transpose(1, 2).reshape(lanes * parts, outputs, -1)
        of_w = _product(gs, xs.transpose(1, 2), lanes).view(lanes, parts, outputs, channels).sum(1)
        return _product(w.transpose(1, 2), gradient, lanes) if context.needs_input_grad[0] else None, of_w, None


def _parts(terms: int, images: int) -> int:
    """Into how many parts a sum is split: whole images each; by sizes alone, and not by the number of lanes."""
    fits = (parts for parts in range(images, 1, -1) if images % parts == 0 and terms // parts >= TERMS)
    return next(fits, 1)


def pixelwise(x: Tensor, weight: Tensor) -> Tensor:
    """A 1x1 convolution, or patches times kernels: x (L, C, B, H, W), weight (L, O, C) -> (L, O, B, H, W)."""
    lanes, channels, images, height, width = x.shape
    count = images * height * width
    y: Tensor = _Product.apply(x.reshape(lanes, channels, count), weight, _parts(count, images))  # type: ignore[no-untyped-call]
    return y.view(lanes, -1, images, height, width)


def patches(x: Tensor, k: int, stride: int, dilation: int = 1, fill: float = 0.0) -> Tensor:
    """What each output pixel of a padded k x k convolution sees: (..., H, W) -> (k * k, ..., H', W').

    As slices of the padded images: PyTorch's unfold starts a kernel for each image on a GPU.
    """
    reach = dilation * (k // 2)
    padded = F.pad(x, (reach,) * 4, value=fill)
    height, width = ((side + 2 * reach - dilation * (k - 1) - 1) // stride + 1 for side in x.shape[-2:])
    down, right = stride * (height - 1) + 1, stride * (width - 1) + 1
    firsts = [(dilation * i, dilation * j) for i in range(k) for j in range(k)]
    return torch.stack([padded[..., i : i + down : stride, j : j + right : stride] for i, j in firsts])


def max_pooled(x: Tensor) -> Tensor:
    """A 3 x 3 max pool of stride 2, padded by 1, whose gradient repeats to the bit on a GPU as well."""
    return patches(x, 3, 2, fill=float("-inf")).amax(0)


def depthwise(x: Tensor, kernels: Tensor, stride: int, dilation: int = 1) -> Tensor:
    """A kernel for each channel, or for each channel and image.

    Shapes: x (L, C, B, H, W), kernels (L, C, B, k, k) or (L, C, 1, k, k) -> (L, C, B, H', W').
    """
    lanes, channels, images, height, width = x.shape
    k, groups = kernels.shape[-1], lanes * channels * images
    each = kernels.expand(lanes, channels, images, k, k).reshape(groups, 1, k, k)
    flat = x.reshape(1, groups, height, width)
    y = F.conv2d(flat, each, stride=stride, padding=dilation * (k // 2), dilation=dilation, groups=groups)
    return y.view(lanes, channels, images, *y.shape[2:])


def dense(x: Tensor, weight: Tensor, stride: int, dilation: int = 1) -> Tensor:
    """A convolution of all channels: x (L, C, B, H, W), weight (L, O, C, k, k) -> (L, O, B, H', W')."""
    k = weight.shape[-1]
    if k == 1:
        return pixelwise(x[..., ::stride, ::stride] if stride > 1 else x, weight.flatten(2))
    seen = patches(x, k, stride, dilation).movedim(0, 2).flatten(1, 2)
    return pixelwise(seen, weight.flatten(2))


def dense_each(x: Tensor, kernels: Tensor, stride: int) -> Tensor:
    """The same with a kernel for each image: x (L, C, B, H, W), kernels (L, B, O, C, k, k) -> (L, O, B, H', W')."""
    lanes, images, outputs, channels, k, _ = kernels.shape
    by_image = x.transpose(1, 2)
    if k == 1:
        seen = by_image[..., ::stride, ::stride] if stride > 1 else by_image
    else:
        seen = patches(by_image, k, stride).movedim(0, 3).flatten(2, 3)
    height, width = seen.shape[-2:]
    columns = seen.reshape(lanes * images, channels * k * k, height * width)
    y = products(kernels.reshape(lanes * images, outputs, -1), columns, lanes)
    return y.view(lanes, images, outputs, height, width).transpose(1, 2)
