"""Networks of the user's own: where they are looked for, what values they take, what their code may do to a process."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sweep.errors import SpaceError
from sweep.space import Space, axes, baselines, expand, label, own, own_module
from sweep.space.guard import UserCodeError, guarded

NETS = """\
from typing import Literal
from torch import nn


def net(classes, channels=1, bn: bool = True, depth=1, act="relu", width: int | None = 4, repeats=1, stages="all"):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))


def words(classes, act: Literal["relu", "silu"] = "relu", rate: float = 0.1, anything=None, *, reduction=1, M=1):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))


def free(classes, **options):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))
"""


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """What a test allows and looks for is not there for the next one."""
    monkeypatch.setattr(own_module, "_packages", set())
    monkeypatch.setattr(own_module, "_folders", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    own.forget_networks()


@pytest.fixture
def space(tmp_path, monkeypatch):
    """Makes a space in a folder with a module of networks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS)

    def made(block, backbone="nets:net", **more):
        return Space.parse(
            {
                "name": "x",
                "network": {"backbone": backbone, "image_size": 8},
                "grid": block if isinstance(block, list) else [block],
                "proxy": {"dataset": "digits", "epochs": 1, "optimizer": {"lr": 0.1}},
                **more,
            }
        )

    return made


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


# what its code does


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(0)", "it ends the program (SystemExit: 0)"),
        ("raise KeyboardInterrupt", "it raises KeyboardInterrupt"),
        ("raise SystemExit('usage: nets.py')", "it ends the program (SystemExit: usage: nets.py)"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--x'])", "it ends the program (SystemExit: 2)"),
        ("while True: pass", "does not return within 0.2 s"),
        ("1/0", "ZeroDivisionError: division by zero"),
        ("class E(BaseException): pass\nraise E('odd')", "raises E: odd"),
    ],
)
def test_an_import_that_ends_or_never_returns_is_a_mistake_with_the_reason(code, told, tmp_path, space, monkeypatch):
    monkeypatch.setattr("sweep.space.guard.SECONDS", 0.2)
    (tmp_path / "nets.py").write_text(code + "\n")
    with pytest.raises(SpaceError) as caught:
        space({})
    assert "nets cannot be imported: " in str(caught.value)
    assert told in str(caught.value)


def forever():
    while True:
        pass


def test_what_is_printed_goes_to_standard_error(capsys):
    with guarded():
        print("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_deadline_leaves_an_earlier_alarm_as_it_was():
    usual = signal.getsignal(signal.SIGALRM)
    left = signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        with pytest.raises(UserCodeError, match="does not return"), guarded(0.01):
            forever()
        assert 490 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
        assert signal.getsignal(signal.SIGALRM) is usual
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)


def test_ctrl_c_in_the_users_code_is_still_ctrl_c():
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), guarded():
        forever()


def test_plan_is_valid_json_whatever_is_printed(tmp_path):
    (tmp_path / "nets.py").write_text(
        "print('imported')\nfrom torch import nn\n"
        "class Net(nn.Sequential):\n    def forward(self, x):\n"
        "        print('forward')\n        return super().forward(x)\n"
        "def net(classes, depth=1):\n    print('built')\n    return Net(nn.Flatten(), nn.Linear(64, classes))\n"
    )
    (tmp_path / "space.yaml").write_text(
        "name: x\nnetwork: {backbone: 'nets:net', image_size: 8}\ngrid: [{depth: [1, 2]}]\n"
        "proxy: {dataset: digits, epochs: 1, optimizer: {lr: 0.1}}\n"
    )
    words = [sys.executable, "-m", "sweep.cli", "plan", "space.yaml", "--json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row["depth"] for row in json.loads(done.stdout)] == [1, 2]
    assert {"imported", "built", "forward"} <= set(done.stderr.splitlines())


TRAINED = """\
import sys, time
from torch import nn


class Net(nn.Sequential):
    def forward(self, x):
        if self.training:
            print("noise")
            BODY
        return super().forward(x)


def net(classes):
    return Net(nn.Flatten(), nn.Linear(64, classes))
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sys.exit(0)", "ends the program (SystemExit: 0)"),
        ("time.sleep(60)", "does not return within 0.7 s"),
        ("pass", None),
    ],
)
def test_what_a_network_does_in_training_is_a_failure_with_its_reason(body, told, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sweep.engine.worker.LATE", 0.2)
    (tmp_path / "nets.py").write_text(TRAINED.replace("BODY", body))
    (tmp_path / "space.yaml").write_text(
        "name: x\nnetwork: {backbone: 'nets:net', image_size: 8}\ngrid: [{}]\nseeds: 1\n"
        "proxy: {dataset: {name: digits, train: 40, validation: 40}, epochs: 1, optimizer: {lr: 0.1}, timeout: 0.5}\n"
    )
    code, out, _ = command("run", "space.yaml", "--inline", "--json")
    assert json.loads(out)["runs"] == ({"done": 1} if told is None else {"failed": 1})
    assert code == (0 if told is None else 1)
    if told is not None:
        code, out, _ = command("status", "x")
        assert told in " ".join(out.split())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import sys; sys.exit(0)", "nets:net ends the program (SystemExit: 0)"),
        ("while True: pass", "nets:net does not return within 0.3 s"),
        ("raise KeyboardInterrupt", "nets:net raises KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("where", ["function", "forward"])
def test_a_function_that_ends_or_never_returns_is_a_mistake_with_its_line(
    where, body, told, tmp_path, space, monkeypatch
):
    from sweep.costs import plan

    monkeypatch.setattr("sweep.space.guard.SECONDS", 0.3)
    code = {
        "function": f"def net(classes):\n    {body}\n",
        "forward": f"from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        {body}\n"
        "def net(classes):\n    return Net()\n",
    }[where]
    (tmp_path / "nets.py").write_text(code)
    with pytest.raises(SpaceError) as caught:
        plan(space({}))
    assert told in str(caught.value)
