"""Sweeps in processes of their own, and what their ledgers hold."""

import contextlib
import sqlite3
import subprocess
import sys
import time

import pandas as pd

from sweep.engine.ledger import Ledger

OUTCOME = ["point", "recipe", "seed", "status", "error", "losses", "params", "flops", "kind", "message"]


COMMAND = [sys.executable, "-m", "sweep.cli"]


def wn_sweep(folder, *words, timeout=180):
    """Run the command in a folder to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
    )


def start(folder, *words, text=None):
    """Start the folder's small.yaml as a person would, in a process group of its own; with a text, that is written."""
    if text is not None:
        (folder / "small.yaml").write_text(text)
    return subprocess.Popen(
        [*COMMAND, "run", "small.yaml", *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def rows(folder, results="results"):
    """The ledger's rows by their keys; none if there is no ledger yet."""
    path = folder / results / "small/ledger.sqlite"
    if not path.exists():
        return pd.DataFrame()
    with Ledger.open(path) as ledger:
        return ledger.runs().set_index("key")


def landed(folder):
    """How many runs are in; cheap, so that a loop that waits takes no time from the sweep."""
    path = folder / "results/small/ledger.sqlite"
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
    ):
        return db.execute("SELECT count(*) FROM runs").fetchone()[0]
    return 0


def wait_for_rows(process, folder, count, within=120):
    """Wait until so many runs are in."""
    deadline = time.monotonic() + within
    while len(rows(folder)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
