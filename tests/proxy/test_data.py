"""The split: fixed by the data set, class-balanced, and never touched by a seed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.datasets import load_digits

from sweep.proxy import DataError, load
from sweep.proxy.data import fingerprint, places
from sweep.space import DATASETS, canonical, plain
from sweep.space.schema import Dataset, Known


def digits(**counts):
    return Dataset(name="digits", **counts)


def rows(images):
    return {image.numpy().tobytes() for image in images}


def test_facts_are_those_of_the_images():
    truth, facts = load_digits(), DATASETS["digits"]
    assert (facts.images, facts.image_size, facts.classes) == (len(truth.images), 8, len(set(truth.target)))
    images = truth.images[:, None].astype(np.uint8)
    assert fingerprint(images, truth.target.astype(np.int64)) == facts.fingerprint
    images[3, 0, 4, 4] += 1
    assert fingerprint(images, truth.target.astype(np.int64)) != facts.fingerprint


def test_splits_are_apart_and_balanced():
    data = load(digits(train=300, validation=500), 8)
    assert len(data.train) == 300
    assert len(data.validation) == 500
    for labels, least in ((data.train_labels, 28), (data.validation_labels, 48)):
        counts = torch.bincount(labels, minlength=10)
        assert least <= counts.min()
        assert counts.max() <= least + 4
    # digits has a few equal images; none of ours stands on both sides
    assert not rows(data.train) & rows(data.validation)


def test_more_training_images_leave_validation_and_the_others_as_they_are():
    small, large = load(digits(train=100, validation=400), 8), load(digits(train=900, validation=400), 8)
    assert torch.equal(small.validation_labels, large.validation_labels)
    assert torch.equal(small.train_labels, large.train_labels[-100:])
    again = load.__wrapped__(digits(train=100, validation=400), 8)
    assert torch.equal(small.train, again.train)


def test_a_fifth_is_kept_for_a_last_look():
    whole = load(digits(), 8)
    assert len(whole.train) + len(whole.validation) == round(0.8 * 1797)


def test_images_are_normalised_and_resized():
    data = load(digits(train=500, validation=100), 16)
    assert data.train.shape == (500, 1, 16, 16)
    assert float(data.normalised(data.train).mean()) == pytest.approx(0, abs=1e-5)
    assert float(data.normalised(data.train).std()) == pytest.approx(1, abs=1e-4)
    assert data.white == 16


def test_images_of_their_own_size_stay_bytes():
    data = load(digits(train=500, validation=100), 8)
    assert data.train.dtype == data.validation.dtype == torch.uint8
    pixels = data.train.double()
    torch.testing.assert_close(data.normalised(data.train).double(), (pixels - pixels.mean()) / pixels.std())


def test_too_many_images_are_refused():
    with pytest.raises(ValidationError, match=r"1438 images .* too few for 1438 and 1"):
        digits(train=1438, validation=1)


def test_another_data_set_under_the_name_is_refused(monkeypatch):
    monkeypatch.setitem(DATASETS, "digits", replace(DATASETS["digits"], fingerprint="0" * 64))
    with pytest.raises(DataError, match="are not those that this version knows"):
        load.__wrapped__(digits(), 8)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_splits_of_any_labels(data):
    """Apart, without what is set aside, as balanced as the classes allow, and nested."""
    classes = data.draw(st.integers(2, 5))
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=10, max_size=80)))
    aside, apart = data.draw(st.sampled_from([(0, 0), (len(labels) // 5, 0), (0, len(labels) // 3)]))
    found = dict(classes=classes, images=len(labels), test_images=aside, apart=apart, fingerprint="1f" * 32)
    pool = len(labels) - aside - apart
    validation = data.draw(st.integers(1, apart or pool - 3))
    most = pool - (0 if apart else validation)
    train = data.draw(st.integers(2, most - 1))

    def split(train):
        counts = dict(train=train, validation=validation)
        return places(labels, Dataset(name="imagefolder", path="x", image_size=1, known=Known(**found), **counts))

    one, judged = split(train)
    assert len({*one, *judged}) == train + validation
    if apart:
        assert judged.max() < apart <= one.min()
    more, same = split(most)
    assert (same == judged).all()
    assert (more[-train:] == one).all()
    for stretch, whole in ((one, labels[apart:]), (judged, labels[:apart] if apart else labels)):
        shares = np.bincount(whole, minlength=classes) / len(whole) * len(stretch)
        assert np.abs(np.bincount(labels[stretch], minlength=classes) - shares).max() < classes + 1


def test_each_seed_draws_its_own_training_images():
    whole = load(digits(validation=500, train=938), 16)
    drawn = digits(validation=500, train=103, subset="by seed")
    splits = {seed: load(drawn, 16, drawn.draw(seed)) for seed in range(8)}
    pool = rows(whole.train)
    seen = set()
    for split in splits.values():
        assert len(split.train) == len(split.train_labels) == 103
        assert rows(split.train) <= pool
        assert torch.equal(split.validation, whole.validation)
        counts = torch.bincount(split.train_labels, minlength=10)
        assert 9 <= counts.min() <= counts.max() <= 12
        # labels are those of the images, and moments those of the images that were drawn
        at = {image.numpy().tobytes(): int(label) for image, label in zip(whole.train, whole.train_labels, strict=True)}
        labels = [at[image.numpy().tobytes()] for image in split.train]
        assert labels == split.train_labels.tolist()
        assert split.mean.item() == pytest.approx(split.train.mean().item(), rel=1e-5)
        seen |= rows(split.train)
    # 8 draws of 103 of 938 meet 938 (1 - (1 - 103 / 938)^8) = 568 images on average
    assert 520 < len(seen) < 620
    assert torch.equal(splits[3].train, load.__wrapped__(drawn, 16, 3).train)
    with pytest.raises(ValueError, match="needs the seed"):
        load(drawn, 16)


def test_a_subset_changes_no_key_of_data_sets_without_one():
    plain_text = canonical(plain(digits(train=100, validation=400)))
    assert plain_text == '{"name":"digits","train":100,"validation":400}'
    assert digits(train=100).draw(3) is None
    assert '"subset":"by seed"' in canonical(plain(digits(train=100, subset="by seed")))
