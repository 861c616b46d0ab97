"""Recipes that have a name, and what a recipe may say."""

import pytest
from pydantic import ValidationError
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space, expand
from sweep.space.schema import Proxy

PHOTOS = dict(name="cifar10", train=1000, validation=100)


def recipe(**said):
    return Proxy(**{"recipe": "paper", "dataset": PHOTOS, **said})


def test_the_papers_recipe_is_what_the_paper_and_its_code_say():
    paper = recipe()
    assert (paper.epochs, paper.batch_size, paper.schedule, paper.warmup) == (240, 1024, "linear", None)
    assert dict(paper.optimizer) == {"name": "sgd", "lr": 0.5, "momentum": 0.9, "weight_decay": 4e-5}
    assert paper.label_smoothing == 0.1
    assert (paper.augment.resized_crop, paper.augment.color_jitter, paper.augment.flip) == ((0.08, 1.0), 0.4, True)
    # 300,000 steps of ImageNet's training images
    assert round(paper.epochs * 1_281_167 / paper.batch_size, -3) == pytest.approx(300_000, rel=0.005)


def test_what_the_file_says_counts_instead():
    mine = recipe(epochs=3, optimizer=dict(lr=0.1), augment=dict(flip=False, shift=1), label_smoothing=0)
    assert (mine.epochs, mine.batch_size, mine.label_smoothing) == (3, 1024, 0)
    assert dict(mine.optimizer) == {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 4e-5}
    assert (mine.augment.color_jitter, mine.augment.flip, mine.augment.shift) == (0.4, False, 1)


def test_another_optimiser_takes_nothing_over():
    mine = recipe(optimizer=dict(name="adamw", lr=0.01))
    assert dict(mine.optimizer) == {"name": "adamw", "lr": 0.01, "weight_decay": 0}


def test_a_name_stands_for_its_recipe_and_nothing_else():
    """The name is no part of a run: the same recipe, written out, is the same run."""
    paper = recipe()
    written = {name: value for name, value in paper.model_dump().items() if value is not None}
    assert Proxy(**{**written, "dataset": PHOTOS}) == paper


def test_digits_have_no_mirror_image_in_any_recipe():
    with pytest.raises(ValidationError, match=r"augment\.flip would turn digits into something else"):
        recipe(dataset="digits")


SPACE = """\
name: mine
network: {backbone: shufflenet_v2, image_size: 32}
grid:
  - family: static
proxy:
  recipe: paper
  dataset: {name: cifar10, train: 1000, validation: 100}
  epochs: 2
seeds: 1
"""


def test_an_unknown_name_is_a_mistake_with_its_line(write):
    with pytest.raises(SpaceError, match=r"space\.yaml:6: proxy\.recipe: no recipe is called 'papier'; there is paper"):
        Space.load(write(SPACE.replace("paper", "papier")))


def test_a_nuisance_setting_goes_over_the_recipe(write):
    nuisance = "nuisance:\n  optimizer.lr: [0.1, 0.5]\n  schedule: [linear, cosine]\n"
    recipes = [proxy for _, proxy in Space.load(write(SPACE + nuisance)).recipes()]
    assert [(one.optimizer.lr, one.optimizer.momentum, one.schedule) for one in recipes] == [
        (0.1, 0.9, "linear"),
        (0.1, 0.9, "cosine"),
        (0.5, 0.9, "linear"),
        (0.5, 0.9, "cosine"),
    ]


def test_a_crop_is_compared_with_the_smallest_images_of_an_axis(write):
    text = SMALL.replace("epochs: 8", "epochs: 8\n  augment: {crop: 4}")
    expand(Space.load(write(text.replace("- family: static", "- {family: static, image_size: [5, 16]}"))))
    with pytest.raises(SpaceError, match="mirrors 4 pixels at the edge of images of 4"):
        expand(Space.load(write(text.replace("- family: static", "- {family: static, image_size: [4, 16]}"))))
