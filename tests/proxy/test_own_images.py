"""Sets of the user's own: folders of images, and Hugging Face sets where the library is installed."""

import io
import os
import subprocess
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


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    library = pytest.importorskip("datasets", reason="needs the extra data: pip install 'wn-sweep[data]'")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return library


def png(label, one, size=8):
    pixels = np.full((size, size, 3), 100, np.uint8)
    pixels[..., 0], pixels[..., 1] = label, one
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return {"bytes": out.getvalue(), "path": None}


def table(datasets, labels, feature, image="image", label="label"):
    features = datasets.Features({image: datasets.Image(), label: feature})
    rows = {image: [png(i % 2, i // 2) for i in range(len(labels))], label: labels}
    return datasets.Dataset.from_dict(rows, features=features)


def hub(path, **more):
    return Dataset(name="huggingface", path=str(path), **{"image_size": 8, **more})


@pytest.mark.parametrize("kind", ["names", "numbers", "text"])
def test_parquet(kind, datasets, tmp_path):
    feature, labels = {
        "names": (datasets.ClassLabel(names=["cat", "dog"]), [0, 1]),
        "numbers": (datasets.Value("int64"), [10, 20]),
        "text": (datasets.Value("string"), ["cat", "dog"]),
    }[kind]
    (tmp_path / "set").mkdir()
    table(datasets, labels * 20, feature).to_parquet(tmp_path / "set/train.parquet")
    dataset = hub(tmp_path / "set")
    assert (dataset.facts.classes, dataset.facts.images, dataset.facts.test_images) == (2, 40, 8)
    train, validation = seen(dataset)
    assert len(train) == len(validation) == 16
    assert not {*train} & {*validation}
    table(datasets, labels * 10, feature).to_parquet(tmp_path / "set/test.parquet")
    look_again()
    assert (hub(tmp_path / "set").facts.images, hub(tmp_path / "set").facts.test_images) == (40, 0)
    judged = hub(tmp_path / "set", validation_split="test", train=4)
    assert judged.facts.apart == 20
    assert len(seen(judged)[1]) == 20


def test_a_folder_and_a_set_saved_to_disk(datasets, tmp_path):
    make_folder(tmp_path / "set", train=10)
    dataset = hub(tmp_path / "set")
    assert (dataset.facts.classes, dataset.facts.images) == (2, 20)
    assert len(seen(dataset)[0]) == 8
    saved = table(datasets, [0, 1] * 5, datasets.ClassLabel(names=["cat", "dog"]))
    datasets.DatasetDict({"train": saved}).save_to_disk(tmp_path / "saved")
    assert len(seen(hub(tmp_path / "saved"))[0]) == 4


def test_the_fingerprint_is_of_the_images(datasets, tmp_path):
    feature = datasets.ClassLabel(names=["cat", "dog"])
    prints = []
    for name, labels in (("one", [0, 1] * 5), ("two", [0, 1] * 5), ("three", [1, 0] * 5)):
        (tmp_path / name).mkdir()
        table(datasets, labels, feature).to_parquet(tmp_path / name / "train.parquet")
        prints.append(hub(tmp_path / name).facts.fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_what_is_wrong_with_a_set_is_said(datasets, tmp_path):
    names = datasets.ClassLabel(names=["cat", "dog"])
    for name, labels in (("good", [0, 1] * 5), ("none", [0, None] * 5), ("beyond", [0, -1] * 5)):
        (tmp_path / name).mkdir()
        table(datasets, labels, names).to_parquet(tmp_path / name / "train.parquet")
    for path, more, told in (
        ("good", dict(split="trian"), "has no split 'trian'"),
        ("good", dict(image_column="img"), r"has no column 'img', which image_column can name"),
        ("good", dict(label_column="fine"), r"has no column 'fine', which label_column can name"),
        ("good", dict(image_column="label", label_column="label"), "holds ClassLabel, not images"),
        ("none", {}, "has images without a label"),
        ("beyond", {}, "has a label -1 that is none of its 2 classes"),
    ):
        with pytest.raises(ValueError, match=told):
            _ = hub(tmp_path / path, **more).facts


def test_a_name_that_is_not_in_the_cache_is_not_downloaded(datasets, monkeypatch):
    def nothing(*words, **more):
        raise AssertionError("it asked the network")

    monkeypatch.setattr("socket.create_connection", nothing)
    with pytest.raises(ValueError, match=r"someone/pictures cannot be loaded: .*`wn-sweep data SPACE --download`"):
        _ = hub("someone/pictures").facts


def test_without_the_library(tmp_path):
    code = "import sys; sys.modules['datasets'] = None\nfrom sweep.space.schema import Dataset\n"
    code += "Dataset(name='huggingface', path='x/y', image_size=8).facts"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=False)
    assert "huggingface needs the package datasets: pip install 'wn-sweep[data]'" in done.stderr


def test_a_single_split_saved_to_disk(datasets, tmp_path):
    """As Dataset.save_to_disk leaves it: no DatasetDict around it, and often no split's name in it."""
    saved = table(datasets, [0, 1] * 5, datasets.ClassLabel(names=["cat", "dog"]))
    saved.save_to_disk(tmp_path / "nameless")
    assert len(seen(hub(tmp_path / "nameless"))[0]) == 4
    named = datasets.Dataset(saved.data, info=saved.info, split="validation")
    named.save_to_disk(tmp_path / "named")
    with pytest.raises(ValueError, match=r"named has no split 'train' \(known: validation\)"):
        _ = hub(tmp_path / "named").facts
    assert len(seen(hub(tmp_path / "named", split="validation"))[0]) == 4


@pytest.mark.parametrize("kind", ["bytes", "large bytes", "struct", "struct without path"])
def test_images_as_bytes_without_the_image_feature(kind, datasets, tmp_path):
    import pyarrow
    import pyarrow.parquet

    rows = [png(i % 2, i // 2) for i in range(20)]
    fields = [("bytes", pyarrow.binary()), *([("path", pyarrow.string())] if kind == "struct" else [])]
    types = {"bytes": pyarrow.binary(), "large bytes": pyarrow.large_binary()}
    if "struct" in kind:
        rows = [{name: row[name] for name, _ in fields} for row in rows]
    else:
        rows = [row["bytes"] for row in rows]
    images = pyarrow.array(rows, types.get(kind, pyarrow.struct(fields)))
    (tmp_path / "set").mkdir()
    plain = pyarrow.table({"image": images, "label": pyarrow.array([0, 1] * 10)})
    pyarrow.parquet.write_table(plain, tmp_path / "set/train.parquet")
    train, validation = seen(hub(tmp_path / "set"))
    assert len(train) == len(validation) == 8


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([[0, 1]] * 10, r"column 'label' of .*set holds lists, not one label for each image"),
        ([{"a": 1}] * 10, r"column 'label' of .*set holds structures, not one label for each image"),
        ([0.0, float("nan")] * 5, "has images without a label: 5 of 10"),
        ([0, None] * 5, "has images without a label: 5 of 10"),
        ([0] * 10, "has images of one class only"),
    ],
    ids=["lists", "dicts", "NaN", "null", "one class"],
)
def test_labels_that_are_none_are_told(labels, told, datasets, tmp_path):
    images = [png(i % 2, i // 2) for i in range(10)]
    rows = datasets.Dataset.from_dict({"image": images, "label": labels}).cast_column("image", datasets.Image())
    rows.save_to_disk(tmp_path / "set")
    with pytest.raises(ValueError, match=told):
        _ = hub(tmp_path / "set").facts


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (["a.png"] * 10, "column 'image' of .*set holds text, not images; .*datasets.Image()"),
        ([[[0]]] * 10, "column 'image' of .*set holds lists, not images; .*datasets.Image()"),
        ([{"jpeg": b""}] * 10, "column 'image' of .*set holds structures, not images; .*datasets.Image()"),
        ([1.0] * 10, "column 'image' of .*set holds float64, not images; .*datasets.Image()"),
        ([None, *[png(0, 0)] * 9], r"set, train\[0\]: there is no image"),
        ([{"bytes": None, "path": None}, *[png(0, 0)] * 9], r"set, train\[0\]: there is no image"),
        (
            [{"bytes": None, "path": "/no/such.png"}, *[png(0, 0)] * 9],
            r"train\[0\]: /no/such.png cannot be read: No such",
        ),
        ([{"bytes": None, "path": "/dev/zero"}, *[png(0, 0)] * 9], r"train\[0\]: /dev/zero is a device, not a file"),
    ],
    ids=["text", "lists", "struct", "numbers", "null", "neither", "missing", "device"],
)
def test_columns_that_hold_no_images_are_told(images, told, datasets, tmp_path):
    rows = datasets.Dataset.from_dict({"image": images, "label": [0, 1] * 5})
    rows.save_to_disk(tmp_path / "set")
    with pytest.raises(ValueError, match=told):
        _ = hub(tmp_path / "set").facts


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
