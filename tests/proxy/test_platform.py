"""Nothing in a training step, or in judging a batch, leaves the device: by a program that pretends one."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sweep.engine.timed_steps import random_images
from sweep.proxy.platform import no_card
from sweep.space import Proxy

PROGRAM = Path(__file__).with_name("pretended_device.py")
sys.path.append(str(PROGRAM.parent))

from pretended_device import CHOICES, FAULTS, WAYS, pairwise  # noqa: E402

COMBINATIONS = pairwise()


@pytest.fixture(scope="module")
def said():
    """What came of every combination and of every fault."""
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "number", range(len(COMBINATIONS)), ids=lambda n: "-".join(map(str, list(COMBINATIONS[n].values())[:2]))
)
def test_an_epoch_and_a_validation_stay_on_the_device(number, said):
    assert said["whole"][number] == ""


def test_the_combinations_are_all_pairs():
    for one, other in itertools.combinations(CHOICES, 2):
        pairs = {(str(row[one]), str(row[other])) for row in COMBINATIONS}
        assert len(pairs) == len(CHOICES[one]) * len(CHOICES[other])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_leaves_the_device_is_seen(fault, way, said):
    """The test above fails when such a thing is put into the step."""
    seen = said["faulty"][f"{fault}, {way}"]
    assert seen.startswith(("AssertionError: aten.", "DataDependentOutputException: aten._local_scalar_dense"))


@pytest.mark.parametrize(
    ("capability", "kernels", "usable"),
    [
        ((9, 0), ["sm_80", "sm_90"], True),
        ((8, 9), ["sm_80", "sm_90"], True),
        ((8, 6), ["sm_89"], False),
        ((6, 1), ["sm_75", "sm_80", "compute_90"], False),
        ((12, 0), ["sm_90"], False),
        ((12, 0), ["sm_80", "compute_90"], True),
        ((12, 0), ["sm_120"], True),
        ((9, 0), ["sm_90a"], True),
        ((10, 0), ["sm_90a", "compute_90a"], False),
        ((10, 3), ["sm_100f"], True),
        ((9, 0), [], False),
    ],
)
def test_a_card_that_pytorch_has_no_kernels_for_is_told_of(capability, kernels, usable, monkeypatch):
    """Machine code is of one major version, PTX of all later ones (CUDA C++ Programming Guide, 6.1.1)."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    for name, value in {
        "is_available": True,
        "get_device_capability": capability,
        "get_device_name": "Quadro P600",
        "get_arch_list": kernels,
    }.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    reason = no_card()
    assert (reason == "") == usable
    if not usable:
        version = "sm_{}{}".format(*capability)
        only = ", ".join(kernels) or "none"
        assert reason.endswith(
            f"has no kernels for the GPU, Quadro P600 ({version}), only for {only}: install a build of PyTorch for it"
        )


def test_a_card_that_does_not_answer_is_told_of(monkeypatch):
    def failing(*_):
        raise RuntimeError("CUDA unknown error - this may be due to an incorrectly set up environment\nmore")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", failing)
    assert no_card().endswith(
        "cannot use the GPU: CUDA unknown error - this may be due to an incorrectly set up environment"
    )


def test_proportions_of_images_stay_where_crops_are_drawn():
    """To copy them from the device before each epoch would wait for it."""
    recipe = dict(epochs=1, batch_size=8, optimizer=dict(name="sgd", lr=0.1))
    images = random_images(Proxy(dataset=dict(name="digits", train=43, validation=30), **recipe), 8)
    moved = replace(images, aspects=torch.ones(len(images.train))).on(torch.device("meta"))
    assert (moved.train.device.type, moved.aspects.device.type) == ("meta", "cpu")
