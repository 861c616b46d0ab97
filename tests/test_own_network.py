"""A network of the user's own, in a file outside the package: planned, swept, and told of when it is wrong."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from torch import nn

from sweep.space import Point

pytestmark = pytest.mark.sweeps

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"

SPACE = """\
name: own
network:
  backbone: NETS:tiny
  image_size: 8
grid:
  - depth: [1, 2]
    act: [relu, silu]
constraints:
  depth: {max: 2}
proxy:
  dataset: {name: digits, train: 200, validation: 100}
  epochs: 4
  batch_size: 40
  optimizer: {name: adamw, lr: 0.02}
seeds: 2
baseline: {depth: 1, act: relu}
"""

NETS = """\
from torch import nn

ACTS = {"relu": nn.ReLU, "silu": nn.SiLU}


def tiny(channels, classes, depth=1, act="relu", dropout=0.1):
    layers = [nn.Flatten(), nn.Linear(64 * channels, 8)]
    for _ in range(depth):
        layers += [nn.Linear(8, 8), ACTS[act](), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(8, classes))


def fails(channels, classes, depth=1, act="relu"):
    raise RuntimeError("no such depth")


def no_module(depth=1, act="relu"):
    return 3


def wrong_size(classes, depth=1, act="relu"):
    return nn.Sequential(nn.Flatten(), nn.Linear(63, classes))


def unfinished(classes, act, heads, depth=1):
    return nn.Identity()
"""


@pytest.fixture
def own(tmp_path, request):
    """A folder with a space and a module of a name of its own: Python keeps modules that it has imported."""
    name = f"nets_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(NETS)

    def space(old="", new=""):
        assert old in SPACE
        (tmp_path / "own.yaml").write_text(SPACE.replace(old, new, 1).replace("NETS", name))
        return "own.yaml"

    space.name = name
    return space


def by_hand(depth):
    """Parameters of `tiny`, and its multiply-adds."""
    weights = 64 * 8 + depth * 64 + 80
    return weights + 8 + 8 * depth + 10, weights


def test_it_is_planned_by_fvcore_alone(own, command):
    code, out, err = command("plan", own(), "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert [(row["depth"], row["act"]) for row in rows] == [(1, "relu"), (1, "silu"), (2, "relu"), (2, "silu")]
    for row in rows:
        params, flops = by_hand(row["depth"])
        assert (row["params"], row["flops"]) == (row["traced_params"], row["traced_flops"]) == (params, flops)
    code, out, _ = command("plan", own())
    assert code == 0
    assert out.count(" alone") == 4
    assert "tiny" in out


def test_it_is_swept_like_the_rest_and_a_change_of_its_source_is_another_network(own, command, tmp_path, lean):
    code, out, err = command("run", own(), "--inline")
    assert (code, err) == (0, ""), err
    assert "8 of 8 runs are in (8 trained now)" in out
    assert command("export", "own", "--to", "runs.csv")[0] == 0
    runs = pd.read_csv(tmp_path / "runs.csv")
    assert set(runs["status"]) == {"done"}
    assert sorted(set(zip(runs["depth"], runs["act"], strict=True))) == [
        (1, "relu"),
        (1, "silu"),
        (2, "relu"),
        (2, "silu"),
    ]
    assert runs["params"].tolist() == [by_hand(depth)[0] for depth in runs["depth"]]
    # seeds are draws: dropout and weights come from them, and differ
    assert runs.groupby(["depth", "act"])["error"].nunique().max() == 2
    assert "own.yaml" in {path.name for path in tmp_path.iterdir()}
    assert "tiny" in (tmp_path / "reports/own/index.html").read_text()

    # in a process of its own, since this one has imported the module: the same runs are in, and then they are not
    def again():
        code = (
            "from sweep import Space, plan\nfrom sweep.engine.runs import wanted\n"
            "print(*sorted(run.key for run in wanted(plan(Space.load('own.yaml')))))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert again() == sorted(runs["key"])
    module = tmp_path / f"{own.name}.py"
    module.write_text(module.read_text().replace("nn.Linear(8, 8)", "nn.Linear(8, 8, bias=False)"))
    assert set(again()).isdisjoint(runs["key"])


CASES = {
    # what is wrong: (text to replace, by what, line, what must be said)
    "no such module": ("NETS:tiny", "nets_that_are_not:tiny", 3, "there is no module nets_that_are_not"),
    "no such function": ("NETS:tiny", "NETS:tinny", 3, "has no function tinny; did you mean 'tiny'?"),
    "no such parameter": ("depth: [1, 2]", "dept: [1, 2]", 6, "unknown axis 'dept'; did you mean 'depth'?"),
    "a parameter without a value": ("NETS:tiny", "NETS:unfinished", 6, "needs heads"),
    "what the data set says": ("depth: [1, 2]", "classes: [1, 2]", 6, "classes comes from the data set"),
    "a value that it refuses": ("[relu, silu]", "[relu, tanh]", 6, "raises KeyError: 'tanh'"),
    "a function that fails": ("NETS:tiny", "NETS:fails", 6, "raises RuntimeError: no such depth"),
    "no network": ("NETS:tiny", "NETS:no_module", 6, "gives a int, not a torch.nn.Module"),
    "images that do not fit": ("NETS:tiny", "NETS:wrong_size", 6, "fails on an image of 1 x 8 x 8"),
    "a family": ("depth: [1, 2]", "family: [se]", 6, "family is not a parameter of"),
    "a baseline that is none": ("act: relu}", "act: gelu}", 16, "no remaining grid point matches the baseline"),
    "a constraint on nothing": ("depth: {max: 2}", "dept: {max: 2}", 9, "did you mean 'depth'?"),
}


@pytest.mark.parametrize("what", CASES)
def test_what_is_wrong_is_told(what, own, command, tmp_path):
    old, new, line, told = CASES[what]
    space = own(old, new)
    before = sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__")
    code, out, err = command("run", space, "--inline")
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert any(said.startswith(f"own.yaml:{line}: ") and told in said for said in err.splitlines()), err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == before


def test_a_module_that_cannot_be_imported(own, command, tmp_path):
    space = own()
    (tmp_path / f"{own.name}.py").write_text("import absent_module\n")
    code, _, err = command("plan", space)
    assert code == 2
    assert "own.yaml:3: network.backbone:" in err
    assert "cannot be imported: ModuleNotFoundError: No module named 'absent_module'" in err


def test_the_worked_example_can_be_planned(command, tmp_path):
    for name in ("ring.py", "ring.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path)
    code, out, err = command("plan", "ring.yaml", "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert len(rows) == 10
    (one,) = [row for row in rows if (row["width"], row["depth"], row["activation"]) == (16, 2, "silu")]
    # 3 x 3 convolutions from 1 and from 16 colours on 8 x 8 pixels, and 10 classes
    assert one["flops"] == 9 * 16 * 64 + 9 * 256 * 64 + 160
    assert one["params"] == 9 * 16 + 9 * 256 + 64 + 170


def test_a_point_keeps_what_its_network_is_called_with():
    point = Point(backbone="a.b:c", options={"x": 1, "names": ["a", "b"]}).resolved(8)
    assert Point(**point.canonical()) == point
    assert (point.value("x"), point.value("names"), point.value("width"), point.lam) == (1, ("a", "b"), None, None)


def test_seeds_draw_what_the_function_draws():
    import torch

    from sweep.networks import drawn
    from sweep.space import allow

    allow("made_here")
    sys.modules["made_here"] = type(sys)("made_here")
    sys.modules["made_here"].net = lambda classes: nn.Linear(4, classes)
    sys.modules["made_here"].__file__ = None
    point = Point(backbone="made_here:net").resolved(8)
    first, again, other = (drawn(point, 1, 3, seed).weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    # the user's own draw is kept: PyTorch's here
    assert first.abs().max() <= 0.5
