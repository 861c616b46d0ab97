"""Augmentation against a loop over images."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sweep.proxy.augment import GREY, Drawn, color, draw, move
from sweep.space.schema import Augment


def augment(x, how, generator):
    return move(x, how, draw(how, len(x), x.shape[3], generator))


def shifted(image, down, right):
    """The image moved, zeros moving in."""
    channels, height, width = image.shape
    moved = torch.zeros_like(image)
    for c in range(channels):
        for row in range(height):
            for column in range(width):
                if 0 <= row + down < height and 0 <= column + right < width:
                    moved[c, row, column] = image[c, row + down, column + right]
    return moved


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 6), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.booleans(),
    st.integers(0, 99),
)  # fmt: skip
def test_every_image_is_some_shift_and_mirror_of_itself(batch, channels, height, width, shift, flip, seed):
    torch.manual_seed(seed)
    x = torch.randn(batch, channels, height, width)
    result = augment(x, Augment(shift=shift, flip=flip), torch.Generator().manual_seed(seed))
    assert result.shape == x.shape
    for before, after in zip(x, result, strict=True):
        candidates = [
            candidate
            for down in range(-shift, shift + 1)
            for right in range(-shift, shift + 1)
            for candidate in (shifted(before, down, right), shifted(before, down, right).flip(2))[: 1 + flip]
        ]
        assert any(torch.equal(after, candidate) for candidate in candidates)


def test_all_shifts_and_mirrors_occur_evenly():
    x = torch.zeros(9000, 1, 3, 3)
    x[:, 0, 1, 1] = 1
    result = augment(x, Augment(shift=1), torch.Generator().manual_seed(0))
    assert (result.sum(0)[0] / 1000 - 1).abs().max() < 0.1
    x[:, 0, 1, 0], x[:, 0, 1, 1] = 1, 0
    mirrored = augment(x, Augment(flip=True), torch.Generator().manual_seed(0))[:, 0, 1, 2].mean()
    assert abs(float(mirrored) - 0.5) < 0.03


@settings(max_examples=25, deadline=None)
@given(batch=st.integers(1, 6), size=st.integers(4, 9), reach=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_crop_is_a_window_of_the_mirrored_image(batch, size, reach, seed):
    x = torch.randn(batch, 2, size, size, generator=torch.Generator().manual_seed(seed))
    result = augment(x, Augment(crop=reach), torch.Generator().manual_seed(seed))

    def mirrored(at):
        at = abs(at)
        return 2 * (size - 1) - at if at >= size else at

    offsets = range(-reach, reach + 1)
    for before, after in zip(x, result, strict=True):
        windows = [
            before[:, [mirrored(row + down) for row in range(size)]][:, :, [mirrored(c + right) for c in range(size)]]
            for down in offsets
            for right in offsets
        ]
        assert any(torch.equal(after, window) for window in windows)


@settings(max_examples=25, deadline=None)
@given(side=st.integers(1, 8), size=st.integers(1, 7), seed=st.integers(0, 99))
def test_cutout_sets_a_square_to_the_mean(side, size, seed):
    x = torch.ones(20, 2, size, size)
    how = Augment(cutout=side)
    drawn = draw(how, len(x), size, torch.Generator().manual_seed(seed))
    truth = x.clone()
    for image, (row, column) in zip(truth, drawn.values["cutout"].tolist(), strict=True):
        assert 0 <= row < size
        assert 0 <= column < size
        top, left = row - side // 2, column - side // 2
        image[:, max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = 0
    assert torch.equal(move(x, how, drawn), truth)


def test_a_window_of_all_of_the_image_is_the_image():
    x = torch.rand(3, 3, 7, 7) * 255
    window = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).expand(3, 4)
    found = color(x, Augment(resized_crop=(1, 1)), Drawn({"window": window}), 255.0)
    torch.testing.assert_close(found, x, rtol=1e-4, atol=1e-3)


def test_a_window_of_a_quarter_is_that_quarter_enlarged():
    """Against PyTorch's own enlargement of the piece, away from the seams, where it would look over its edge."""
    x = torch.rand(4, 1, 8, 8)
    corners = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)]
    window = torch.tensor([[down, right, 0.5, 0.5] for down, right in corners])
    found = color(x, Augment(resized_crop=(0.25, 0.25)), Drawn({"window": window}), 1.0)
    for image, result, (down, right) in zip(x, found, corners, strict=True):
        piece = image[:, int(8 * down) : int(8 * down) + 4, int(8 * right) : int(8 * right) + 4]
        enlarged = torch.nn.functional.interpolate(piece[None], size=8, mode="bilinear")[0]
        torch.testing.assert_close(result[:, 1:7, 1:7], enlarged[:, 1:7, 1:7])


@given(low=st.floats(0.05, 1), seed=st.integers(0, 99))
def test_windows_lie_inside_and_have_the_area_that_was_asked_for(low, seed):
    drawn = draw(Augment(resized_crop=(low, 1.0)), 200, 8, torch.Generator().manual_seed(seed)).values["window"]
    down, right, height, width = drawn.double().T
    assert (down >= 0).all()
    assert (right >= 0).all()
    assert (down + height <= 1 + 1e-6).all()
    assert (right + width <= 1 + 1e-6).all()
    assert (height * width <= 1 + 1e-6).all()
    # a side that would stick out is cut off
    whole = (height < 1) & (width < 1)
    assert ((height * width)[whole] >= low - 1e-6).all()


@settings(max_examples=25, deadline=None)
@given(channels=st.sampled_from([1, 3]), strength=st.floats(0.05, 1), seed=st.integers(0, 99))
def test_jitter_is_brightness_contrast_and_saturation(channels, strength, seed):
    x = torch.rand(5, channels, 4, 4, generator=torch.Generator().manual_seed(seed)) * 16
    how = Augment(color_jitter=strength)
    drawn = draw(how, len(x), 4, torch.Generator().manual_seed(seed))
    factors = drawn.values["jitter"]
    assert ((factors - 1).abs() <= strength + 1e-6).all()
    shares = GREY if channels == 3 else (1.0,)

    def grey(pixel):
        return sum(share * float(value) for share, value in zip(shares, pixel, strict=True))

    for image, found, (brightness, contrast, saturation) in zip(
        x, color(x, how, drawn, 16.0), factors.tolist(), strict=True
    ):
        bright = (image * brightness).clamp(0, 16)
        middle = sum(grey(bright[:, i, j]) for i in range(4) for j in range(4)) / 16
        sharp = (middle + (bright - middle) * contrast).clamp(0, 16)
        truth = sharp.clone()
        for i in range(4):
            for j in range(4):
                own = grey(sharp[:, i, j])
                truth[:, i, j] = (own + (sharp[:, i, j] - own) * saturation).clamp(0, 16)
        torch.testing.assert_close(found, truth, rtol=1e-4, atol=1e-4)


def test_what_is_drawn_for_an_epoch_is_the_same_stretch_by_stretch():
    how = Augment(resized_crop=(0.3, 1), color_jitter=0.4, crop=1, shift=2, flip=True, cutout=3)
    drawn = draw(how, 50, 8, torch.Generator().manual_seed(1))
    x = torch.rand(50, 3, 8, 8)
    whole = move(color(x, how, drawn, 1.0), how, drawn)
    parts = [move(color(x[at], how, drawn[at], 1.0), how, drawn[at]) for at in (slice(0, 7), slice(7, 50))]
    torch.testing.assert_close(torch.cat(parts), whole)
    assert not torch.equal(whole, x)


def test_a_window_from_large_to_small_is_a_mistake():
    with pytest.raises(ValidationError, match=r"resized_crop goes from 0\.9 down to 0\.2"):
        Augment(resized_crop=(0.9, 0.2))
