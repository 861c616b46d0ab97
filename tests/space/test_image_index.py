"""The index of a folder of images: its classes, its splits, and what its fingerprint notices."""

import os
import pathlib
import shutil
import socket

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


# what lies in a class, and is no image of it


def test_hidden_folders_hold_no_images(tmp_path):
    make_folder(tmp_path, train=3)
    before = index(tmp_path)
    for hidden in ("train/cat/.ipynb_checkpoints", "train/dog/more/.thumbs/deep"):
        save(tmp_path / hidden / "copy.png", np.zeros((4, 4, 3), np.uint8))
    found = index(tmp_path)
    assert found.labels.tolist() == before.labels.tolist()
    assert found.fingerprint == before.fingerprint


@pytest.mark.parametrize("target", [".", "..", "../..", "../../..", "/", "again"])
def test_a_link_to_a_folder_above_brings_no_image_twice_and_none_of_another_class(target, tmp_path):
    root = tmp_path / "set"
    make_folder(root, train=3, val=2)
    (root / "train/cat/loop").symlink_to(target)
    (root / "train/cat/again").mkdir()
    (root / "train/cat/again/back").symlink_to("..")
    assert index(root).labels.tolist() == [0, 0, 1, 1, 0, 0, 0, 1, 1, 1]


def test_a_class_that_is_a_link_is_followed_and_one_that_holds_itself_is_told(tmp_path):
    make_folder(tmp_path / "set", train=3)
    make_folder(tmp_path / "other", ("cow",), train=2)
    (tmp_path / "set/train/cow").symlink_to(tmp_path / "other/train/cow")
    (tmp_path / "other/train/cow/back").symlink_to(tmp_path / "set/train")
    assert index(tmp_path / "set").labels.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    (tmp_path / "set/train/eel").symlink_to("..")
    with pytest.raises(ValueError, match=r"train/eel is a link to a folder that it lies in"):
        index(tmp_path / "set")


def test_a_folder_that_two_links_name_counts_once(tmp_path):
    make_folder(tmp_path / "set", train=3)
    make_folder(tmp_path / "other", ("cow",), train=2)
    for name in ("b", "a"):
        (tmp_path / "set/train/cat" / name).symlink_to(tmp_path / "other/train/cow")
    found = index(tmp_path / "set")
    assert found.labels.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert found.encoded(3)[0] == str(tmp_path / "set/train/cat/a/000.png")


@pytest.mark.parametrize(
    "name", ["train/cat/gone.png", "train/cat/gone", "train/cat/more/gone.JPG", "train/gone", "val/gone"]
)
def test_a_link_to_nothing_is_told_with_its_name(name, tmp_path):
    make_folder(tmp_path, train=3, val=1)
    (tmp_path / "train/cat/more").mkdir()
    (tmp_path / name).symlink_to("/no/such place")
    with pytest.raises(ValueError, match=rf"{name} is a link to /no/such place, which does not exist"):
        index(tmp_path)


def test_a_link_to_itself_is_told_with_its_name(tmp_path):
    make_folder(tmp_path, train=3)
    (tmp_path / "train/cat/self.png").symlink_to("self.png")
    with pytest.raises(ValueError, match=r"train/cat/self\.png cannot be read: Too many levels of symbolic links"):
        index(tmp_path)


def bind(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: os.mkfifo(path), "a FIFO"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (lambda path: path.symlink_to("/dev/stdin"), "a FIFO|a device|a socket"),
        (bind, "a socket"),
    ],
    ids=["FIFO", "zero", "stdin", "socket"],
)
def test_what_is_no_file_is_told_and_not_opened(make, what, tmp_path, monkeypatch):
    make_folder(tmp_path, train=3)
    monkeypatch.chdir(tmp_path)
    path = pathlib.Path("train/cat/x.png")  # short: a socket's name may have 107 bytes
    make(path)
    if path.is_file():
        pytest.skip("stdin is a file here")
    with pytest.raises(ValueError, match=rf"train/cat/x\.png is ({what}), not a file"):
        index(tmp_path)


def test_what_became_no_file_since_is_not_waited_for(tmp_path):
    make_folder(tmp_path, train=3)
    found = index(tmp_path)
    path = pathlib.Path(found.encoded(1)[0])
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match=r"is a FIFO, not a file"):
        found.encoded(1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    make_folder(tmp_path, train=3)
    (tmp_path / "train/cat/more").mkdir(mode=0)
    with pytest.raises(ValueError, match=r"train/cat/more cannot be read: Permission denied"):
        index(tmp_path)


@pytest.mark.parametrize("name", ["validation", "valid"])
def test_other_names_of_the_validation_split(name, tmp_path):
    make_folder(tmp_path, train=3, val=2)
    before = index(tmp_path)
    (tmp_path / "val").rename(tmp_path / name)
    found = index(tmp_path)
    assert (found.apart, found.fingerprint) == (4, before.fingerprint)
    assert found.encoded(0)[0] == str(tmp_path / name / "cat/000.png")
    make_folder(tmp_path, train=0, val=1)
    with pytest.raises(ValueError, match=f"has val/ and {name}/: only one can be the validation split"):
        index(tmp_path)


def test_validation_images_that_lie_in_no_class_are_told(tmp_path):
    make_folder(tmp_path, train=3)
    save(tmp_path / "val/001.png", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"val has images outside of class folders: put them in .*val/CLASS/"):
        index(tmp_path)
