"""Augmentation against a loop over images."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.proxy.augment import augment
from sweep.space.schema import Augment


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
