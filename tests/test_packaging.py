"""What a person installs: the wheel, with the shipped spaces in it, from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*PIP, *words], check=True, timeout=120)
    (path,) = folder.glob("wn_sweep-*.whl")
    return path


def test_the_wheel_holds_spaces_templates_and_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"sweep/_spaces/{path.name}" for path in (ROOT / "spaces").glob("*.yaml")} <= names
    assert {
        "sweep/py.typed",
        "sweep/report/page/template.html.j2",
        "sweep/report/page/page.css",
        "sweep/report/page/page.js",
    } <= names
    assert not [name for name in names if name.startswith("tests/") or name.endswith(".sqlite")]


def test_a_shipped_space_is_found_from_any_folder(wheel, tmp_path):
    site = tmp_path / "site"
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(site), str(wheel)], check=True, timeout=120)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "import sweep.cli; print(sweep.__file__); sweep.cli.main()", "plan", "quick"],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(site))
    assert "120 runs" in done.stdout
    assert list(elsewhere.iterdir()) == []
