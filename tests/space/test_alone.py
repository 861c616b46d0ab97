"""A space.yaml of one point: what is read from it is that point, at that setting, with the same runs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.space import Space, alone, expand, label
from sweep.space.alone import _flow
from sweep.space.source import read

SPACE = {
    "name": "made",
    "network": {"width": 0.25, "image_size": 16, "stem_channels": 8, "stages": [1, 2], "reduction": 8},
    "grid": [
        {"family": "static", "width": [0.25, 0.5]},
        {"family": ["se", "sk"], "reduction": [4, 16]},
        {"family": "weightnet", "lambda": [1, 2, 8], "G": ["1/4", 2], "stages": [[2, 3], "all"]},
        {"family": "condconv", "experts": 4, "repeats": [[1, 2], [1, 1, 1]]},
    ],
    "proxy": {"dataset": {"name": "digits", "train": 100}, "epochs": 2, "optimizer": {"name": "sgd", "lr": 1e-5}},
    "nuisance": {"optimizer.lr": [1e-5, 0.05], "augment.shift": [0, 2]},
    "seeds": [3, 1],
    "baseline": {"family": "static", "width": 0.25},
    "constraints": {"flops": {"max": 1e12}},
    "resources": {"retries": 1},
}


def parsed(text, folder):
    path = folder / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return Space.load(path)


def test_the_copy_asks_for_the_runs_of_its_point_and_no_others(tmp_path):
    space = Space.parse(SPACE)
    planned = plan(space, traced=False)
    runs = wanted(planned)
    points = list(dict.fromkeys(run.point for run in runs))
    assert len(points) > 15
    blocks = alone.blocks([(point, point.canonical()) for point in points], space.data)
    for place, (point, block) in enumerate(zip(points, blocks, strict=True)):
        # a setting each, in turn
        setting, recipe = space.recipes()[place % 4]
        name = label(point, planned.axes)
        copy = parsed(alone.text("made", name, block, space.data, setting), tmp_path)
        expected = {run.key for run in runs if run.point == point and run.proxy == recipe}
        assert len(expected) == 2
        assert {run.key for run in wanted(plan(copy, traced=False))} == expected, block
        assert (copy.name != space.name, copy.resources) == (True, space.resources)
    untuned = parsed(alone.text("made", "p", blocks[0], space.data, None), tmp_path)
    assert len(wanted(plan(untuned, traced=False))) == 8


def test_a_network_of_ones_own_keeps_its_arguments(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def net(classes, gate: str | None = None, depth=1, name='a'):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    data = {
        "name": "own",
        "network": {"backbone": "net:net", "depth": 3},
        "grid": [{"gate": [None, "yes", "so: {far}", "é\n🙂"], "name": ["~", "a"]}, {"depth": 2}],
        "proxy": {"dataset": "digits", "epochs": 1, "optimizer": {"name": "sgd", "lr": 0.1}},
    }
    space = Space.parse(data)
    points = [point.resolved(8) for point in expand(space).points]
    assert len(points) == 9
    for point, block in zip(points, alone.blocks([(p, p.canonical()) for p in points], space.data), strict=True):
        copy = parsed(alone.text("own", label(point, ("gate", "name", "depth")), block, space.data, {}), tmp_path)
        assert [found.resolved(8).canonical() for found in expand(copy).points] == [point.canonical()]


LEAVES = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(["1/48", "yes", "0x1f", "~"])
VALUES = st.recursive(
    LEAVES | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_what_is_written_is_read_again(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(f"name: {_flow(value)}\n", encoding="utf-8", newline="")
    data, _ = read(path)
    assert data == {"name": value}


@pytest.mark.parametrize("label", ["x" * 300, "🙂", "…", "weightnet M=1/48 G=2", "-.-"])
def test_any_label_gives_a_name_that_a_space_may_have(label, tmp_path):
    data = {**SPACE, "grid": [{"family": "static"}], "network": {}, "nuisance": {}, "baseline": {}}
    space = parsed(alone.text("n" * 100, label, {"family": "static"}, data, {}), tmp_path)
    assert space.about.startswith(label)
