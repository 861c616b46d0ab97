"""What the processes that we start import, and which variables they get."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.engine import environment
from sweep.engine.environment import child_environment
from sweep.engine.ray_settings import SETTINGS

NAMES = ("sweep", "ray", "random", "json", "torch", "numpy", "sitecustomize")
# what the driver of Ray is started as
ASK = """
import importlib.util, json, sys
files = {name: importlib.util.find_spec(name).origin for name in sys.argv[1:]}
from sweep.engine.environment import search_working_folders
search_working_folders()
import only_here
print(json.dumps([files, only_here.__file__]))
"""


@pytest.fixture
def trapped(tmp_path, monkeypatch):
    """A working directory with files that are named like modules, and one that is nobody else's."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the working directory was imported')")
    (tmp_path / "only_here.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(env, cwd="/", names=("sweep", "ray", "random", "json", "torch", "numpy")):
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK, *names], env=env, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("how", ["first", "last", "by PYTHONPATH", "as a script", "as ''"])
def test_a_child_imports_what_is_installed_before_the_working_directory(how, trapped, monkeypatch):
    here = str(trapped)
    entries = {"first": [here, *sys.path], "as ''": ["", *sys.path], "by PYTHONPATH": [here, *sys.path]}
    monkeypatch.setattr(sys, "path", entries.get(how, [*sys.path, here]))
    if how == "by PYTHONPATH":
        monkeypatch.setenv("PYTHONPATH", here)
    if how == "as a script":
        monkeypatch.setattr(sys.modules["__main__"], "__file__", f"{here}/script.py", raising=False)
        (trapped / "elsewhere").mkdir()
        monkeypatch.chdir(trapped / "elsewhere")
    files, only_here = ask(child_environment(SETTINGS))
    assert not [name for name, file in files.items() if Path(file).is_relative_to(trapped)]
    assert only_here == f"{here}/only_here.py"


def test_a_folder_of_the_persons_own_is_searched_after_all_that_is_installed(trapped, monkeypatch):
    """One that a notebook put first on its path, and that is not where it works."""
    monkeypatch.setattr(sys, "path", [str(trapped), *sys.path])
    monkeypatch.chdir("/")
    (trapped / "sitecustomize.py").unlink()
    files, only_here = ask(child_environment(SETTINGS))
    assert not [name for name, file in files.items() if Path(file).is_relative_to(trapped)]
    assert only_here == f"{trapped}/only_here.py"


def test_a_child_keeps_the_order_of_what_is_installed(tmp_path, monkeypatch):
    """A person's PYTHONPATH comes before the packages, and a folder with packages counts as installed."""
    named, packages = tmp_path / "named", tmp_path / "packages"
    for folder in (named, packages / "torch-9.dist-info"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(named))
    monkeypatch.setattr(sys, "path", [str(named), str(packages), *sys.path])
    paths = child_environment(SETTINGS)["PYTHONPATH"].split(os.pathsep)
    assert paths[1:3] == [str(named), str(packages)]
    assert str(Path(json.__file__).parents[1]) in paths[3:]


def test_a_clone_is_found_from_within(monkeypatch):
    """`python -m sweep.cli` in a clone runs the clone's code in every process, whatever is installed."""
    root = Path(environment.__file__).parents[2]
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", ["", *[entry for entry in sys.path if entry != str(root)]])
    assert child_environment(SETTINGS)["PYTHONPATH"].split(os.pathsep)[1] == str(root)


def test_leftover_variables_do_not_reach_ray(monkeypatch):
    leftovers = ["TUNE_RESULT_DIR", "RAY_AIR_LOCAL_CACHE_DIR", "TUNE_RESULT_BUFFER_LENGTH", "PYTHONWARNINGS"]
    for name in leftovers:
        monkeypatch.setenv(name, "error")
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.9")
    monkeypatch.setenv("TUNE_GLOBAL_CHECKPOINT_S", "5")
    env = child_environment(SETTINGS)
    assert not set(leftovers) & env.keys()
    # what a person set for Ray, and what we would have set
    assert (env["RAY_memory_usage_threshold"], env["TUNE_GLOBAL_CHECKPOINT_S"]) == ("0.9", "5")
    assert env["RAY_USAGE_STATS_ENABLED"] == "0"


def test_what_rays_processes_can_do_without_is_not_imported(tmp_path, monkeypatch):
    """jsonschema imports it where Jupyter is installed, for seconds; Ray ends if its processes take 15 s to start."""
    (tmp_path / "rfc3987_syntax.py").write_text("raise SystemExit('it was imported')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    code = "import jsonschema; jsonschema.validate(3, {'type': 'number'})"
    env = child_environment(SETTINGS)
    done = subprocess.run([sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_ray_of_our_own_has_a_token_of_its_own_whatever_is_set(monkeypatch):
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"):
        monkeypatch.setenv(name, "disabled")
    tokens = {name: value for name, value in child_environment(SETTINGS, Path("/x/token")).items() if "AUTH" in name}
    assert tokens == {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": "/x/token"}
    # a cluster's is the person's to say
    assert child_environment(SETTINGS)["RAY_AUTH_TOKEN"] == "disabled"
