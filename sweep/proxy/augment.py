"""Augmentation of many images at once: what is random is drawn for a whole epoch, and applied to a stretch of it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from sweep.space.schema import Augment

#: Width over height of a random resized crop lies between these (Szegedy et al. 2015, arXiv 1409.4842).
RATIO = (3 / 4, 4 / 3)
#: A crop of an image that is no square is drawn so many times, until it lies within the image (as in torchvision).
TRIES = 10
#: Shares of red, green and blue in grey (ITU-R BT.601).
GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Drawn:
    """What is random about the augmentation of n images, by name; each with n as its first dimension."""

    values: dict[str, Tensor]

    def to(self, device: torch.device) -> "Drawn":
        """The same on a device."""
        return Drawn({name: value.to(device) for name, value in self.values.items()})

    def __getitem__(self, stretch: slice) -> "Drawn":
        return Drawn({name: value[stretch] for name, value in self.values.items()})


def draw(how: Augment, count: int, size: int, generator: torch.Generator, aspects: Tensor | None = None) -> Drawn:
    """Draw the augmentation of `count` images of `size` pixels a side; what `how` leaves out draws nothing.

    `aspects` (count,) are widths over heights of images that were squeezed into a square.
    """
    values: dict[str, Tensor] = {}
    if how.resized_crop is not None and aspects is not None:
        values["window"] = _windows(how.resized_crop, aspects, generator)
    elif how.resized_crop is not None:
        low, high = how.resized_crop
        area, ratio, down, right = torch.rand(4, count, generator=generator)
        area = low + (high - low) * area
        ratio = RATIO[0] * (RATIO[1] / RATIO[0]) ** ratio
        height, width = (area / ratio).sqrt().clamp(max=1), (area * ratio).sqrt().clamp(max=1)
        values["window"] = torch.stack((down * (1 - height), right * (1 - width), height, width), 1)
    if how.color_jitter:
        factors = torch.rand(count, 3, generator=generator)
        values["jitter"] = 1 + how.color_jitter * (2 * factors - 1)
    for name, reach in (("crop", how.crop), ("shift", how.shift)):
        if reach:
            values[name] = torch.randint(0, 2 * reach + 1, (2, count), generator=generator).T
    if how.flip:
        values["flip"] = torch.rand(count, generator=generator) < 0.5
    if how.cutout:
        values["cutout"] = torch.randint(0, size, (2, count), generator=generator).T
    return Drawn(values)


def _windows(shares: tuple[float, float], aspects: Tensor, generator: torch.Generator) -> Tensor:
    """Windows (n, 4) on images of any aspect, as torchvision's RandomResizedCrop draws them; in shares of the sides.

    Of the draws whose window is wider or higher than the image none counts; where no draw is left it is the middle,
    as large as the ratio allows.
    """
    area, ratio = torch.rand(2, TRIES, len(aspects), generator=generator)
    down, right = torch.rand(2, len(aspects), generator=generator)
    area = shares[0] + (shares[1] - shares[0]) * area
    ratio = RATIO[0] * (RATIO[1] / RATIO[0]) ** ratio
    height, width = (area * aspects / ratio).sqrt(), (area * ratio / aspects).sqrt()
    within = (height <= 1) & (width <= 1)
    first = within.int().argmax(0, keepdim=True)
    height, width, has_window = height.gather(0, first)[0], width.gather(0, first)[0], within.any(0)
    height = torch.where(has_window, height, (aspects / RATIO[0]).clamp(max=1))
    width = torch.where(has_window, width, (RATIO[1] / aspects).clamp(max=1))
    down, right = torch.where(has_window, down, 0.5), torch.where(has_window, right, 0.5)
    return torch.stack((down * (1 - height), right * (1 - width), height, width), 1)


def color(pixels: Tensor, how: Augment, drawn: Drawn, white: float, size: int | None = None) -> Tensor:
    """What is done to pixels as they are, from 0 to `white`: resized crop, then brightness, contrast and saturation.

    A crop takes a random share of the area, at a random ratio, and is brought to `size` pixels a side, or back to the
    images' own (bilinear). Jitter scales
    brightness, contrast (about the mean grey) and saturation (about each pixel's grey), in that order.

    Shapes: (B, C, H, W) -> (B, C, size, size), float.
    """
    if how.resized_crop is not None:
        down, right, height, width = drawn.values["window"].T
        middle = torch.zeros(len(pixels), 2, 3, device=pixels.device)
        middle[:, 0, 0], middle[:, 0, 2] = width, 2 * right + width - 1
        middle[:, 1, 1], middle[:, 1, 2] = height, 2 * down + height - 1
        shape = [*pixels.shape[:2], *(pixels.shape[2:] if size is None else (size, size))]
        grid = F.affine_grid(middle, shape, align_corners=False)
        pixels = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    if how.color_jitter:
        brightness, contrast, saturation = drawn.values["jitter"].T[:, :, None, None, None]
        pixels = (pixels * brightness).clamp(0, white)
        grey = _grey(pixels).mean((2, 3), keepdim=True)
        pixels = (grey + (pixels - grey) * contrast).clamp(0, white)
        grey = _grey(pixels)
        pixels = (grey + (pixels - grey) * saturation).clamp(0, white)
    return pixels


def move(x: Tensor, how: Augment, drawn: Drawn) -> Tensor:
    """What is done to normalised images: crop, shift, flip, cutout. Zero is the mean.

    A crop shifts by up to so many pixels each way, and what moves in is mirrored at the edge; a shift moves zeros in.
    A flip mirrors half of the images. Cutout sets a square of so many pixels a side to zero, whose middle is
    anywhere in the image (DeVries and Taylor 2017, arXiv 1708.04552).

    Shapes: (B, C, H, W) -> (B, C, H, W).
    """
    if how.crop:
        x = _shifted(F.pad(x, (how.crop,) * 4, mode="reflect"), drawn.values["crop"], x.shape[2:])
    if how.shift:
        x = _shifted(F.pad(x, (how.shift,) * 4), drawn.values["shift"], x.shape[2:])
    if how.flip:
        x = torch.where(drawn.values["flip"][:, None, None, None], x.flip(3), x)
    if how.cutout:
        # of an even side the middle is the pixel below and to the right of it
        first = drawn.values["cutout"] - how.cutout // 2
        away = [
            (at := torch.arange(side, device=x.device) - first[:, i, None]).lt(0) | at.ge(how.cutout)
            for i, side in _sides(x)
        ]
        x = x * (away[0][:, None, :, None] | away[1][:, None, None, :])
    return x


def _sides(x: Tensor) -> list[tuple[int, int]]:
    return [(0, x.shape[2]), (1, x.shape[3])]


def _grey(pixels: Tensor) -> Tensor:
    if pixels.shape[1] != 3:
        return pixels.mean(1, keepdim=True)
    # a number a colour, each made where the pixels are: a tensor of them would be copied there for every batch
    shares = [torch.full((1, 1), share, device=pixels.device) for share in GREY]
    return (pixels * torch.stack(shares)).sum(1, keepdim=True)


def _shifted(padded: Tensor, offsets: Tensor, shape: torch.Size) -> Tensor:
    """The window of `shape` at each image's own offset (rows, columns)."""
    rows, columns = (offsets[:, i, None] + torch.arange(side, device=padded.device) for i, side in enumerate(shape))
    at = torch.arange(len(padded), device=padded.device)[:, None, None]
    return padded[at, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
