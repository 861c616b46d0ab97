"""Networks of the user's own: where they are looked for, and what values they take."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
from space.conftest import NETS

from sweep.errors import SpaceError
from sweep.space import Space, axes, baselines, expand, label, own, own_module, product


@pytest.fixture
def space(own_space):
    return own_space


def labels(space):
    grid = expand(space)
    names = axes(grid.listing, grid.kept)
    return [label(point, names) for point in grid.points]


# values


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"bn": ["on", "off"]}, "needs true or false, found 'on' (it is annotated bool); in YAML 1.2 on is text"),
        ({"bn": ["yes"]}, "in YAML 1.2 yes is text: write true or false"),
        ({"bn": [1]}, "needs true or false, found 1"),
        ({"bn": [True, None]}, "found nothing"),
        ({"depth": [True]}, "needs a number or null, found true (its default is 1)"),
        ({"depth": ["8"]}, "found '8'"),
        ({"depth": ["on"]}, "found 'on'"),
        ({"width": [1.5]}, "needs a whole number or null, found 1.5"),
        ({"backbone": "nets:words", "act": ["tanh"]}, "needs 'relu' or 'silu', found 'tanh'"),
        ({"backbone": "nets:words", "rate": ["high"]}, "needs a number, found 'high' (it is annotated float)"),
        ({"backbone": "nets:free", "n": [8, "8"]}, "n has both 8 and '8', which look alike"),
        ({"backbone": "nets:free", "n": [True, 1]}, "n has both true and 1, which look alike"),
        ({"backbone": "nets:free", "n": ["null", None]}, "look alike"),
        ([{"backbone": "nets:free", "n": 8}, {"backbone": "nets:free", "n": "8"}], "look alike"),
    ],
    ids=str,
)
def test_values_that_the_function_does_not_mean_are_mistakes(block, told, space):
    with pytest.raises(SpaceError) as caught:
        expand(space(block))
    assert told in str(caught.value)


def test_values_that_it_means_are_points(space):
    made = space({"bn": [True, False], "depth": [1, 2.5, "auto"], "width": [1, None]})
    assert len(expand(made).points) == 12
    assert labels(made)[:2] == ["net width=1 bn=True depth=1", "net width=null bn=True depth=1"]


def test_null_is_none_to_the_function_and_a_value_of_its_own(space):
    points = expand(space({"width": [4, None]})).points
    assert [dict(point.options)["width"] for point in points] == [4, None]
    assert [point.value("width") for point in points] == [4, "null"]
    assert json.loads(json.dumps(points[1].canonical()))["options"] == {"width": None}
    assert type(points[1])(**points[1].canonical()) == points[1]


def test_null_may_be_the_baseline(space):
    made = space({"width": [4, None], "depth": [1, 2]}, baseline={"width": None})
    grid = expand(made)
    pairs = baselines(made, grid.listing, grid.kept)
    assert [pairs.of(number) for number in range(4)] == [2, 3, 2, 3]


def test_names_are_special_to_our_own_backbones_only(space):
    made = space({"repeats": [1, 2, 3], "stages": ["all", "last"]})
    assert labels(made) == [f"net stages={s} repeats={r}" for r in (1, 2, 3) for s in ("all", "last")]
    assert len(expand(space({"repeats": [[1, 2], [2, 2]]})).points) == 2
    # a family's own parameters are those of a family of ours
    made = space({"reduction": [1, 2], "M": ["big", 2]}, backbone="nets:words", baseline={"M": "big"})
    grid = expand(made)
    pairs = baselines(made, grid.listing, grid.kept)
    points = [grid.listing.point(number) for number in range(4)]
    for number in range(4):
        assert points[pairs.of(number)].value("reduction") == points[number].value("reduction")


def test_repeats_of_our_backbone_beside_ones_own_stay_one_value(space):
    ours = {"backbone": "shufflenet_v2", "width": 0.25, "stem_channels": 8, "repeats": [1, 1, 1]}
    assert len(expand(space([ours, {"repeats": [1, 2]}])).points) == 3


# where modules are looked for


@pytest.mark.parametrize("name", ["test", "code", "datasets", "sweep", "random", "torch"])
def test_a_file_beside_the_space_is_meant_whatever_is_installed(name, tmp_path, space):
    (tmp_path / f"{name}.py").write_text(NETS)
    before = sys.modules.get(name)
    made = space({"depth": [1, 2]}, backbone=f"{name}:net")
    assert Path(own.own_network(f"{name}:net").folder) == tmp_path
    assert len(expand(made).points) == 2
    assert sys.modules.get(name) is before


def test_the_folder_of_the_space_comes_before_the_working_directory(tmp_path, monkeypatch):
    for folder, name in (("here", "a"), ("there", "b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net_order.py").write_text(f"def net(classes, {name}=1): ...\n")
    text = "name: x\nnetwork: {backbone: 'net_order:net'}\ngrid: [{NAME: 1}]\n"
    text += "proxy: {dataset: digits, epochs: 1, optimizer: {lr: 1}}\n"
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "there/space.yaml").write_text(text.replace("NAME", "b"))
    assert Space.load(tmp_path / "there/space.yaml")
    (tmp_path / "there/net_order.py").unlink()
    with pytest.raises(SpaceError, match="unknown axis 'b'"):
        Space.load(tmp_path / "there/space.yaml")


def test_a_package_with_relative_imports_and_one_without_an_init(tmp_path, space):
    for name, files in {
        "full": {"__init__.py": "", "sizes.py": "DEPTH = 3\n", "nets.py": "from .sizes import DEPTH\n" + NETS},
        "bare": {"nets.py": "from .sizes import DEPTH\n" + NETS, "sizes.py": "DEPTH = 4\n"},
    }.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
        assert len(expand(space({"depth": [1, 2]}, backbone=f"{name}.nets:net")).points) == 2


def test_a_module_that_imports_another_beside_it(tmp_path, space):
    (tmp_path / "sizes_beside.py").write_text("DEPTH = 3\n")
    (tmp_path / "nets.py").write_text("from sizes_beside import DEPTH\n" + NETS)
    assert space({"depth": 1})


def test_an_edited_module_is_read_anew(tmp_path, space):
    space({"depth": 1})
    first = own.own_network("nets:net").fingerprint
    (tmp_path / "nets.py").write_text(NETS.replace("depth=1", "deep=1"))
    assert space({"deep": 1})
    assert own.own_network("nets:net").fingerprint != first


def digest(*files):
    """The fingerprint of files, by hand."""
    made = hashlib.sha256()
    for name, content in files:
        made.update(name.encode() + b"\0" + content.encode() + b"\0")
    return made.hexdigest()


def test_the_fingerprint_of_a_package_is_of_its_files_by_their_paths_in_it(tmp_path):
    package = tmp_path / "deep"
    (package / "inner").mkdir(parents=True)
    files = [("__init__.py", "a"), ("inner/__init__.py", "b"), ("inner/nets.py", "c"), ("sizes.py", "d")]
    for name, content in files:
        (package / name).write_text(content)
    own_module.search(tmp_path)
    assert own_module.place("deep").fingerprint == digest(*files)
    # what an editor leaves is no part of it
    for name in (".ipynb_checkpoints", "inner/.cache"):
        (package / name).mkdir()
        (package / name / "sizes.py").write_text("old")
    (package / "old.py").mkdir()
    assert own_module.place("deep").fingerprint == digest(*files)
    (package / "inner").rename(package / "other")
    assert own_module.place("deep").fingerprint != digest(*files)


def test_the_fingerprint_of_a_flat_package_and_of_a_module_stays(tmp_path):
    """Runs of earlier versions keep their keys."""
    (tmp_path / ".hidden/flat").mkdir(parents=True)
    for name in ("sizes", "__init__", "nets"):
        (tmp_path / f".hidden/flat/{name}.py").write_text(name)
    (tmp_path / ".hidden/alone_here.py").write_text("x")
    own_module.search(tmp_path / ".hidden")
    files = [("__init__.py", "__init__"), ("nets.py", "nets"), ("sizes.py", "sizes")]
    assert own_module.place("flat").fingerprint == digest(*files)
    assert own_module.place("alone_here").fingerprint == digest(("alone_here.py", "x"))


# what a builder is


@pytest.mark.parametrize(
    "reference", ["os:system", "os.path:join", "builtins:exec", "subprocess:run", "torch.nn:Linear"]
)
def test_what_is_installed_has_to_be_allowed(reference, space):
    with pytest.raises(SpaceError, match=r"there is no module .*; name an installed package with --network"):
        space({"command": ["echo x"]}, backbone=reference)


def test_an_allowed_package_is_imported_and_what_is_no_python_function_is_not_called(tmp_path, space, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/installed_nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    own.allow("installed_nets", "os")
    assert len(expand(space({"depth": [1, 2]}, backbone="installed_nets:net")).points) == 2
    assert own.own_network("installed_nets:net").folder == ""
    with pytest.raises(SpaceError, match="os:system is no Python function or class but a builtin_function_or_method"):
        space({"command": ["echo x"]}, backbone="os:system")


def test_a_notebooks_function_is_a_clear_mistake(space):
    with pytest.raises(SpaceError, match=r"__main__ is a notebook or a script, .* put the function into a file"):
        space({}, backbone="__main__:net")


def test_a_column_has_what_each_point_says(space):
    """Own networks, and some of ours with arithmetic axes, in blocks of several axes and of one backbone or two."""
    ours = {"backbone": ["shufflenet_v2", "nets:net"], "width": [1, 2, 4], "image_size": [8, 9]}
    made = space([{"depth": [1, 2.5, "auto"], "bn": [True, False], "width": [1, None]}, ours])
    listing = expand(made).listing
    assert len(listing) == 3 * 2 * 2 + 2 * 3 * 2
    for name in listing.names:
        column = listing.column(name)
        assert [column.values[code] for code in column.codes] == [
            listing.point(number).value(name) for number in range(len(listing))
        ], name


def test_a_million_combinations_are_a_few_points_to_look_at(space, monkeypatch):
    made = space(
        {"width": list(range(1, 101)), "depth": list(range(100)), "bn": [True, False], "image_size": list(range(8, 58))}
    )
    looked = []
    make = product.make_point
    monkeypatch.setattr(product, "make_point", lambda *given: looked.append(given) or make(*given))
    assert len(expand(made).kept) == 100 * 100 * 2 * 50
    assert len(looked) < 1_000
