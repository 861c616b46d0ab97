"""What tests share: a small space, and the command line in this process."""

import textwrap

import pytest
from filelock import FileLock
from small import LONGER, SMALL
from sweeps import rows, start

from sweep import cli


@pytest.fixture
def small(tmp_path):
    """The path of a space that trains in about a second."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, worker_id):
    """The rows of the longer space's ledger, from a sweep that nobody disturbed; test processes share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "undisturbed"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            folder.mkdir()
            (folder / "small.yaml").write_text(LONGER)
            process = start(folder)
            _, told = process.communicate(timeout=240)
            assert (told, process.returncode) == ("", 0)
            (folder / "done").touch()
    return rows(folder)


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
