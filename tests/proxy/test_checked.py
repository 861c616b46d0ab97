"""Every image of a set is looked at once, before anything is trained."""

import shutil

import numpy as np
import pytest
from made_images import make_folder, save
from PIL import Image

from sweep.proxy import DataError, checked, load
from sweep.proxy.checked import check_images
from sweep.proxy.data import _chosen
from sweep.proxy.last_images import last_images
from sweep.space import image_index
from sweep.space.schema import Dataset, look_again


@pytest.fixture(autouse=True)
def anew(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    look_again()
    for cached in (load, _chosen):
        cached.cache_clear()


def folder(path, **more):
    look_again()
    return Dataset(name="imagefolder", path=str(path), image_size=8, **more)


def break_one_that_is_set_aside(root):
    """Damage an image that no run reads; the draw of the split depends on contents, so this takes a few trials."""
    for path in sorted(root.rglob("*.png")):
        whole = path.read_bytes()
        path.write_bytes(b"?" * len(whole))
        _chosen.cache_clear()
        load.cache_clear()
        try:
            load(folder(root), 8)
        except DataError:
            path.write_bytes(whole)
        else:
            return path, whole
    raise AssertionError("every image is read")


@pytest.mark.parametrize("cheap", [True, False], ids=["all are read", "a large set"])
def test_an_image_that_is_set_aside_and_cannot_be_read_is_told(cheap, tmp_path, monkeypatch):
    if not cheap:
        monkeypatch.setattr(image_index, "CHEAP", 0)
    make_folder(tmp_path / "set", train=20)
    assert check_images(folder(tmp_path / "set")) == ()
    shutil.rmtree(tmp_path / "cache")
    path, whole = break_one_that_is_set_aside(tmp_path / "set")
    with pytest.raises(DataError, match=f"{path} cannot be read"):
        last_images(folder(tmp_path / "set"))
    with pytest.raises(DataError, match=f"{path} cannot be read"):
        check_images(folder(tmp_path / "set"))
    # and it can be mended
    path.write_bytes(whole)
    assert check_images(folder(tmp_path / "set")) == ()


def test_images_that_no_subset_uses_are_looked_at_too(tmp_path):
    make_folder(tmp_path / "set", train=20)
    for name in ("cat", "dog"):
        for one in range(6):
            (tmp_path / f"set/train/{name}/{one:03}.png").write_bytes(b"?" * (one + 1))
    message = r"^12 images cannot be used: .*(; .*){4}; and 7 more$"
    with pytest.raises(DataError, match=message):
        check_images(folder(tmp_path / "set", train=2, validation=2))


def test_it_is_paid_once(tmp_path, monkeypatch):
    make_folder(tmp_path / "set", train=20)
    check_images(folder(tmp_path / "set"))
    with monkeypatch.context() as never:
        never.setattr(checked, "decode", lambda *words: pytest.fail("an image was decoded again"))
        assert check_images(folder(tmp_path / "set")) == ()
    (kept,) = (tmp_path / "cache/wn-sweep/checked").iterdir()
    for damaged in ("", "{", '{"a": 1}', "[1]"):
        kept.write_text(damaged)
        assert check_images(folder(tmp_path / "set")) == ()
    save(tmp_path / "set/train/cat/more.png", np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "set/train/cat/more.png").write_bytes(b"x")
    with pytest.raises(DataError):
        check_images(folder(tmp_path / "set"))


def test_a_cache_that_takes_nothing_stops_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    make_folder(tmp_path / "set", train=20)
    assert check_images(folder(tmp_path / "set")) == ()


def test_official_sets_are_known():
    assert check_images(Dataset(name="digits")) == ()


def test_validation_images_that_are_copies_of_training_images_are_told(tmp_path):
    root = tmp_path / "set"
    make_folder(root, train=10, val=5)
    assert check_images(folder(root)) == ()
    for one in (1, 3):
        shutil.copy(root / f"train/dog/00{one}.png", root / f"val/dog/00{one + 1}.png")
    (note,) = check_images(folder(root))
    assert (
        note
        == (
            f"{root}: 2 of the 10 validation images are copies of training images ({root}/val/dog/002.png of "
            f"{root}/train/dog/001.png): errors will be lower than those of new images"
        )
        or f"({root}/val/dog/004.png of {root}/train/dog/003.png)" in note
    )
    # told again, from what was kept
    assert check_images(folder(root)) == (note,)
    # a subset has the copies that it has
    assert not check_images(folder(root, validation=2, train=2)) or "of the 2 validation" in note


def test_copies_are_told_of_images_that_seeds_draw_from(tmp_path):
    """A draw of few images may hold none of the copies, which other draws have."""
    root = tmp_path / "set"
    draw = np.random.default_rng(0)
    for name in ("cat", "dog"):
        for one in range(30):
            save(root / f"train/{name}/{one:03}.png", draw.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            shutil.copy(root / f"train/{name}/{one:03}.png", root / f"train/{name}/{one:03}b.png")
    few = check_images(folder(root, train=4, validation=20))
    drawn = check_images(folder(root, train=4, validation=20, subset="by seed"))
    assert drawn != few
    assert "of the 20 validation images are copies" in drawn[0]
    shutil.rmtree(tmp_path / "cache")
    assert check_images(folder(root, train=4, validation=20, subset="by seed")) == drawn


def test_copies_within_a_set_that_is_split_here(tmp_path):
    make_folder(tmp_path / "set", train=20)
    for one in range(20):
        shutil.copy(tmp_path / f"set/train/cat/{one:03}.png", tmp_path / f"set/train/cat/{one + 100}.png")
    dataset = folder(tmp_path / "set")
    (note,) = check_images(dataset)
    pixels, _, _ = _chosen(dataset)
    seen = [image.tobytes() for image in pixels]
    train, validation = dataset.counts()
    expected = sum(one in set(seen[:train]) for one in seen[train:])
    assert expected > 0
    assert f": {expected} of the {validation} validation images are copies of training images" in note


def test_images_in_two_classes_are_told(tmp_path):
    make_folder(tmp_path / "set", train=10)
    shutil.copy(tmp_path / "set/train/cat/003.png", tmp_path / "set/train/dog/x.png")
    notes = check_images(folder(tmp_path / "set"))
    assert f"{tmp_path}/set: 1 images lie in more than one class" in notes[-1]
    assert "cat/003.png" in notes[-1]
    assert "dog/x.png" in notes[-1]


def test_orientations_are_told(tmp_path):
    make_folder(tmp_path / "set", train=10)
    for one, turn in (("a", 6), ("b", 1), ("c", 3)):
        exif = Image.Exif()
        exif[0x0112] = turn
        image = Image.fromarray(np.full((8, 8, 3), ord(one), np.uint8))
        image.save(tmp_path / f"set/train/cat/{one}.jpg", exif=exif)
    (note,) = check_images(folder(tmp_path / "set"))
    assert note == f"{tmp_path}/set: 2 of 23 images carry a camera's orientation (EXIF), which is not applied"
