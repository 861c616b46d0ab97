"""Sets of the user's own: folders of images, and Hugging Face sets where the library is installed."""

import sys
import types

import numpy as np
import pytest
import torch
from made_images import make_folder, save
from PIL import Image
from pydantic import ValidationError

from sweep.proxy import DataError, load, train
from sweep.proxy.data import _chosen
from sweep.space import Point, image_index
from sweep.space.mistakes import messages
from sweep.space.schema import Dataset, Proxy, look_again


@pytest.fixture(autouse=True)
def anew():
    yield
    look_again()
    for cached in (load, _chosen):
        cached.cache_clear()


def folder(path, **more):
    return Dataset(name="imagefolder", path=str(path), **{"image_size": 8, **more})


def seen(dataset):
    """(split, class, number) of each image of `made_images.make_folder` that a run sees."""
    pixels, labels, _ = _chosen(dataset)
    count = dataset.counts()[0]
    assert (pixels[:, 0, 0, 0] == labels).all()
    rows = [(int(p[2, 0, 0]), int(p[0, 0, 0]), int(p[1, 0, 0])) for p in pixels]
    return rows[:count], rows[count:]


def test_a_folder_with_a_validation_split(tmp_path):
    make_folder(tmp_path, train=10, val=5)
    train, validation = seen(folder(tmp_path))
    assert sorted(train) == [(100, label, one) for label in range(2) for one in range(10)]
    assert sorted(validation) == [(101, label, one) for label in range(2) for one in range(5)]
    fewer, judged = seen(folder(tmp_path, train=4, validation=4))
    assert fewer == train[-4:]
    assert judged == validation[:4]
    assert [label for _, label, _ in fewer].count(0) == 2


def test_a_folder_without_one(tmp_path):
    make_folder(tmp_path, train=20)
    train, validation = seen(folder(tmp_path))
    assert len(train) == len(validation) == len({*train, *validation}) // 2 == 16
    assert [label for _, label, _ in train].count(0) == 8


def test_only_the_images_of_a_subset_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(image_index, "CHEAP", 0)
    make_folder(tmp_path, train=20)
    train, validation = seen(folder(tmp_path, train=6, validation=4))
    for number, name in enumerate(("cat", "dog")):
        for one in {*range(20)} - {one for _, label, one in train + validation if label == number}:
            path = tmp_path / "train" / name / f"{one:03}.png"
            path.write_bytes(b"?" * path.stat().st_size)
    look_again()
    _chosen.cache_clear()
    assert seen(folder(tmp_path, train=6, validation=4)) == (train, validation)
    with pytest.raises(DataError, match="cannot be read"):
        load(folder(tmp_path), 8)


def test_images_are_normalised_channel_by_channel(tmp_path):
    draw = np.random.default_rng(0)
    for name in ("cat", "dog"):
        for one in range(20):
            pixels = draw.integers(0, (40, 120, 250), (12, 12, 3)).astype(np.uint8)
            pixels[..., 2] = 7
            save(tmp_path / "train" / name / f"{one}.png", pixels)
    data = load(folder(tmp_path, image_size=12), 6)
    assert data.train.shape[1:] == (3, 6, 6)
    seen_by_network = data.normalised(data.train)
    assert torch.allclose(seen_by_network.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(seen_by_network.std((0, 2, 3)), torch.tensor([1.0, 1.0, 0.0]), atol=1e-4)
    assert load(folder(tmp_path, image_size=12, channels=1), 12).train.shape[1:] == (1, 12, 12)


def test_mixed_sizes_and_modes(tmp_path):
    for number, mode in enumerate(["L", "RGB", "RGBA", "P", "LA", "1"] * 2):
        path = tmp_path / "train" / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (5 + number, 20 - number)).save(path)
    assert load(folder(tmp_path), 8).train.shape[1:] == (3, 8, 8)


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    make_folder(tmp_path, train=5)
    (tmp_path / "train/dog/002.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"train/dog/002\.png cannot be read: no image in a format"):
        # every image of a class is in some split, but for those set aside
        load(folder(tmp_path, train=7, validation=1), 8)


def test_images_that_changed_since_the_space_was_read(tmp_path):
    make_folder(tmp_path, train=5)
    dataset = folder(tmp_path).settled
    (tmp_path / "train/dog/002.png").unlink()
    look_again()
    with pytest.raises(DataError, match="are not those that they were"):
        load(dataset, 8)
    (tmp_path / "train").rename(tmp_path / "elsewhere")
    look_again()
    with pytest.raises(DataError, match="has no classes"):
        load(dataset, 8)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (dict(name="imagefolder"), "dataset imagefolder needs path and image_size"),
        (dict(name="imagefolder", path="."), "dataset imagefolder needs image_size; images may be of any size"),
        (dict(name="digits", path="x"), "path is not supported with dataset digits, only with 'mnist'"),
        (dict(name="mnist", image_size=8), "image_size is not supported with dataset mnist, only with 'imagefolder'"),
        (dict(name="imagefolder", path=".", image_size=8, split="x"), "split is not supported with dataset"),
    ],
)
def test_keys_that_make_no_sense(keys, told):
    with pytest.raises(ValidationError) as caught:
        Dataset(**keys)
    assert any(told in what for _, what in messages(caught.value.errors(), Dataset))


def test_a_folder_is_looked_at_when_its_images_are_asked_for():
    dataset = Dataset(name="imagefolder", path="/nowhere", image_size=8)
    with pytest.raises(ValueError, match="there is no folder /nowhere"):
        _ = dataset.facts


@pytest.fixture
def little_memory(monkeypatch, tmp_path):
    """Nothing fits into memory; gives the folder of what lies on disk instead."""
    monkeypatch.setattr(sys.modules["sweep.proxy.data"], "IN_MEMORY", 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/wn-sweep/images"


def test_what_does_not_fit_into_memory_lies_on_disk_and_is_the_same(tmp_path, little_memory, monkeypatch):
    make_folder(tmp_path, train=10, val=5)
    data = load(folder(tmp_path), 8)
    assert {path.suffix for path in little_memory.iterdir()} == {".bytes", ".json", ".lock"}
    load.cache_clear()
    _chosen.cache_clear()
    before = {path: path.stat().st_mtime_ns for path in little_memory.glob("*.[bj]*")}
    again = load(folder(tmp_path), 8)  # found, not made anew
    assert {path: path.stat().st_mtime_ns for path in before} == before
    load.cache_clear()
    _chosen.cache_clear()
    monkeypatch.setattr(sys.modules["sweep.proxy.data"], "IN_MEMORY", 1 << 30)
    truth = load(folder(tmp_path), 8)
    for found in (data, again):
        for name in ("train", "train_labels", "validation", "validation_labels", "mean", "deviation"):
            assert torch.equal(getattr(found, name), getattr(truth, name)), name
        assert found.white == truth.white


def test_a_run_learns_from_images_on_disk_as_from_those_in_memory(tmp_path, little_memory, monkeypatch):
    make_folder(tmp_path, train=30, val=10)
    proxy = Proxy(dataset=folder(tmp_path), epochs=2, batch_size=16, optimizer=dict(lr=0.01), augment=dict(shift=1))
    point = Point(width=0.125, stem_channels=8, last_channels=16, repeats=(1,), image_size=8).resolved(8)
    mapped = train(point, proxy, 0)
    load.cache_clear()
    _chosen.cache_clear()
    monkeypatch.setattr(sys.modules["sweep.proxy.data"], "IN_MEMORY", 1 << 30)
    held = train(point, proxy, 0)
    assert (mapped.error, mapped.losses) == (held.error, held.losses)


def test_what_was_left_half_made_is_made_anew(tmp_path, little_memory):
    make_folder(tmp_path, train=10, val=5)
    bad = next(iter(sorted((tmp_path / "train").rglob("*.*"))))
    good = bad.read_bytes()
    dataset = folder(tmp_path)
    bad.write_bytes(good[:20])
    with pytest.raises(DataError):
        load(dataset, 8)
    assert not list(little_memory.glob("*.bytes"))
    bad.write_bytes(good)
    look_again()
    assert len(load(folder(tmp_path), 8).train) == 20


def test_no_room_for_them_is_told_before_any_is_read(tmp_path, little_memory, monkeypatch):
    make_folder(tmp_path, train=10, val=5)
    monkeypatch.setattr(
        sys.modules["sweep.proxy.mapped"].shutil, "disk_usage", lambda path: types.SimpleNamespace(free=100)
    )
    with pytest.raises(DataError, match=r"the images take 0\.0 GiB there and 0\.0 GiB are free; train, validation or"):
        load(folder(tmp_path), 8)


def test_many_images_are_not_resized_in_memory(tmp_path, little_memory):
    make_folder(tmp_path, train=10, val=5)
    with pytest.raises(DataError, match="give the data set the network's image_size, 12"):
        load(folder(tmp_path), 12)


def test_a_single_class_is_told(tmp_path):
    make_folder(tmp_path, ("cat",), train=5)
    with pytest.raises(ValueError, match="has images of one class only"):
        _ = folder(tmp_path).facts


def test_more_images_than_there_are(tmp_path):
    make_folder(tmp_path, train=10, val=5)
    for counts in (dict(train=21), dict(validation=11), dict(train=20, validation=11)):
        with pytest.raises(ValidationError, match=r"has 20 images for training and 10 for validation|has 30 images"):
            _ = folder(tmp_path, **counts).settled


# Hugging Face


@pytest.mark.parametrize("end", ["bytes", "json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "emptied"])
def test_images_on_disk_that_were_damaged_are_decoded_again(end, damage, tmp_path, little_memory):
    make_folder(tmp_path, train=10, val=5)
    made = load(folder(tmp_path), 8)
    # copied: pages of a mapped file that is cut are gone
    truth, mean = made.train.clone(), made.mean
    (path,) = little_memory.glob(f"*.{end}")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-7] if damage == "cut" else b"")
    load.cache_clear()
    _chosen.cache_clear()
    found = load(folder(tmp_path), 8)
    assert torch.equal(found.train, truth)
    assert torch.equal(found.mean, mean)
