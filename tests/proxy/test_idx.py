"""IDX files against arrays, and what is said of damaged ones."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from made_images import idx

from sweep.proxy import DataError
from sweep.proxy.idx import parse_idx, unpacked

bytes_arrays = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, max_side=6))


@given(bytes_arrays)
def test_any_array_of_bytes_comes_back(array):
    for content in (idx(array), unpacked(gzip.compress(idx(array)), "x")):
        assert np.array_equal(parse_idx(content, "x"), array)


@settings(max_examples=50)
@given(bytes_arrays, st.data())
def test_a_file_cut_short_anywhere_is_refused(array, data):
    whole = idx(array)
    content = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(DataError, match=r"^x is (no IDX file|cut short|damaged or cut short)"):
        parse_idx(content, "x")


@settings(max_examples=50)
@given(bytes_arrays, st.data())
def test_a_gzip_cut_short_anywhere_is_refused(array, data):
    packed = gzip.compress(idx(array))
    content = packed[: data.draw(st.integers(2, len(packed) - 1))]
    with pytest.raises(DataError, match="x is damaged or cut short"):
        unpacked(content, "x")


@given(st.binary(max_size=40).filter(lambda content: content[:3] != b"\0\0\x08"))
def test_anything_else_is_refused(content):
    with pytest.raises(DataError, match=r"^x is "):
        parse_idx(unpacked(content, "x"), "x")


def test_what_is_wrong_is_said():
    whole = idx(np.zeros((2, 3), np.uint8))
    for content, told in (
        (b"", "no IDX file of bytes: it begins with nothing"),
        (b"\x89PNG\r\n", "no IDX file of bytes: it begins with 89504e47"),
        (whole[:2] + b"\x0d" + whole[3:], "no IDX file of bytes: it begins with 00000d02"),
        (whole[:7], "ends within its header"),
        (whole[:-1], "its header says 6 bytes, and 5 follow"),
        (whole + b"!", "its header says 6 bytes, and 7 follow"),
    ):
        with pytest.raises(DataError, match=told):
            parse_idx(content, "x")
