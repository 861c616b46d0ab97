"""A space of a network of the user's own."""

import sys

import pytest

from sweep.space import Space, own, own_module

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


@pytest.fixture
def forget(monkeypatch):
    """What a test allows and looks for is not there for the next one."""
    monkeypatch.setattr(own_module, "_packages", set())
    monkeypatch.setattr(own_module, "_folders", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    own.forget_networks()


@pytest.fixture
def own_space(forget, tmp_path, monkeypatch):
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
