"""Short spellings of the optimizer: the same recipes, runs and lines as the long ones."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from sweep.errors import SpaceError
from sweep.space import Space, canonical, plain
from sweep.space.json_schema import schema

VALIDATOR = Draft7Validator(schema())


def data(proxy, **more):
    proxy = {"dataset": "digits", "epochs": 1, "augment": {"flip": False}} | proxy
    return {"name": "x", "grid": [{"family": "static"}], "proxy": proxy, **more}


def recipes(space):
    return [canonical(plain(recipe.decisive())) for rung in space.rungs() for _, recipe in rung.recipes]


RATES = {"nuisance": {"optimizer.lr": [0.1, 0.2]}}
LONG = data({"optimizer": {"name": "adamw", "lr": 0.1}})
TUNED = data({"optimizer": {"name": "adamw", "lr": 0.1}}, **RATES)
SAME = [
    (data({"lr": 0.1}), LONG),
    (data({"optimizer": "adamw", "lr": 0.1}), LONG),
    (data({"optimizer": {"lr": 0.1}}), LONG),
    (data({}, **RATES), TUNED),
    (data({}, nuisance={"lr": [0.1, 0.2]}), TUNED),
    (data({"optimizer": "adamw"}, nuisance={"lr": [0.1, 0.2]}), TUNED),
    (data({"optimizer": {"weight_decay": 0}}, **RATES), TUNED),
    (data({"lr": 3}, **RATES), TUNED),
    (
        data({}, nuisance={"lr": [0.1, 0.2]}, lengths=[1, {"epochs": 2, "nuisance": {"lr": [0.3]}}]),
        data({"lr": 0.1}, **RATES, lengths=[1, {"epochs": 2, "nuisance": {"optimizer.lr": [0.3]}}]),
    ),
    (data({"optimizer": "sgd"}, **RATES), data({"optimizer": {"name": "sgd", "lr": 9}}, **RATES)),
    (data({"recipe": "paper", "lr": 0.1}), data({"recipe": "paper", "optimizer": {"lr": 0.1}})),
    (
        data({"recipe": "paper", "optimizer": "adamw"}, **RATES),
        data({"recipe": "paper", "optimizer": {"name": "adamw", "lr": 9}}, **RATES),
    ),
]


@pytest.mark.parametrize(("short", "long"), SAME)
def test_a_short_spelling_makes_the_recipes_of_the_long_one(short, long):
    assert VALIDATOR.is_valid(short)
    assert VALIDATOR.is_valid(long)
    parsed = Space.parse(short)
    assert recipes(parsed) == recipes(Space.parse(long))
    # what a ledger keeps has the long spelling, and is read without this file's subject
    assert recipes(Space.recorded(json.loads(json.dumps(parsed.data)))) == recipes(parsed)


@pytest.mark.parametrize(
    ("short", "told"),
    [
        (data({}), r"proxy.optimizer: is missing: give a learning rate \(lr: 0.01\), or tune it"),
        (data({"optimizer": "sgd"}), "proxy.optimizer.lr: is missing"),
        (data({"optimizer": "adam"}, **RATES), "did you mean 'adamw'"),
        (data({"optimizer": 3, "lr": 0.1}), "proxy.optimizer: needs a mapping, found 3"),
        (data({"optimizer": {"lr": 1}, "lr": 1}), "proxy.lr: lr is given twice"),
        (data({"lr": 1}, nuisance={"lr": [1], "optimizer.lr": [1]}), "nuisance.lr: lr is given twice"),
        (data({"recipe": "paper", "optimizer": "adamw"}), "proxy.optimizer.lr: is missing"),
        (data({}, nuisance={"optimizer.weight_decay": [0, 1]}), "proxy.optimizer: is missing"),
        (data({"lr": "fast"}), "proxy.optimizer.lr: needs a number, found 'fast'"),
        (data({"optimizer": "adamw"}, nuisance={"lr": []}), "nuisance.optimizer.lr: needs at least one value"),
    ],
)
def test_a_short_spelling_that_says_too_little_or_too_much_is_refused(short, told):
    with pytest.raises(SpaceError, match=told):
        Space.parse(short)
    assert not VALIDATOR.is_valid(short)


@pytest.mark.parametrize(
    ("rates", "line"), [("  lr: fast\nnuisance:\n", "6"), ("  lr: 1\nnuisance:\n  lr:\n  - a\n", "9")]
)
def test_a_mistake_has_the_line_of_the_short_spelling(tmp_path, rates, line):
    path = Path(tmp_path) / "space.yaml"
    path.write_text(f"name: x\ngrid: [family: static]\nproxy:\n  dataset: digits\n  epochs: 1\n{rates}")
    with pytest.raises(SpaceError) as caught:
        Space.load(path)
    assert line in [mistake.split(":")[1] for mistake in caught.value.mistakes]


def test_data_that_is_long_already_stays_as_it_is():
    """So that what ledgers hold, and what changed since, is told as before."""
    for long in (LONG, TUNED, data({"recipe": "paper"}, **RATES)):
        assert Space.parse(long).data == long
