"""Saves figures in several processes at once: a large one takes half a second, and a page has a dozen."""

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from multiprocessing import TimeoutError, get_all_start_methods, get_context
from pathlib import Path

from sweep.cpus import cpus

#: Processes at most: with more, all would wait for the largest figure.
MOST = 4
#: Fewer figures than these are saved faster than a process starts.
FEWEST = 4
#: The time-out, in seconds.
PATIENCE = 300.0

#: The tasks, as a global for copied processes: some figures cannot be pickled.
_tasks: list[Callable[[], str]] = []


def save_ahead(tasks: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Run tasks in parallel in forked copies of this process.

    No copy is made on a single core, while other threads run (a copy would hold their locks for ever), or where the
    system cannot fork.

    Args:
        tasks: by name, those that take longest first; each may be done again.

    Returns:
        Their results, by name. Tasks that failed or were not tried are left out: the caller runs them itself, and sees
        the error.
    """
    workers = min(cpus(), MOST, len(tasks))
    if workers < 2 or len(tasks) < FEWEST or threading.active_count() > 1 or "fork" not in get_all_start_methods():
        return {}
    _tasks[:] = tasks.values()
    try:
        with warnings.catch_warnings():
            # Python warns about numpy's threads, which can handle a fork
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = get_context("fork").Pool(workers, _copied)
        with pool:
            answers = pool.map_async(_attempt, range(len(tasks)), chunksize=1).get(PATIENCE)
    except (TimeoutError, OSError):
        return {}
    finally:
        _tasks.clear()
    return {name: answer for name, answer in zip(tasks, answers, strict=True) if answer is not None}


def _copied() -> None:
    """Set up a copy to ignore interrupts and end silently: the parent process handles them and ends its copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # a garbage collection would copy the memory of all objects, and a copy ends before that pays
    gc.disable()
    for polite in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(polite, signal.SIG_DFL)
    # if the parent is killed, multiprocessing would show a traceback of the broken pipe
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def _attempt(number: int) -> str | None:
    try:
        return _tasks[number]()
    except Exception:  # the caller tries again, and reports the error
        return None
