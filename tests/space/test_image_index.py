"""The index of a folder of images: its classes, its splits, and what its fingerprint notices."""

import shutil

import numpy as np
import pytest
from made_images import make_folder, save

from sweep.space import image_index
from sweep.space.image_index import folder_index


@pytest.fixture(autouse=True)
def anew():
    folder_index.cache_clear()
    yield
    folder_index.cache_clear()


def index(root):
    folder_index.cache_clear()
    return folder_index(str(root))


def test_classes_are_folders_in_alphabetical_order(tmp_path):
    make_folder(tmp_path, ("dog", "cat", "eel"), train=4, val=2)
    found = index(tmp_path)
    assert found.classes == ("cat", "dog", "eel")
    assert found.labels.tolist() == [0, 0, 1, 1, 2, 2, *[0] * 4, *[1] * 4, *[2] * 4]
    assert (found.apart, found.test_images) == (6, 0)
    names = [found.encoded(number)[0] for number in range(len(found.labels))]
    assert names[0] == str(tmp_path / "val/cat/000.png")
    assert names[-1] == str(tmp_path / "train/eel/003.png")


def test_without_a_split_of_its_own_a_fifth_is_set_aside(tmp_path):
    make_folder(tmp_path, train=10)
    before = index(tmp_path)
    assert (before.apart, before.test_images) == (0, 4)
    (tmp_path / "test").mkdir()
    after = index(tmp_path)
    assert after.test_images == 0
    # other images are trained on, so the runs are others
    assert after.fingerprint != before.fingerprint


def test_files_at_any_depth_and_of_any_suffix_and_no_others(tmp_path):
    make_folder(tmp_path, train=1)
    save(tmp_path / "train/cat/more/deep.JPEG", np.zeros((4, 4, 3), np.uint8))
    for name in ("notes.txt", ".hidden.png", "no_suffix"):
        (tmp_path / "train/cat" / name).write_text("x")
    (tmp_path / "train/.git").mkdir()
    (tmp_path / "train/stray.png").write_text("x")
    assert index(tmp_path).labels.tolist() == [0, 0, 1]


def test_the_fingerprint_is_of_names_and_contents_and_not_of_the_place(tmp_path):
    make_folder(tmp_path / "one", train=3)
    first = index(tmp_path / "one").fingerprint
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert index(tmp_path / "two").fingerprint == first
    path = tmp_path / "two/train/cat/001.png"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert index(tmp_path / "two").fingerprint != first
    shutil.copy(tmp_path / "one/train/cat/001.png", path)
    path.rename(path.with_name("other.png"))
    assert index(tmp_path / "two").fingerprint != first


def test_of_a_large_set_no_image_is_read(tmp_path, monkeypatch):
    make_folder(tmp_path, train=3)
    monkeypatch.setattr(image_index, "CHEAP", 0)
    first = index(tmp_path).fingerprint
    path = tmp_path / "train/cat/001.png"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert index(tmp_path).fingerprint == first
    path.write_bytes(path.read_bytes() + b"!")
    assert index(tmp_path).fingerprint != first


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda root: shutil.rmtree(root), "there is no folder"),
        (lambda root: shutil.rmtree(root / "train"), r"has no classes: images belong in train/CLASS/"),
        (lambda root: [shutil.rmtree(one) for one in (root / "train").iterdir()], "has no classes"),
        (lambda root: (root / "train/eel").mkdir(), r"train/eel holds no image \(\.jpg, "),
        (lambda root: (root / "val/eel").mkdir(parents=True), "val/eel is no class of"),
    ],
    ids=["nothing", "no train", "no classes", "an empty class", "a class of val alone"],
)
def test_what_is_no_such_folder(break_it, told, tmp_path):
    root = tmp_path / "set"
    make_folder(root, train=2)
    break_it(root)
    with pytest.raises(ValueError, match=told):
        index(root)
