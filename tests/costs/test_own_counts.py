"""What a plan says of counts of networks of the user's own: fvcore's alone, and what fvcore leaves out."""

import pytest

from sweep.costs import plan
from sweep.space import Space

NETS = """\
import torch
from torch import nn


class Rows(nn.Module):
    def __init__(self, classes, hidden, cell):
        super().__init__()
        self.cell = nn.LSTM(8, hidden, batch_first=True) if cell == "lstm" else nn.Linear(8, hidden)
        self.last = nn.Linear(hidden, classes)

    def forward(self, x):
        y = self.cell(x.flatten(1, 2))
        y = y[0] if isinstance(y, tuple) else torch.nn.functional.silu(y)
        return self.last(y.mean(1))


def rows(classes, hidden=4, cell="linear"):
    return Rows(classes, hidden, cell)
"""


@pytest.fixture
def planned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rownets.py").write_text(NETS)
    block = {"hidden": [4, 6, 8, 10], "cell": ["linear", "lstm"]}
    network = {"backbone": "rownets:rows", "image_size": 8}
    recipe = {"dataset": "digits", "epochs": 1, "optimizer": {"lr": 0.1}}
    return lambda *more: plan(Space.parse({"name": "x", "network": network, "grid": [block, *more], "proxy": recipe}))


def test_operations_without_a_count_are_named_with_the_points_they_occur_in(planned):
    planned = planned()
    assert planned.uncounted == {"lstm": [f"rows hidden={hidden} cell=lstm" for hidden in (4, 6, 8, 10)]}
    # an activation function and a mean multiply no weights, whoever's they are
    assert {"silu", "mean"} <= set(planned.skipped)
    assert "lstm" not in planned.skipped


def test_one_count_is_no_agreement(planned):
    ours = {"backbone": "shufflenet_v2", "family": "se", "width": 0.25, "stem_channels": 8}
    *own, ours = planned(ours).points
    assert [one.agreement for one in own] == ["fvcore alone"] * 8
    assert not any(one.agrees for one in own)
    assert (ours.agreement, ours.agrees) == ("same", True)


def test_the_terminal_names_them(planned):
    from sweep.terminal_plan import summary_lines

    (line,) = [line for line in summary_lines(planned(), None, 1) if "lstm" in line]
    assert line == (
        "fvcore has no count for lstm, whose FLOPs are missing in rows hidden=4 cell=lstm, rows hidden=6 cell=lstm, "
        "rows hidden=8 cell=lstm and 1 more"
    )


def test_a_constraint_on_an_axis_that_is_not_always_a_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groupnets.py").write_text(
        "from torch import nn\n"
        "def make(channels, classes, groups=None):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, classes))\n"
    )
    values = [None, 4, "all", 8, 30, True]
    data = {"name": "x", "network": {"backbone": "groupnets:make", "image_size": 8}, "grid": [{"groups": values}]}
    data |= {
        "proxy": {"dataset": "digits", "epochs": 1, "optimizer": {"lr": 0.1}},
        "constraints": {"groups": {"max": 4}},
    }
    found = plan(Space.parse(data))
    count, least, most = found.rejections_by_constraint()["groups"]
    assert (count, least.point.value("groups"), most.point.value("groups")) == (2, 8, 30)
