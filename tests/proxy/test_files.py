"""Official sets: found, checked and split, on small files that are taken for the official ones."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from made_images import IMAGES, LABELS, batch, drawn, idx, make_folder, make_idx, pretend, sha256

from sweep.proxy import DataError, load
from sweep.proxy.checked import check_images
from sweep.proxy.files import cache, find, lacking, read
from sweep.space import DATASETS
from sweep.space.schema import Dataset

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    load.cache_clear()
    yield
    load.cache_clear()


def mnist(path, **counts):
    return Dataset(name="mnist", path=str(path), **counts)


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzipped"])
def test_idx_files_of_a_folder(zipped, monkeypatch, tmp_path):
    images, labels = make_idx(tmp_path, monkeypatch, zipped=zipped)
    found, found_labels = read(mnist(tmp_path))
    assert np.array_equal(found[:, 0], images)
    assert np.array_equal(found_labels, labels)


def test_the_cache_is_looked_at_when_no_path_is_said(monkeypatch, tmp_path):
    make_idx(cache("mnist"), monkeypatch)
    assert cache("mnist") == tmp_path / "cache/wn-sweep/mnist"
    assert find(Dataset(name="mnist")).place == cache("mnist")


def test_splits_are_of_the_training_files_alone(monkeypatch, tmp_path):
    images, _ = make_idx(tmp_path, monkeypatch)
    whole = load(mnist(tmp_path), 28)
    assert (len(whole.train), len(whole.validation)) == (160, 40)
    assert torch.bincount(whole.validation_labels).tolist() == [4] * 10
    small = load(mnist(tmp_path, train=50, validation=40), 28)
    assert torch.bincount(small.train_labels).tolist() == [5] * 10
    assert torch.equal(small.validation_labels, whole.validation_labels)
    # every image once
    seen = torch.cat([whole.train, whole.validation])[:, 0].flatten(1)
    assert sorted(map(bytes, seen.numpy())) == sorted(map(bytes, images.reshape(len(images), -1)))


@pytest.mark.parametrize("binary", [False, True], ids=["python", "binary"])
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_as_archive_and_as_folder(name, binary, monkeypatch, tmp_path):
    number = {"cifar10": 10, "cifar100": 100}[name]
    files = [f"data_batch_{one}" for one in range(1, 6)] if name == "cifar10" else ["train"]
    images, labels = drawn(200, (3, 32, 32), number)
    key = "labels" if name == "cifar10" else "fine_labels"
    parts = np.array_split(np.arange(200), len(files))
    python = {file: batch(images[at], labels[at], key) for file, at in zip(files, parts, strict=True)}
    coarse = b"" if name == "cifar10" else b"\x07"
    records = {
        f"{file}.bin": b"".join(coarse + bytes([labels[i]]) + images[i].tobytes() for i in at)
        for file, at in zip(files, parts, strict=True)
    }
    kind, short = ("binary", "bin") if binary else ("python", "py")
    folder = f"cifar-10-batches-{short}" if name == "cifar10" else f"cifar-100-{kind}"
    archive = tmp_path / f"cifar-{number}-{kind}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for file, content in (records if binary else python).items():
            member = tarfile.TarInfo(f"{folder}/{file}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    whole = archive.read_bytes()
    sums = {file: sha256(content) for file, content in python.items()}
    pretend(monkeypatch, name, 200, sums, {archive.name: sha256(whole)})
    for path in (archive, tmp_path):
        found, found_labels = read(Dataset(name=name, path=str(path)))
        assert np.array_equal(found, images)
        assert np.array_equal(found_labels, labels)
    archive.write_bytes(whole[:-100])
    with pytest.raises(DataError, match="is not the official file: damaged, cut short or another"):
        read(Dataset(name=name, path=str(archive)))
    if binary:
        return
    archive.unlink()
    (tmp_path / folder).mkdir()
    for file, content in python.items():
        (tmp_path / folder / file).write_bytes(content)
    for path in (tmp_path, tmp_path / folder):
        assert np.array_equal(read(Dataset(name=name, path=str(path)))[0], images)
    (tmp_path / folder / files[-1]).write_bytes(python[files[-1]][:-1])
    with pytest.raises(DataError, match=f"{files[-1]} is not the official file"):
        read(Dataset(name=name, path=str(tmp_path)))


def test_a_changed_byte_is_noticed(monkeypatch, tmp_path):
    images, _ = make_idx(tmp_path, monkeypatch)
    images[3, 4, 5] ^= 1
    (tmp_path / IMAGES).write_bytes(idx(images))
    with pytest.raises(DataError, match=f"{IMAGES} is not the official file"):
        read(mnist(tmp_path))


def test_labels_out_of_range_and_counts_that_differ(monkeypatch, tmp_path):
    images, labels = make_idx(tmp_path, monkeypatch)
    for wrong, told in (
        (np.where(labels == 3, 10, labels), "labels from 0 to 10, of 10 classes"),
        (labels[:-1], "199"),
    ):
        content = idx(wrong.astype(np.uint8))
        (tmp_path / LABELS).write_bytes(content)
        pretend(monkeypatch, "mnist", 200, {IMAGES: sha256(idx(images)), LABELS: sha256(content)})
        with pytest.raises(DataError, match=told):
            read(mnist(tmp_path))


def test_what_is_missing_is_said_with_how_to_get_it(tmp_path):
    for name, told in (
        ("mnist", "`wn-sweep data mnist --download` downloads them (12 MB) to"),
        ("cifar10", "or path: names a folder of cifar-10-python.tar.gz or cifar-10-binary.tar.gz"),
        ("cifar100", "`wn-sweep data cifar100 --download`"),
    ):
        assert told in lacking(Dataset(name=name))
    told = lacking(mnist(tmp_path / "absent"))
    assert f"{tmp_path / 'absent'} does not hold the images of mnist: needs {IMAGES}[.gz] and {LABELS}[.gz]" in told
    assert lacking(Dataset(name="digits")) == ""


def test_fashion_mnist_names_its_package(monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda path: False)
    assert "`apt-get install dataset-fashion-mnist` installs them" in lacking(Dataset(name="fashion_mnist"))


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist: `make fashion-mnist`")
def test_the_real_fashion_mnist():
    images, labels = read(Dataset(name="fashion_mnist", path=str(DEBIAN)))
    facts = DATASETS["fashion_mnist"]
    assert images.shape == (facts.pool, 1, 28, 28)
    assert np.bincount(labels).tolist() == [6000] * 10
    # mean and deviation as the set's authors print them: 72.9 and 90.0 of 255
    assert images.mean() == pytest.approx(72.94, abs=0.01)
    assert images.std() == pytest.approx(90.02, abs=0.01)
    data = load(Dataset(name="fashion_mnist", train=1000, validation=500), 14)
    assert data.train.shape == (1000, 1, 14, 14)
    assert torch.bincount(data.train_labels).tolist() == [100] * 10


def test_facts_do_not_change_unnoticed():
    """A fingerprint decides splits and is in every run's key."""
    assert {name: facts.fingerprint[:12] for name, facts in DATASETS.items()} == {
        "digits": "65e5b4619795",
        "mnist": "d553c1097f05",
        "fashion_mnist": "bcae7b2f8eb9",
        "cifar10": "3df6e8bd533e",
        "cifar100": "a823ba85f10b",
        "imagenet": "",
    }


def test_a_relative_cache_is_ignored_and_no_home_is_told(tmp_path, monkeypatch):
    """The XDG specification ignores relative paths: workers have other working directories."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache("mnist") == tmp_path / ".cache/wn-sweep/mnist"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    with pytest.raises(DataError, match="no home directory; XDG_CACHE_HOME can name a folder for images"):
        cache("mnist")
    # what needs no cache needs no home
    make_idx(tmp_path / "idx", monkeypatch)
    assert len(read(Dataset(name="mnist", path=str(tmp_path / "idx")))[1]) == 200
    make_folder(tmp_path / "pictures", train=20)
    assert check_images(Dataset(name="imagefolder", path=str(tmp_path / "pictures"), image_size=8)) == ()
