"""The printed JSON schema against what `run` accepts and refuses, by the package jsonschema."""

import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space, expand, shipped
from sweep.space.json_schema import schema
from sweep.space.source import read

sys.path.append(str(Path(__file__).parents[1]))
from bad_spaces import CASES

ROOT = Path(__file__).parents[2]
SCHEMA = schema()
VALIDATOR = Draft7Validator(SCHEMA)

#: What `run` refuses and no JSON schema can: why.
BEYOND_A_SCHEMA = {
    "M not a multiple of G": "arithmetic between two values",
    "M not whole in a layer": "arithmetic with the channels of a layer",
    "lambda too large": "arithmetic between two values",
    "M too large for lambda": "arithmetic between two values",
    "too fine a fraction": "arithmetic within a text",
    "a fraction that is none": "arithmetic within a text: a division by zero",
    "a constraint that leaves no point": "needs the cost of every point",
    "an axis constraint that leaves no point": "compares values of two sections",
    "a constraint upside down": "compares two values",
    "a range upside down": "compares two values",
    "a range of halves where none can be": "needs the values of a range",
    "a baseline that is no point": "compares sections",
    "a baseline that is two points": "compares sections",
    "a subset of everything": "adds two values",
    "too many images": "adds two values",
    "a stem too wide": "arithmetic with the channels of a layer",
    "a stage too far": "compares two values of different sections",
    "published rows that are not there": "looks for a file",
    "a network of one's own": "looks for a module",
    "a nuisance that is wrong with the rest": "applies a setting to the recipe",
    "a crop of the whole image": "compares two values of different sections",
    "a crop to tune that is too large": "compares two values of different sections",
    "a question about what does not vary": "compares a value with the axes of the grid",
    "a curve along no axis": "compares a value with the axes of the grid",
    "a truth that is not there": "looks for a file",
    "a truth told twice": "compares values",
    "a length twice": "compares values",
    "seeds of the baseline that lack one": "compares two values",
    "lengths without the one that is judged": "compares values of two sections",
    "halving that is judged by a shorter length": "compares values of two sections",
    "lengths beside tuned epochs": "compares values of two sections",
    "rates of a length that nothing tunes": "compares keys of two sections",
    "a budget for nothing": "compares runs with fresh seeds",
    "halving that ends before the last length": "compares runs with the number of lengths",
    "a GPU's precision on a CPU": "compares values of two sections",
    "a duplicate key": "the parser's: YAML itself forbids it",
    "a tag": "the parser's: what a tag makes is no JSON",
    "NaN": "the parser's: it is no JSON",
    "infinity": "the parser's: it is no JSON",
    "half a character": "the parser's: it is no text",
}


def values(path):
    return read(path)[0]


def accepted(instance):
    return VALIDATOR.is_valid(instance)


def test_it_is_a_schema_with_an_id():
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:wn-sweep:space"


def properties(node, path=()):
    """Every property that a person may write, with where it is; rules between properties have none of their own."""
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield (*path, name), inner
            yield from properties(inner, (*path, name))
        for key in ("items", "anyOf", "additionalProperties"):
            below = node.get(key)
            for inner in below if isinstance(below, list) else [below]:
                yield from properties(inner, path)


def test_every_property_has_a_description():
    found = dict(properties(SCHEMA))
    assert len(found) > 100
    for path, inner in found.items():
        if inner.keys() & {"type", "anyOf", "enum"} and "description" not in inner:
            # a rule beside the property that is described
            assert "required" in json.dumps(inner) or path[-1] in {"min", "max", "step", "count"}, path
        assert "description" not in inner or len(inner["description"]) > 10, path


@pytest.mark.parametrize("path", [*shipped().values(), ROOT / "docs/examples/ring.yaml"], ids=lambda path: path.stem)
def test_it_accepts_what_ships(path):
    assert [error.message[:300] for error in VALIDATOR.iter_errors(values(path))] == []


def test_it_accepts_the_readmes_space_and_that_of_the_tests(write):
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for space in (text, SMALL):
        assert [error.message for error in VALIDATOR.iter_errors(values(write(space)))] == []


@pytest.mark.parametrize("what", [name for name in CASES if name not in BEYOND_A_SCHEMA])
def test_it_refuses_what_run_refuses(what, write):
    old, new, _, _ = CASES[what]
    assert not accepted(values(write(SMALL.replace(old, new, 1))))


@pytest.mark.parametrize("what", BEYOND_A_SCHEMA)
def test_what_is_beyond_a_schema_is_so(what, write):
    """It fails where the schema has come to refuse it: then it is no exception any more."""
    old, new, _, _ = CASES[what]
    try:
        instance = values(write(SMALL.replace(old, new, 1)))
    except SpaceError:
        assert BEYOND_A_SCHEMA[what].startswith("the parser's")
        return
    assert accepted(instance)


NETWORK = {"width": 0.25, "stem_channels": 8, "image_size": 8}
RECIPE = {"dataset": "digits", "epochs": 1, "optimizer": {"lr": 0.1}}
FAMILY = st.sampled_from(["static", "se", "sk", "condconv", "weightnet", "weightnett"])
#: Values that agree with one another, so that only the keys decide; and some that are wrong by themselves.
AXIS_VALUES = {
    "family": FAMILY,
    "M": st.sampled_from([4, "4/1", 4.0, "four", True, -4]),
    "G": st.sampled_from([1, 2, "1/2", None]),
    "lambda": st.sampled_from([2, "2", 1]),
    "experts": st.sampled_from([1, 8, 0, 2.5]),
    "reduction": st.sampled_from([4, 16, "16"]),
    "stages": st.sampled_from(["all", "last", 2, [1, 2], 7, "some"]),
    "depthwise": st.sampled_from(["generated", "static", "none"]),
    "backbone": st.sampled_from(["shufflenet_v2", "shufflenet_v2_original", "resnet18", "resnet"]),
    "width": st.sampled_from([0.25, 1, 17, "1"]),
    "image_size": st.sampled_from([8, 16, 0]),
    "stem": st.sampled_from(["small", "imagenet", "large"]),
    "stem_channels": st.sampled_from([8, 4, True]),
    "last_channels": st.sampled_from([16, None]),
    "repeats": st.sampled_from([[1, 1, 1], [[1, 1, 1], [2, 1, 1]], [0], 4]),
    "wdith": st.just(1),
}


@st.composite
def sections(draw, several):
    keys = draw(st.lists(st.sampled_from(list(AXIS_VALUES)), max_size=4, unique=True))
    section = {}
    for key in keys:
        value = AXIS_VALUES[key]
        if several and draw(st.booleans()) and key != "repeats":
            value = st.lists(value, min_size=1, max_size=2, unique_by=repr)
        section[key] = draw(value)
    return section


def runs(space):
    try:
        expand(Space.parse(space))
    except SpaceError:
        return False
    return True


@given(sections(several=False), st.lists(sections(several=True), min_size=1, max_size=2))
@settings(max_examples=300, deadline=None)
def test_it_agrees_with_run_on_any_keys_of_network_and_grid(network, grid):
    space = {"name": "x", "network": {**NETWORK, **network}, "grid": grid, "proxy": RECIPE}
    assert accepted(space) == runs(space)


RECIPE_VALUES = {
    "recipe": st.sampled_from(["paper", "papier"]),
    "dataset": st.sampled_from(
        [
            "digits",
            "mnist",
            "imagenet",
            "imagefolder",
            {"name": "digits"},
            {"train": 9},
            {"name": "cifar10", "path": "x"},
            {"name": "digits", "path": "x"},
            {"name": "digits", "train": 1},
            {"name": "digits", "train": 9, "subset": "by seed"},
            {"name": "digits", "train": 9, "subset": None},
            {"name": "digits", "subset": "by seed"},
            {"name": "digits", "subset": "by draw"},
            {"name": "mnist", "validation": None},
            3,
        ]
    ),
    "epochs": st.sampled_from([3, 0, "3", 10**7]),
    "batch_size": st.sampled_from([2, 1]),
    "optimizer": st.sampled_from(
        [
            {},
            {"lr": 0.1},
            {"lr": 0},
            {"name": "sgd", "lr": 0.1, "momentum": 0.5},
            {"lr": 0.1, "momentum": 0.5},
            "adamw",
            {"name": "adamw"},
            {"name": "sgd"},
            {"name": "adam", "lr": 1},
            {"lr": 0.1, "decay": 1},
            {"momentum": 0.5},
        ]
    ),
    "schedule": st.sampled_from(["one_cycle", "linear", "cosine", "flat", None]),
    "warmup": st.sampled_from([1, 0.5, 0, None]),
    "label_smoothing": st.sampled_from([0, 0.5, 1]),
    "augment": st.sampled_from(
        [
            {},
            {"flip": True},
            {"flip": False},
            {"resized_crop": [0.1, 1]},
            {"resized_crop": [0, 1]},
            {"shift": 1.5},
            {"resized_crop": [1]},
            {"resized_crop": None, "flip": False},
            {"crop": None},
            {"turn": 1},
            None,
        ]
    ),
    "ema": st.sampled_from([0.5, 1, None]),
    "precision": st.sampled_from(["float32", "float16"]),
    "timeout": st.sampled_from([1, 0, None]),
    "keep_weights": st.sampled_from([True, "true", 1]),
    "epoks": st.just(1),
}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_it_agrees_with_run_on_any_recipe(data):
    keys = data.draw(st.lists(st.sampled_from(list(RECIPE_VALUES)), max_size=5, unique=True))
    lacking = data.draw(st.sets(st.sampled_from(list(RECIPE)), max_size=1))
    recipe = {key: value for key, value in RECIPE.items() if key not in lacking}
    recipe |= {key: data.draw(RECIPE_VALUES[key]) for key in keys}
    space = {"name": "x", "network": NETWORK, "grid": [{}], "proxy": recipe}
    assert accepted(space) == runs(space)


OWN = {"name": "x", "proxy": RECIPE, "constraints": {"depth": {"max": 3}}, "baseline": {"depth": 1}}


@pytest.mark.parametrize(
    ("network", "grid", "good"),
    [
        ({"backbone": "nets:tiny", "depth": 1}, [{"act": ["relu", None], "bn": [True, False]}], True),
        ({"depth": 1}, [{"backbone": "nets:tiny"}, {"family": "se"}], True),
        ({"backbone": "nets:tiny"}, [{"repeats": [1, 2, 3], "depth": {"low": 1, "high": 3, "step": 1}}], True),
        ({"depth": 1}, [{"family": "se"}], False),
        ({"backbone": "nets:tiny"}, [{"depth": {"low": 1, "high": 3}}], False),
        ({"backbone": "nets:tiny"}, [{"backbone": "resnet18", "depth": 1}], False),
        ({"backbone": "nets"}, [{"depth": 1}], False),
    ],
)
def test_what_a_network_of_ones_own_takes_is_left_to_it(network, grid, good):
    assert accepted({**OWN, "network": network, "grid": grid}) is good


def test_the_command_prints_it(command):
    code, out, err = command("schema")
    assert (code, err) == (0, "")
    assert json.loads(out) == SCHEMA
