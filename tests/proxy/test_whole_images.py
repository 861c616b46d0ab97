"""The paper's pipeline: training images are cropped from all of an image, and judged as the official code does."""

import io
import math
import sys

import numpy as np
import pytest
import torch
from made_images import save
from PIL import Image
from pydantic import ValidationError

from sweep.networks import seeded
from sweep.proxy import load, train
from sweep.proxy.augment import RATIO, draw
from sweep.proxy.batches import batches, stretches
from sweep.proxy.data import _chosen
from sweep.proxy.decode import aspect, decode
from sweep.proxy.last_images import last_images
from sweep.space import Point
from sweep.space.schema import Augment, Dataset, Proxy, look_again


@pytest.fixture(autouse=True)
def anew(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    look_again()
    for cached in (load, _chosen):
        cached.cache_clear()


def ramp(width, height):
    """An image whose red says how far to the right a pixel is, and whose green how far down, in 255ths of the side."""
    across = np.linspace(0, 255, width)[None].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.stack((across, down, 0 * down), 2).round().astype(np.uint8)


def file(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def make(root, count=20, val=10):
    draws = np.random.default_rng(0)
    for split, n in (("train", count), ("val", val)):
        for number, name in enumerate(("cat", "dog")):
            for one in range(n):
                pixels = ramp(*draws.integers(40, 90, 2))
                pixels[..., 2] = 60 + 100 * number + one
                save(root / split / name / f"{one:03}.png", pixels)


def recipe(root, size=16, **more):
    dataset = dict(name="imagefolder", path=str(root), image_size=size)
    base = dict(recipe="paper", dataset=dataset, epochs=2, batch_size=10, optimizer=dict(lr=0.05), label_smoothing=0)
    return Proxy(**{**base, **more})


@pytest.mark.parametrize("shape", [(500, 375), (375, 500), (300, 300), (257, 255), (1000, 90)])
def test_judged_as_the_official_code_does(shape):
    """Resize the shorter side to 256, and cut 224 pixels from the middle: by Pillow, step by step."""
    pixels = np.random.default_rng(1).integers(0, 256, (shape[1] // 5, shape[0] // 5, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize(shape, Image.Resampling.BICUBIC)
    width, height = shape
    longer = int(256 * max(shape) / min(shape))
    resized = image.resize((longer, 256) if width > height else (256, longer), Image.Resampling.BILINEAR)
    left, top = round((resized.size[0] - 224) / 2), round((resized.size[1] - 224) / 2)
    truth = np.asarray(resized.crop((left, top, left + 224, top + 224))).transpose(2, 0, 1)
    found = decode(file(np.asarray(image)), "x", 3, 224, "judged")
    assert np.abs(found.astype(int) - truth).max() <= 1


def test_a_strip_of_an_image_takes_no_memory():
    assert decode(file(np.zeros((1, 60_000, 3), np.uint8)), "x", 3, 224, "judged").shape == (3, 224, 224)


def test_whole_is_all_of_an_image():
    found = decode(file(ramp(80, 50)), "x", 3, 40, "whole")
    assert found[0, :, 0].max() < 10
    assert found[0, :, -1].min() > 245
    assert found[1, 0].max() < 10
    assert found[1, -1].min() > 245
    assert aspect(file(ramp(80, 50)), "x") == 1.6


def torchvisions(u_area, u_ratio, u_down, u_right, width, height, shares):
    """RandomResizedCrop.get_params of torchvision 0.20 as a loop, from numbers from 0 to 1, without whole pixels."""
    for area, ratio in zip(u_area, u_ratio, strict=True):
        target = width * height * (shares[0] + (shares[1] - shares[0]) * area)
        ratio = math.exp(math.log(RATIO[0]) + ratio * (math.log(RATIO[1]) - math.log(RATIO[0])))
        w, h = math.sqrt(target * ratio), math.sqrt(target / ratio)
        if w <= width and h <= height:
            return u_down * (height - h), u_right * (width - w), h, w
    if width / height < RATIO[0]:
        w, h = width, width / RATIO[0]
    elif width / height > RATIO[1]:
        w, h = height * RATIO[1], height
    else:
        w, h = width, height
    return (height - h) / 2, (width - w) / 2, h, w


@pytest.mark.parametrize("shares", [(0.08, 1.0), (0.9, 1.0)])
def test_windows_are_those_of_torchvision(shares):
    sizes = [(500, 375), (375, 500), (100, 100), (900, 100), (100, 900), (133, 100)] * 20
    aspects = torch.tensor([w / h for w, h in sizes])
    drawn = draw(Augment(resized_crop=shares), len(sizes), 8, torch.Generator().manual_seed(3), aspects)
    numbers = torch.Generator().manual_seed(3)
    area, ratio = torch.rand(2, 10, len(sizes), generator=numbers)
    down, right = torch.rand(2, len(sizes), generator=numbers)
    for i, (width, height) in enumerate(sizes):
        truth = torchvisions(
            area[:, i].tolist(), ratio[:, i].tolist(), float(down[i]), float(right[i]), width, height, shares
        )
        found = drawn.values["window"][i] * torch.tensor([height, width, height, width])
        assert found.tolist() == pytest.approx(truth, abs=1e-2)


def test_training_images_are_crops_of_the_whole_image(tmp_path):
    """What ramps say: where a crop lies, that its shape and area are allowed, and that it reaches beyond the middle."""
    for name in ("cat", "dog"):
        for one in range(60):
            pixels = ramp(200, 100)
            pixels[..., 2] = one
            save(tmp_path / f"set/train/{name}/{one:03}.png", pixels)
            save(tmp_path / f"set/val/{name}/{one:03}.png", pixels)
    proxy = recipe(tmp_path / "set", 32, augment=dict(color_jitter=None, flip=False))
    data = load(proxy.dataset, 32)
    assert (data.train.shape, data.validation.shape) == ((120, 3, 43, 43), (120, 3, 32, 32))
    draws = seeded(0, "order"), seeded(0, "augmentation")
    made = [images for images, _ in batches(data, proxy, stretches(120, 40), draws, 0)]
    assert all(images.shape == (40, 3, 32, 32) for images in made)
    pixels = torch.cat(made) * data.deviation + data.mean
    beyond = 0
    for image in pixels:
        across, down = image[0].mean(0) / 255, image[1].mean(1) / 255
        # half a pixel of the output at each side
        width, height = (float(ramp[-1] - ramp[0]) * 32 / 31 for ramp in (across, down))
        assert 0.08 * 0.8 < width * height < 1.05
        assert 0.9 * RATIO[0] < 2 * width / height < 1.1 * RATIO[1]
        beyond += float(across[0]) < 0.25 or float(across[-1]) > 0.75
    assert beyond > 60


def test_a_run_learns_repeats_and_is_judged_on_its_test_images(tmp_path, monkeypatch):
    make(tmp_path / "set")
    make(tmp_path / "other", val=6)
    (tmp_path / "other/val").rename(tmp_path / "set/test")
    proxy = recipe(tmp_path / "set", optimizer=dict(lr=0.02))
    point = Point(width=0.125, stem_channels=8, last_channels=16, repeats=(1,), image_size=16).resolved(16)
    one = train(point, proxy, 0)
    load.cache_clear()
    # and from images on disk as from those in memory
    monkeypatch.setattr(sys.modules["sweep.proxy.data"], "IN_MEMORY", 0)
    again = train(point, proxy, 0)
    assert (one.error, one.losses) == (again.error, again.losses)
    load.cache_clear()
    mapped = train(point, proxy, 0)
    assert (one.error, one.losses) == (mapped.error, mapped.losses)
    images = last_images(proxy.dataset)
    truth = decode((tmp_path / "set/test/cat/000.png").read_bytes(), "x", 3, 16, "judged")
    assert np.array_equal(images.images[0], truth)


def test_another_size_of_the_network(tmp_path):
    make(tmp_path / "set")
    proxy = recipe(tmp_path / "set", 24)
    data = load(proxy.dataset, 12)
    draws = seeded(0, "order"), seeded(0, "augmentation")
    images, _ = next(batches(data, proxy, stretches(40, 10), draws, 0))
    assert images.shape == (10, 3, 12, 12)
    assert data.validation.shape == (20, 3, 12, 12)


def test_the_recipe_names_it_for_images_of_any_size_only(tmp_path):
    make(tmp_path / "set")
    assert recipe(tmp_path / "set").dataset.fit == "whole"
    assert Proxy(recipe="paper", dataset="cifar10").dataset.fit is None
    own = dict(name="imagefolder", path=str(tmp_path / "set"), image_size=16, fit="middle")
    middle = Proxy(recipe="paper", dataset=own)
    assert middle.dataset == Dataset(name="imagefolder", path=str(tmp_path / "set"), image_size=16)
    with pytest.raises(ValidationError, match=r"dataset\.fit: whole needs augment\.resized_crop"):
        Proxy(dataset={**own, "fit": "whole"}, epochs=1, optimizer=dict(lr=0.1))
    with pytest.raises(ValidationError, match=r"cifar10\.fit"):
        Dataset(name="cifar10", fit="whole")
