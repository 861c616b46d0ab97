import subprocess
import sys
import threading

import pytest

from sweep.report.page import saving

COPIES = """
import os
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from sweep.report.page import saving
from sweep.report.figures import style

folder = Path({folder!r})
saving.cpus = lambda: 2
figures = {{}}
with style.look():
    for n in range(4):
        figures[f"f{{n}}"] = Figure(figsize=(3, 2), dpi=72)
        figures[f"f{{n}}"].add_subplot(title=f"figure {{n}}").plot([1, 2, n], "o-", label="a")
save = {{name: partial(style.save, figure, folder / "ahead" / name) for name, figure in figures.items()}}
fails = {{"fails": lambda: 1 / 0}}
found = saving.save_ahead({{**save, **fails, "who": lambda: str(os.getpid())}})
assert set(found) == {{*figures, "who"}}, set(found)
assert found["who"] != str(os.getpid())
for name, figure in figures.items():
    assert style.save(figure, folder / "here" / name) == found[name]
"""


def test_figures_saved_by_copies_are_those_saved_here(tmp_path):
    """In a process of its own, since that of the tests may have threads."""
    for name in ("ahead", "here"):
        (tmp_path / name).mkdir()
    subprocess.run([sys.executable, "-c", COPIES.format(folder=str(tmp_path))], check=True, timeout=300)
    files = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert len(files) == 12
    assert files == sorted(path.name for path in (tmp_path / "ahead").iterdir())
    for name in files:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "ahead" / name).read_bytes(), name


KILLED = """
import os, signal, time

from sweep.report.page import saving

saving.cpus = lambda: 2

def answer():
    while os.getppid() == caller:
        time.sleep(0.01)
    return "late"

def end():
    os.kill(caller, signal.SIGKILL)
    return answer()

caller = os.getpid()
saving.save_ahead({"end": end, **{str(n): answer for n in range(4)}})
"""


def test_copies_of_a_process_that_was_killed_end_without_a_word():
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-9, "", "")


@pytest.mark.parametrize("lacking", ["cores", "figures", "quiet"])
def test_where_copies_do_not_pay_or_are_not_safe_nothing_is_tried(monkeypatch, lacking):
    monkeypatch.setattr(saving, "cpus", lambda: 1 if lacking == "cores" else 2)
    monkeypatch.setattr(threading, "active_count", lambda: 2 if lacking == "quiet" else 1)
    tried = []
    tasks = {str(n): lambda: tried.append(1) or "" for n in range(2 if lacking == "figures" else 9)}
    assert saving.save_ahead(tasks) == {}
    assert not tried
