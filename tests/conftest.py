"""What tests share: a small space, and the command line in this process."""

import gc
import json
import os
import shutil
import textwrap

import pytest
from filelock import FileLock
from small import LONGER, SMALL
from sweeps import rows, start, wn_sweep

from sweep import cli
from sweep.analysis import fidelity, truth
from sweep.report.figures import style
from sweep.report.page import render


@pytest.fixture
def small(tmp_path):
    """The path of a space that trains in about a second."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """Give a folder that a function fills once; test processes share it."""
    base = tmp_path_factory.getbasetemp()

    def shared(name, fill):
        folder = (base if worker_id == "master" else base.parent) / name
        with FileLock(f"{folder}.lock"):
            if not (folder / "filled").exists():
                folder.mkdir()
                fill(folder)
                (folder / "filled").touch()
        return folder

    return shared


@pytest.fixture(scope="session")
def undisturbed(shared):
    """The rows of the longer space's ledger, from a sweep that nobody disturbed."""

    def fill(folder):
        process = start(folder, "--inline", text=LONGER)
        _, told = process.communicate(timeout=240)
        assert (told, process.returncode) == ("", 0)

    return rows(shared("undisturbed", fill))


@pytest.fixture(scope="session")
def swept(shared):
    """A folder in which the small space has been run once, to be read and not changed, and what the command said."""

    def fill(folder):
        (folder / "small.yaml").write_text(SMALL)
        done = wn_sweep(folder, "run", "small.yaml")
        (folder / "said.json").write_text(json.dumps([done.returncode, done.stdout, done.stderr]))

    folder = shared("swept", fill)
    return folder, *json.loads((folder / "said.json").read_text())


def pytest_configure():
    """Keep the files of tests in memory, where ledgers need not wait for a disk, and search for garbage more seldom."""
    gc.set_threshold(50_000, 20, 20)
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)


def pytest_collection_modifyitems(items):
    """Files that start sweeps go first: they take longest, and nobody should wait for the last of them."""
    items.sort(key=lambda item: item.get_closest_marker("sweeps") is None)


@pytest.fixture
def svg_only(monkeypatch):
    """Save figures as SVG alone; the other files are tested where they are the subject."""
    monkeypatch.setattr(style, "_METADATA", {"svg": {"Date": None, "Creator": None}})


@pytest.fixture
def quickly(svg_only, monkeypatch):
    """As `svg_only`, and with few resamples, which are tested elsewhere."""
    monkeypatch.setattr(truth, "RESAMPLES", 50)
    monkeypatch.setattr(fidelity, "RESAMPLES", 50)


@pytest.fixture
def lean(quickly, monkeypatch):
    """As `quickly`, and figures as wide as two columns only."""
    monkeypatch.setattr(render, "_sizes", lambda picture: [("", lambda: picture.figure, "two columns")])


@pytest.fixture
def write(tmp_path):
    """Write a file under the test's folder and give its path."""

    def write(text, name="space.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return write


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run the command line in this process and in the test's folder: (exit code, stdout, stderr)."""

    def run(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["wn-sweep", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        told = capsys.readouterr()
        return stopped.value.code or 0, told.out, told.err

    return run
