"""Messages about wrong values of a space: every one says what is wrong in words of the file."""

from pathlib import Path

import pytest
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space
from sweep.space.product import make_point

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


@pytest.fixture
def mistakes(write):
    def mistakes(old, new):
        assert old in SMALL
        with pytest.raises(SpaceError) as caught:
            Space.load(write(SMALL.replace(old, new, 1)))
        return [line.split(":", 1)[1] for line in str(caught.value).splitlines()]

    return mistakes


@pytest.mark.parametrize(("values", "count"), [("[]", 0), ("[1]", 1), ("[1, 2, 4]", 3)])
def test_a_list_of_the_wrong_length(values, count, mistakes):
    curve = f"strategy: {{name: racing, goal: curve, axis: lambda, between: {values}}}"
    assert mistakes("seeds: 2", f"seeds: 2\n{curve}") == [f"23: strategy.between: needs two values, found {count}"]
    crop = f"  epochs: 8\n  augment: {{resized_crop: {values.replace('2', '1').replace('4', '1')}}}"
    assert mistakes("  epochs: 8", crop) == [f"18: proxy.augment.resized_crop: needs two values, found {count}"]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (
            "strategy: {name: tpe, runs: 9, objectives: [error, flops, params, activations, training_flops]}",
            "strategy.objectives: has 5 values, at most 4 are allowed",
        ),
        ("strategy: {name: tpe, runs: 9, objectives: []}", "strategy.objectives: needs at least one value"),
        (f"lengths: {list(range(1, 13))}", "lengths: has 12 values, at most 10 are allowed"),
        ("strategy: {name: racing, goal: curve, axis: ''}", "strategy.axis: is empty"),
        ("truth: [{point: '', error: 3}]", "truth[0].point: is empty"),
        (
            "resources: {gpus: 1, architecture: sm90}",
            "resources.architecture: 'sm90' needs the form sm_90, as PyTorch names GPUs",
        ),
    ],
)
def test_a_wrong_value(new, message, mistakes):
    assert mistakes("seeds: 2", f"seeds: 2\n{new}") == [f"23: {message}"]


def test_a_name_that_is_too_long(mistakes):
    assert mistakes("name: small", f"name: {'a' * 101}") == ["1: name: has 101 characters, at most 100 are allowed"]


def test_a_fingerprint_that_is_none(mistakes):
    known = "{classes: 2, images: 9, test_images: 0, apart: 0, fingerprint: xyz}"
    dataset = f"{{name: imagefolder, path: x, image_size: 8, known: {known}}}"
    assert mistakes("{name: digits, train: 200, validation: 100}", dataset) == [
        "16: proxy.dataset.known.fingerprint: 'xyz' needs 64 hexadecimal digits"
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("depthwise: generate", "'generate' is not a known depthwise; did you mean 'generated'?"),
        ("depthwise: 3", "3 is not a known depthwise (known: generated, static)"),
        ("stem: small2", "'small2' is not a known stem; did you mean 'small'?"),
        ("stem: x", "'x' is not a known stem (known: imagenet, small)"),
        ("repeats: [1, 1, 1, 1, 1, 1, 1]", "has 7 values, at most 6 are allowed"),
    ],
)
def test_a_wrong_value_of_an_axis(key, message, mistakes):
    assert mistakes("    G: 1", f"    G: 1\n    {key}") == [f"15: grid[1].{key.split(':')[0]}: {message}"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("recip: paper", "proxy.recip: unknown key 'recip'; did you mean 'recipe'?"),
        ("l: 0.1", "proxy.l: unknown key 'l'; did you mean 'lr'?"),
        ("recipe: papers", "proxy.recipe: no recipe is called 'papers'; there is paper"),
        (
            "augment: {flip: true}",
            "proxy.augment.flip: augment.flip would turn digits into something else; set it to false",
        ),
        ("{schedule: cosine, warmup: 14}", "proxy.warmup: warmup of 14 epochs is longer than the 8 of training"),
    ],
)
def test_a_wrong_key_of_the_recipe_is_told_on_its_line(key, message, mistakes):
    lines = [f"  {line}" for line in key.strip("{}").split(", ")] if key.startswith("{") else [f"  {key}"]
    told = mistakes("  batch_size: 40", "\n".join(["  batch_size: 40", *lines]))
    assert told == [f"{18 + len(lines)}: {message}"]


@pytest.mark.parametrize(
    ("tuned", "message"),
    [
        (
            "optimizer: [adamw, sgd]",
            "optimizer: is a section, not a setting: "
            "tune optimizer.lr, optimizer.weight_decay, optimizer.name, optimizer.momentum",
        ),
        (
            "augment: [{shift: 1}]",
            "augment: is a section, not a setting: "
            "tune augment.color_jitter, augment.crop, augment.shift, augment.flip, augment.cutout",
        ),
        ("augment.resized_crop: [0.5]", "augment.resized_crop: is a list, which cannot be tuned"),
    ],
)
def test_a_section_cannot_be_tuned(tuned, message, mistakes):
    assert mistakes("optimizer.lr: [0.01, 0.04]", tuned) == [f"21: nuisance.{message}"]


def test_a_message_names_an_axis_once():
    with pytest.raises(ValueError, match=r"^reduction is not supported with family static, only with 'se', 'sk'$"):
        make_point({}, {"family": "static", "reduction": 4})
    with pytest.raises(ValueError, match=r"^width must be over 0.0, found -1$"):
        make_point({}, {"family": "static", "width": -1})


@pytest.mark.parametrize("key", ["repeats: [1, 2]", "repeats: 3", "M: x", "stem: foo", "family: se"])
def test_an_axis_of_ours_is_none_of_a_network_of_ones_own(key, write, tmp_path):
    (tmp_path / "ring.py").write_text((EXAMPLES / "ring.py").read_text())
    text = (EXAMPLES / "ring.yaml").read_text().replace("    depth:", f"    {key}\n    depth:")
    with pytest.raises(
        SpaceError, match=f"ring.yaml:9: grid.0..{key.split(':')[0]}: .* is not a parameter of ring:ring"
    ):
        Space.load(write(text, "ring.yaml"))


def test_a_module_is_named_without_its_suffix(write, tmp_path):
    (tmp_path / "ring.py").write_text((EXAMPLES / "ring.py").read_text())
    text = (EXAMPLES / "ring.yaml").read_text().replace("ring:ring", "ring.py:ring")
    with pytest.raises(SpaceError, match=r"a module is named without .py: write ring$"):
        Space.load(write(text, "ring.yaml"))
