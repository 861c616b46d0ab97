"""Composite tasks in a space: what they cost, the keys of their runs, and mistakes."""

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from sweep.costs import count, plan
from sweep.costs.training import passes
from sweep.engine.runs import key_of
from sweep.errors import SpaceError
from sweep.space import Point, Proxy, Space, canonical

POINT = Point(width=0.125, stem_channels=8, last_channels=32, repeats=(1, 1), image_size=8, family="static").resolved(8)


def recipe(task):
    return Proxy(
        dataset=dict(name="digits", train=300, validation=200),
        task=task,
        epochs=3,
        batch_size=40,
        optimizer=dict(name="adamw", lr=0.02),
    )


SPACE = """\
name: pairs
network: {backbone: shufflenet_v2, width: 0.125, image_size: 8, stem_channels: 8, last_channels: 32, repeats: [1, 1]}
grid:
  - family: static
  - {family: weightnet, M: 2, G: 1}
proxy:
  dataset: {name: digits, train: 300, validation: 200}
  epochs: 1
  optimizer: {lr: 0.02}
seeds: 1
"""


def space(task="", more=""):
    text = SPACE.replace("  epochs", f"  task: {task}\n  epochs") if task else SPACE
    return Space.parse(YAML(typ="safe").load(text + more))


@pytest.mark.parametrize(("task", "classes"), [("pairs", 55), ("{name: pairs, mix: difference}", 100)])
def test_costs_are_of_the_larger_classifier(task, classes):
    singles, pairs = plan(space()), plan(space(task))
    for one, two in zip(singles.points, pairs.points, strict=True):
        assert two.cost.params - one.cost.params == (classes - 10) * (32 + 1)
        assert two.cost.flops - one.cost.flops == (classes - 10) * 32
        assert (two.traced.params, two.traced.flops) == (two.cost.params, two.cost.flops)
        assert two.cost == count(two.point, 1, classes)


def test_keys_hold_the_task_and_are_as_before_without_one():
    single = recipe(None)
    keys = {key_of(POINT, recipe(task), 0) for task in (
        None, "pairs", dict(name="pairs", mix="mean"), dict(name="pairs", images=3), dict(name="pairs", validation=10),
    )}  # fmt: skip
    assert len(keys) == 5
    assert key_of(POINT, recipe(dict(name="pairs", mix="max", images=2, validation=20_000)), 0) == key_of(
        POINT, recipe("pairs"), 0
    )
    assert "task" not in canonical(single.decisive())


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("trios", r"proxy\.task\.name: 'trios' is not a known name \(known: pairs\)"),
        ("{name: pairs, mix: min}", r"proxy\.task\.mix: .*min"),
        ("{name: pairs, images: 1}", r"proxy\.task\.images: must be at least 2, found 1"),
        ("{name: pairs, mix: difference, images: 3}", "mix: difference is of 2 images, not of 3"),
        ("{name: pairs, image: 3}", r"unknown key 'image'; did you mean 'images'\?"),
        ("{name: pairs, images: 8, mix: max}", None),
    ],
)
def test_what_makes_no_sense_is_told(task, told):
    if told is None:
        assert space(task).proxy.facts.classes == 24_310
        return
    with pytest.raises(SpaceError, match=told):
        space(task)


def test_training_flops_hold_the_pairs_that_a_run_is_judged_on():
    few, many = (passes(recipe(dict(name="pairs", validation=n))) for n in (100, 1100))
    assert (few.judge, many.judge, few.learn) == (100, 1100, many.learn)
    assert passes(recipe(None)).judge == 200


def test_too_many_classes_and_a_task_to_tune_are_told():
    with pytest.raises(ValidationError, match="task has 4,421,275 classes, more than 100,000"):
        Proxy(dataset="cifar100", task=dict(name="pairs", images=4), epochs=1, optimizer=dict(lr=1))
    with pytest.raises(SpaceError, match="the task cannot be tuned"):
        space("pairs", "nuisance: {task.mix: [max, mean]}\n")
