"""Nothing in a training step, or in judging a batch, leaves the device: by a program that pretends one."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

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
