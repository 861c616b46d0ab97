"""Test images: a set's own, or those set aside in their place; each set in its own form."""

import io
import sys
import tarfile

import numpy as np
import pytest
from made_images import batch, drawn, make_folder, make_idx, make_test_idx, pretend, save, sha256

from sweep.proxy import DataError, load
from sweep.proxy.data import _chosen
from sweep.proxy.last_images import last_images
from sweep.space import DATASETS
from sweep.space.official import OFFICIAL
from sweep.space.schema import Dataset, look_again


@pytest.fixture(autouse=True)
def anew(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    look_again()
    for cached in (load, _chosen):
        cached.cache_clear()


def folder(path, **more):
    return Dataset(name="imagefolder", path=str(path), image_size=8, **more)


def test_idx_files(tmp_path, monkeypatch):
    make_idx(tmp_path, monkeypatch)
    images, labels = make_test_idx(tmp_path, monkeypatch)
    found = last_images(Dataset(name="mnist", path=str(tmp_path)))
    assert np.array_equal(found.images[:, 0], images)
    assert np.array_equal(found.labels, labels)
    assert found.official


@pytest.mark.parametrize("binary", [False, True], ids=["python", "binary"])
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_in_its_archive(name, binary, monkeypatch, tmp_path):
    number = {"cifar10": 10, "cifar100": 100}[name]
    test, kind, short = ("test_batch", "batches", "bin") if name == "cifar10" else ("test", "", "")
    images, labels = drawn(10, (3, 32, 32), number, seed=2)
    key = "labels" if name == "cifar10" else "fine_labels"
    coarse = b"" if name == "cifar10" else b"\x07"
    python = batch(images, labels, key)
    records = b"".join(coarse + bytes([y]) + x.tobytes() for x, y in zip(images, labels, strict=True))
    style = "binary" if binary else "python"
    inner = f"cifar-10-{kind}-{short if binary else 'py'}" if name == "cifar10" else f"cifar-100-{style}"
    archive = tmp_path / f"cifar-{number}-{style}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        content = records if binary else python
        member = tarfile.TarInfo(f"{inner}/{test}{'.bin' if binary else ''}")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    sums = {archive.name: sha256(archive.read_bytes())}
    pretend(monkeypatch, name, 200, {"never": "asked for"}, sums, test_files={test: sha256(python)})
    found = last_images(Dataset(name=name, path=str(tmp_path)))
    assert np.array_equal(found.images, images)
    assert np.array_equal(found.labels, labels)
    if not binary:
        archive.unlink()
        (tmp_path / test).write_bytes(python)
        assert np.array_equal(last_images(Dataset(name=name, path=str(tmp_path))).images, images)
        (tmp_path / test).write_bytes(python[:-1])
        with pytest.raises(DataError, match=f"{test} is not the official file"):
            last_images(Dataset(name=name, path=str(tmp_path)))


def test_every_official_set_has_test_files_with_checksums():
    for name, official in OFFICIAL.items():
        assert official.test_files, name
        assert not set(official.test_files) & set(official.files)
        assert not set(official.test_downloads) & set(official.downloads)
        assert len(official.test_downloads) == (2 if "mnist" in name else 0)


def test_digits_are_what_no_split_holds():
    found = last_images(Dataset(name="digits"))
    assert len(found.labels) == DATASETS["digits"].test_images == 359
    assert not found.official
    counts = np.bincount(found.labels)
    assert counts.max() - counts.min() <= 4


def make_test_folder(root, count=4):
    for number, name in enumerate(("cat", "dog")):
        for one in range(count):
            pixels = np.full((8, 8, 3), 102, np.uint8)
            pixels[..., 0], pixels[..., 1] = number, one
            save(root / "test" / name / f"{one:03}.png", pixels)


@pytest.mark.parametrize("val", [0, 5])
def test_a_folder_with_a_test_split(val, tmp_path):
    make_folder(tmp_path, train=10, val=val)
    make_test_folder(tmp_path)
    found = last_images(folder(tmp_path))
    assert found.official
    seen = [(int(p[2, 0, 0]), int(p[0, 0, 0]), int(p[1, 0, 0])) for p in found.images]
    assert seen == [(102, label, one) for label in range(2) for one in range(4)]
    assert found.labels.tolist() == [label for _, label, _ in seen]
    # and no run sees them
    pixels, _, _ = _chosen(folder(tmp_path))
    assert 102 not in pixels[:, 2]


def test_a_folder_without_one_sets_a_fifth_aside(tmp_path):
    make_folder(tmp_path, train=20)
    found = last_images(folder(tmp_path))
    mine = {(int(p[0, 0, 0]), int(p[1, 0, 0])) for p in found.images}
    pixels, _, _ = _chosen(folder(tmp_path))
    others = {(int(p[0, 0, 0]), int(p[1, 0, 0])) for p in pixels}
    assert (len(mine), found.official) == (8, False)
    assert mine | others == {(label, one) for label in range(2) for one in range(20)}
    assert not mine & others


def test_sets_that_have_none_say_so(tmp_path):
    make_folder(tmp_path / "judged", train=10, val=5)
    with pytest.raises(DataError, match="has no test split: all of its images are for training and validation"):
        last_images(folder(tmp_path / "judged"))
    make_folder(tmp_path / "flat", train=10)
    save(tmp_path / "flat/test/001.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="no images in folders of classes, so nothing says what they show"):
        last_images(folder(tmp_path / "flat"))
    make_folder(tmp_path / "strange", train=10)
    save(tmp_path / "strange/test/cow/001.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match=r"test/cow is no class of"):
        last_images(folder(tmp_path / "strange"))


def test_nobody_else_imports_them():
    """One module reads test images, and one asks it to."""
    import grimp

    graph = grimp.build_graph("sweep")
    assert graph.find_modules_that_directly_import("sweep.proxy.last_images") == {"sweep.last_look"}
    assert graph.find_modules_that_directly_import("sweep.last_look") == {"sweep.rendering"}
    assert "sweep.proxy.last_images" in sys.modules
