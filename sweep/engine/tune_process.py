"""The process that drives Ray Tune: work comes on stdin, results go to stdout, a line of JSON each."""

import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import psutil
import ray

from sweep.engine.feed import new_feed
from sweep.engine.scratch import clear
from sweep.engine.tune import Job, Lost, do_here, do_there, last_line
from sweep.errors import EngineError


def _join(job: Job) -> None:
    """Start a Ray on this machine, or join a cluster; silent unless it fails."""
    for name in ("ray", "ray.tune", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if job.address is not None:
        ray.init(address=job.address, **quiet)
        return
    workers = job.workers or 1
    ray.init(
        address="local",
        num_cpus=workers * int(job.resources["cpus"]),
        num_gpus=job.cards,
        include_dashboard=False,
        # results are small: a small store starts faster and fits everywhere
        object_store_memory=100 << 20,
        _temp_dir=str(Path(job.scratch) / "ray"),
        **quiet,
    )


def main() -> NoReturn:
    """Do the work from stdin and write results to stdout, a line of JSON each.

    Ends with stdin, or when Ray is lost.
    """
    output = os.fdopen(os.dup(1), "w")
    # output of libraries must not be taken for results
    os.dup2(2, 1)
    lock, started = threading.Lock(), threading.Event()

    def say(**message: Any) -> None:
        with lock:
            print(json.dumps(message), file=output, flush=True)

    job = Job(**json.loads(sys.stdin.readline()))
    try:
        threading.Thread(target=_watch_over, args=(say, started), daemon=True).start()
        _join(job)
        feed = new_feed(job.feed)
        threading.Thread(target=_listen, args=(job, feed), daemon=True).start()
        started.set()
        say(started=True)
        do = do_there if (job.address or "").startswith("ray://") else do_here
        do(job, lambda results: say(results=[result.plain() for result in results]))
    except EngineError as error:
        say(hopeless=str(error))
    except Lost as error:
        say(lost=str(error))
    except BaseException as error:
        message = f"{type(error).__name__}: {last_line(error)}"
        say(**({"hopeless": f"{job.address}: {message}"} if job.address else {"lost": message}))
    output.close()
    _leave(job)


def _listen(job: Job, feed: Any) -> NoReturn:
    """Put the work from stdin into the feed; leave at the end of stdin."""
    for line in sys.stdin:
        ray.get(feed.put.remote(json.loads(line)["works"]))
    _leave(job)


def _watch_over(say: Callable[..., None], started: threading.Event) -> NoReturn:
    """End when an essential process of Ray has ended, also during the start: Ray itself would wait for minutes."""
    watched: dict[int, psutil.Process] = {}
    while True:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if child.name() in {"raylet", "gcs_server"}:
                    watched.setdefault(child.pid, child)
        if any(not _alive(process) for process in watched.values()):
            slow = "; each has 15 s to import what it needs, a limit of Ray's; `wn-sweep run --inline` needs no Ray"
            say(lost=f"one of Ray's processes ended{'' if started.is_set() else f' while Ray started{slow}'}")
            os._exit(1)
        time.sleep(0.5)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _leave(job: Job) -> NoReturn:
    if job.address:
        ray.shutdown()
    # our own Ray needs no clean shutdown
    clear(Path(job.scratch), os.getpid())
    os._exit(0)
