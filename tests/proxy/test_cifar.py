"""CIFAR's batches, as Python 2 pickled them and as records."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_images import batch, drawn, python2

from sweep.proxy import DataError
from sweep.proxy.cifar import parse_batch, parse_records

IMAGES, LABELS = drawn(7, (3, 32, 32))


@pytest.mark.parametrize("key", ["labels", "fine_labels"])
def test_a_batch_pickled_by_python_2(key):
    images, labels = parse_batch(batch(IMAGES, LABELS, key), "x")
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)


def test_fine_labels_are_taken_and_not_the_coarse():
    content = {"data": IMAGES.reshape(7, -1), "coarse_labels": [0] * 7, "fine_labels": LABELS.tolist()}
    assert np.array_equal(parse_batch(python2(content), "x")[1], LABELS)


@pytest.mark.parametrize("labels", [1, 2])
def test_records(labels):
    coarse = [99] * (labels - 1)
    content = b"".join(bytes([*coarse, label]) + image.tobytes() for image, label in zip(IMAGES, LABELS, strict=True))
    images, found = parse_records(content, "x", labels)
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(found, LABELS)
    for cut in (0, 1, len(content) - 1):
        with pytest.raises(DataError, match="no whole records"):
            parse_records(content[:cut], "x", labels)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_batch_cut_short_anywhere_is_refused(data):
    whole = batch(IMAGES, LABELS)
    with pytest.raises(DataError, match="x is no batch of CIFAR"):
        parse_batch(whole[: data.draw(st.integers(0, len(whole) - 1))], "x")


@pytest.mark.parametrize(
    "content",
    [
        {"data": IMAGES.reshape(7, -1)},
        {"data": IMAGES.reshape(7, -1), "labels": [0] * 6},
        {"data": IMAGES.reshape(7, -1).astype(float), "labels": [0] * 7},
        [1, 2, 3],
    ],
    ids=["no labels", "too few labels", "floats", "a list"],
)
def test_other_contents_are_refused(content):
    with pytest.raises(DataError, match="x is no batch of CIFAR"):
        parse_batch(python2(content), "x")


def test_a_pickle_that_asks_for_more_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    with pytest.raises(DataError, match=r"it asks for \w+\.mkdir"):
        parse_batch(python2({"data": Evil()}), "x")
    assert not list(tmp_path.iterdir())
