"""A sweep among files, variables and modules of other people's that mean something to Python or to Ray."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small import SMALL

COMMAND = Path(sys.executable).with_name("wn-sweep")
TRAPS = ("sweep", "ray", "random", "json", "torch", "numpy", "wandb", "sitecustomize", "sweep_test")


def wn_sweep(folder, *words, env=None):
    return subprocess.run(
        [COMMAND, *words], cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )


@pytest.mark.sweeps
@pytest.mark.ray
def test_a_sweep_in_a_folder_of_traps_with_leftover_variables(tmp_path):
    for name in TRAPS:
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the working directory was imported')")
    (tmp_path / "small.yaml").write_text(SMALL.replace("epochs: 8", "epochs: 1"))
    (tmp_path / "home").mkdir()
    leftovers = {
        "HOME": str(tmp_path / "home"),
        "TUNE_RESULT_DIR": "/nowhere",
        "RAY_AIR_LOCAL_CACHE_DIR": "/nowhere",
        "TUNE_RESULT_BUFFER_LENGTH": "many",
        "PYTHONWARNINGS": "error",
    }
    done = wn_sweep(tmp_path, "run", "small.yaml", "--json", env=leftovers)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"] == {"done": 12}
    # no token of Ray's, which others could read
    assert not (tmp_path / "home/.ray").exists()
    (tmp_path / "home").rename(tmp_path.parent / f"{tmp_path.name}-home")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"small.yaml", "results", "reports", *(f"{name}.py" for name in TRAPS)}


@pytest.mark.parametrize("package", [False, True])
def test_a_module_that_hides_ours_is_named(package, tmp_path):
    hiding = tmp_path / ("sweep/__init__.py" if package else "sweep.py")
    hiding.parent.mkdir(exist_ok=True)
    hiding.write_text("raise SystemExit('it was imported')")
    done = wn_sweep("/", "spaces", env={"PYTHONPATH": str(tmp_path)})
    told = f"wn-sweep: {hiding} hides wn-sweep's own package sweep; rename it, or take its folder off PYTHONPATH\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_a_module_that_hides_a_library_is_no_traceback(tmp_path):
    (tmp_path / "typer.py").write_text("")
    done = wn_sweep("/", "spaces", env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wn-sweep: cannot be started: AttributeError: module 'typer' has no attribute")
    assert "Traceback" not in done.stderr
    assert "Traceback" in wn_sweep("/", "spaces", env={"PYTHONPATH": str(tmp_path), "WN_SWEEP_TRACEBACK": "1"}).stderr


def test_the_command_needs_nothing_of_the_folder_that_it_is_called_in(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in TRAPS:
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the working directory was imported')")
    done = wn_sweep(tmp_path, "spaces")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == wn_sweep(tmp_path / "empty", "spaces").stdout != ""
