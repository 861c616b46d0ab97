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

#: More processes than these would wait for the largest figure.
MOST = 4
#: Fewer figures than these are saved sooner than a process is there.
FEWEST = 4
#: In seconds, when to stop waiting.
PATIENCE = 300.0

#: What is to be done, where a copied process finds it: figures are not sent, for some cannot be.
_tasks: list[Callable[[], str]] = []


def save_ahead(tasks: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Do what can be done at once in copies of this process.

    None are made on a single core, beside other threads, whose locks a copy would hold for ever, and where the system
    makes no copies.

    Args:
        tasks: by name, those that take longest first; each may be done again.

    Returns:
        What they answered, by name. Those that failed, or were not tried, are not in it: the caller does them itself,
        and sees what goes wrong.
    """
    workers = min(cpus(), MOST, len(tasks))
    if workers < 2 or len(tasks) < FEWEST or threading.active_count() > 1 or "fork" not in get_all_start_methods():
        return {}
    _tasks[:] = tasks.values()
    try:
        with warnings.catch_warnings():
            # Python warns of threads of numpy's, which know how to be copied
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
    """Leave an interruption to the process that was copied, which ends the copies; theirs is a silent end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # a search for unreachable objects would copy the memory of all objects; a copy ends before that pays
    gc.disable()
    for polite in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(polite, signal.SIG_DFL)
    # if that process is killed, nobody waits for an answer: multiprocessing would show a traceback of the broken pipe
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def _attempt(number: int) -> str | None:
    try:
        return _tasks[number]()
    except Exception:  # the caller tries again, and tells
        return None
