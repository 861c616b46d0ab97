"""Sets of Hugging Face's library, on this machine alone."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from made_images import make_folder
from PIL import Image

from sweep.errors import SpaceError
from sweep.proxy import load
from sweep.proxy.data import _chosen
from sweep.proxy.errors import DataError
from sweep.proxy.last_images import last_images
from sweep.space import Space
from sweep.space.image_index import index_fingerprint
from sweep.space.schema import Dataset, look_again


@pytest.fixture(autouse=True)
def anew():
    yield
    look_again()
    for cached in (load, _chosen):
        cached.cache_clear()


def seen(dataset):
    """(split, class, number) of each image of `made_images.make_folder` that a run sees."""
    pixels, labels, _ = _chosen(dataset)
    count = dataset.counts()[0]
    assert (pixels[:, 0, 0, 0] == labels).all()
    rows = [(int(p[2, 0, 0]), int(p[0, 0, 0]), int(p[1, 0, 0])) for p in pixels]
    return rows[:count], rows[count:]


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


def saved_splits(datasets, path, **counts):
    feature = datasets.ClassLabel(names=["cat", "dog"])
    tables = {name: table(datasets, [0, 1] * (count // 2), feature) for name, count in counts.items()}
    datasets.DatasetDict(tables).save_to_disk(path)


def test_a_last_look_at_a_set_trained_on_its_test_split_is_at_other_images(datasets, tmp_path):
    saved_splits(datasets, tmp_path / "set", train=10, test=40)
    dataset = hub(tmp_path / "set", split="test").settled
    assert dataset.facts.test_images == 8
    trained, judged = seen(dataset)
    found = last_images(dataset)
    last = {(int(p[2, 0, 0]), int(p[0, 0, 0]), int(p[1, 0, 0])) for p in found.images}
    assert (len(last), len(trained), len(judged), found.official) == (8, 16, 16, False)
    assert not last & {*trained, *judged}


@pytest.mark.parametrize(("split", "judged_on"), [("test", "train"), ("train", "test")])
def test_a_test_split_that_runs_have_seen_is_not_looked_at(split, judged_on, datasets, tmp_path):
    saved_splits(datasets, tmp_path / "set", train=20, test=40)
    what = "trained" if split == "test" else "judged"
    with pytest.raises(DataError, match=f"the split test of .*set is what runs were {what} on"):
        last_images(hub(tmp_path / "set", split=split, validation_split=judged_on).settled)


def test_a_set_that_is_judged_on_its_test_split_is_one_with_a_test_split(datasets, tmp_path):
    """So its fingerprint is that of earlier versions, and its runs keep their keys."""
    saved_splits(datasets, tmp_path / "set", train=20, test=40)
    index = hub(tmp_path / "set", validation_split="test").index
    sizes = [len(index.encoded(number)[1]) for number in range(60)]
    assert index.fingerprint == index_fingerprint("40 True", map(str, index.labels), sizes, index.encoded)


def test_classes_without_images_are_in_the_fingerprint(datasets, tmp_path):
    """They are outputs of the networks, which the labels do not tell; where each has images, labels tell them."""
    prints = []
    for names in (["cat", "dog"], ["cat", "dog", "eel"], ["cat", "dog", "eel", "fox"]):
        path = tmp_path / str(len(names))
        table(datasets, [0, 1] * 10, datasets.ClassLabel(names=names)).save_to_disk(path)
        index = hub(path).index
        prints.append(index.fingerprint)
        assert len(index.classes) == len(names)
    assert len(set(prints)) == 3
    index = hub(tmp_path / "2").index
    sizes = [len(index.encoded(number)[1]) for number in range(20)]
    assert prints[0] == index_fingerprint("0 False", map(str, index.labels), sizes, index.encoded)


def test_no_split_is_both_trained_and_judged_on(write):
    space = "name: s\ngrid: [{family: static}]\nproxy:\n  epochs: 1\n  optimizer: {name: sgd, lr: 0.1}\n"
    space += "  dataset:\n    name: huggingface\n    path: nowhere\n    image_size: 8\n%s"
    for keys, line, name in (
        ("    validation_split: train\n", 10, "train"),
        ("    split: x\n    validation_split: x\n", 11, "x"),
    ):
        with pytest.raises(SpaceError) as error:
            Space.load(write(space % keys))
        assert f"space.yaml:{line}: proxy.dataset.validation_split: {name} is the split to train on" in str(error.value)


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
