"""Images of every kind, brought to one shape."""

import contextlib
import io
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_images import drawn
from PIL import Image

from sweep.proxy import DataError
from sweep.proxy.decode import decode


def file(image, kind="PNG"):
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]), st.integers(1, 40), st.integers(1, 40), st.integers(1, 20),
    st.sampled_from([1, 3]),
)  # fmt: skip
def test_any_mode_and_size_gives_the_shape(mode, width, height, size, channels):
    found = decode(file(Image.new(mode, (width, height))), "x", channels, size)
    assert (found.shape, found.dtype) == ((channels, size, size), np.uint8)


def test_an_image_of_the_size_keeps_its_pixels():
    pixels = drawn(1, (9, 9, 3))[0][0]
    assert np.array_equal(decode(file(Image.fromarray(pixels)), "x", 3, 9), pixels.transpose(2, 0, 1))
    assert np.array_equal(decode(file(Image.fromarray(pixels[..., 0])), "x", 1, 9)[0], pixels[..., 0])


def test_grey_is_three_equal_channels_and_transparency_is_dropped():
    pixels = drawn(1, (5, 5, 4))[0][0]
    grey = decode(file(Image.fromarray(pixels[..., 0])), "x", 3, 5)
    assert all(np.array_equal(channel, pixels[..., 0]) for channel in grey)
    assert np.array_equal(decode(file(Image.fromarray(pixels)), "x", 3, 5), pixels[..., :3].transpose(2, 0, 1))


def test_the_middle_square_is_taken():
    pixels = np.zeros((4, 12, 3), np.uint8)
    pixels[:, 4:8] = 200
    assert (decode(file(Image.fromarray(pixels)), "x", 3, 4) == 200).all()
    assert (decode(file(Image.fromarray(pixels.transpose(1, 0, 2).copy())), "x", 3, 2) == 200).all()


def test_a_palette_with_transparency():
    image = Image.new("P", (3, 3), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=b"\x00\x80")
    assert decode(out.getvalue(), "x", 3, 3)[:, 1, 1].tolist() == [10, 20, 30]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_file_cut_short(kind):
    whole = file(Image.fromarray(drawn(1, (30, 30, 3))[0][0]), kind)
    with pytest.raises(DataError, match="x cannot be read"):
        decode(whole[: len(whole) // 2], "x", 3, 8)


def test_what_is_no_image_and_sixteen_bits_are_refused():
    with pytest.raises(DataError, match=r"x cannot be read: no image in a format that is read \(JPEG, PNG, BMP, "):
        decode(b"no image", "x", 3, 8)
    with pytest.raises(DataError, match="x: images of mode I;16 have no eight bits a channel"):
        decode(file(Image.fromarray(np.full((3, 3), 1000, np.uint16))), "x", 3, 8)


def samples():
    """A small image in every format that Pillow writes, and beginnings that only other formats have."""
    Image.init()
    found = {}
    for kind in sorted(Image.SAVE):
        for mode in ("RGB", "L", "P", "1", "F", "CMYK"):
            try:
                found[kind] = file(Image.new(mode, (12, 9), 1), kind)
                break
            except Exception:
                continue
    magic = {"DDS": b"DDS |\0\0\0" + b"\xff" * 120, "BLP": b"BLP2" + b"\xff" * 200, "FITS": b"SIMPLE" + b" " * 200}
    return {**magic, **found}


SAMPLES = samples()
READ = {"JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP", "GIF"}
#: other names of the same formats
ALIKE = {"MPO", "DIB", "PFM"}


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_only_formats_of_the_list_are_read(kind):
    if kind in READ:
        assert decode(SAMPLES[kind], "x", 3, 8).shape == (3, 8, 8)
    elif kind not in ALIKE:
        with pytest.raises(DataError, match="x cannot be read: no image in a format that is read"):
            decode(SAMPLES[kind], "x", 3, 8)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=9))),
)
def test_damage_of_any_kind_is_one_error(kind, length, changes):
    """Bytes cut off and replaced: pixels, or an error of ours, and nothing else escapes."""
    content = bytearray(SAMPLES[kind][: length or None])
    for at, other in changes:
        content[at : at + len(other)] = other
    with contextlib.suppress(DataError):
        assert decode(bytes(content), "x", 3, 8).shape == (3, 8, 8)


def test_postscript_starts_no_interpreter(tmp_path, monkeypatch):
    for name in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    with pytest.raises(DataError):
        decode(SAMPLES["EPS"], "x.png", 3, 8)
    assert not (tmp_path / "started").exists()


def test_whatever_pillow_raises_is_one_error(monkeypatch):
    """Its readers of hostile bytes have raised all of these."""
    kinds = [struct.error, IndexError, OverflowError, ZeroDivisionError, MemoryError, EOFError, TypeError]
    for kind in kinds:

        def broken(*words, kind=kind, **more):
            raise kind

        monkeypatch.setattr("PIL.Image.open", broken)
        with pytest.raises(DataError, match=f"x cannot be read: {kind.__name__}"):
            decode(b"", "x", 3, 8)


def test_orientation_is_not_applied():
    """As the documentation says."""
    pixels = drawn(1, (9, 9, 3))[0][0]
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(out, "PNG", exif=exif)
    assert np.array_equal(decode(out.getvalue(), "x", 3, 9), pixels.transpose(2, 0, 1))
