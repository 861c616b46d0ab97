"""Ray in a process of its own: whatever becomes of it, what landed has been handed over, and the rest is done anew."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from sweep.engine.environment import child_environment
from sweep.engine.scratch import Scratch
from sweep.errors import EngineError
from sweep.space.schema import Resources

Result = dict[str, Any]

#: A run that failed in a way that can pass by itself is done again this many times.
RETRIES = 2
#: Ray may be lost this many times without doing a run in between; then it is no accident.
MOST_LOSSES = 3
#: Seconds in which Ray has started, or has found its cluster.
START_WITHIN = 300.0
#: Seconds in which a cluster is left politely.
LEAVE_WITHIN = 5.0

# Ray and Tune read these when they are imported; a person who set them meant it
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    # Tune's own record of the experiment is never read back: the ledger is the truth
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    # those that Ray starts in advance know nothing of us, and are ended again
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    # a step frees what the next one asks for: memory that is kept, in large pages, takes a tenth off a run
    "GLIBC_TUNABLES": (
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
        "glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=16777216"
    ),
}
# on one machine nothing has to listen beyond it: with this, every process of Ray's binds to the loopback address
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def do_runs(
    payloads: Sequence[str],
    resources: Resources,
    workers: int | None,
    on_results: Callable[[list[tuple[str, Result]]], None],
    *,
    address: str | None = None,
    retries: int = RETRIES,
    trainable: str = "sweep.engine.worker:Worker",
    begun: "Ray | None" = None,
) -> None:
    """Do the runs and hand their results, by key, to `on_results`, in this process, each once, as many as have arrived.

    A Ray is started on this machine, `workers` runs at a time, and ended whatever happens; or, with `address`, a
    cluster is joined, and None means as many runs at a time as it has room for, also when nodes join or leave. Where
    Ray itself is lost, it is started again for what is left. `trainable` names the class that does a batch. `begun` is
    a Ray that is starting already, for the same resources and workers.
    Raises EngineError if nothing can be run at all, and whatever `on_results` raises.
    """
    left = {json.loads(payload)["key"]: payload for payload in payloads}
    losses = 0
    while left:
        if address:
            _answers(address)
        with begun or Ray(resources, workers, address) as ray:
            begun = None
            for results in ray.results(list(left.values()), retries, trainable):
                losses = 0
                keyed = [(result.pop("key"), result) for result in results]
                on_results(keyed)
                for key, _ in keyed:
                    del left[key]
        if left:
            losses += 1
        if losses >= MOST_LOSSES:
            raise EngineError(f"Ray ended {losses} times without doing a run: {ray.last_words()}")


def _settings(address: str | None) -> dict[str, str]:
    if not address:
        return SETTINGS | _LOOPBACK
    # whoever joins a cluster must say that it asks for a token: only a head looks for one by itself
    token = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys() or (Path.home() / ".ray/auth_token").exists()
    return SETTINGS | ({"RAY_AUTH_MODE": "token"} if token else {})


def _answers(address: str) -> None:
    # Ray itself takes minutes to say so, and says it in pages
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdigit()):
        raise EngineError(f"{address}: no address of a Ray cluster: that is auto, host:port or ray://host:port")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise EngineError(f"{address}: nothing answers there: {error}") from None


class Ray:
    """The process that drives Ray: gets its job by stdin, says results by stdout, and ends when stdin does.

    It starts at once, so that Ray can start while the caller is busy with other things, and is ended by `close`, or at
    the end of a `with`.
    """

    def __init__(self, resources: Resources, workers: int | None, address: str | None = None) -> None:
        self._address = address
        self._said = ""
        self._scratch = Scratch()
        self._log = (self._scratch.folder / "log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from sweep.engine.tune import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=child_environment(_settings(address)),
            # Ray's workers import from the working directory of this process before all others
            cwd=self._scratch.folder,
            # Ctrl-C is for us: what Ray would make of it is of no use
            start_new_session=True,
        )
        self._scratch.lend(self._process.pid)
        self._closed = False
        start = {"resources": resources.model_dump(), "workers": workers, "address": address}
        self._tell({**start, "scratch": str(self._scratch.folder)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, and whatever it started; a second time nothing happens."""
        if self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._address:
            # a cluster lives on: it is told that its workers may go
            deadline = time.monotonic() + LEAVE_WITHIN
            while not self._ended() and time.monotonic() < deadline:
                time.sleep(0.05)
        self._process.kill()
        # before the process is waited for: until then its number, which is its session's, is nobody else's
        self._scratch.clear()
        self._process.stdout.close()
        self._process.wait()
        self._log.seek(0)
        self._said = self._said or next((line for line in reversed(self._log.read().splitlines()) if line.strip()), "")
        self._log.close()

    def _ended(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _tell(self, what: dict[str, Any]) -> bool:
        """Write a line to its stdin; False if it does not listen any more."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def results(self, payloads: list[str], retries: int, trainable: str) -> Iterator[list[Result]]:
        """Results as they arrive, in groups, until Ray ends; raises EngineError if it says that nothing can be run."""
        if not self._tell({"payloads": payloads, "retries": retries, "trainable": trainable}):
            return
        assert self._process.stdout is not None
        out, rest, started = self._process.stdout.fileno(), b"", False
        deadline = time.monotonic() + START_WITHIN
        while True:
            if not started and not select.select([out], [], [], max(0.0, deadline - time.monotonic()))[0]:
                slow = f"Ray did not start within {START_WITHIN:g} s"
                if self._address:
                    raise EngineError(f"{self._address}: {slow}")
                self._said = slow
                return
            heard = os.read(out, 1 << 16)
            if not heard:
                return
            *lines, rest = (rest + heard).split(b"\n")
            said = [json.loads(line) for line in lines]
            started = started or bool(said)
            results = [one["run"] for one in said if "run" in one]
            if results:
                yield results
            for one in said:
                if "hopeless" in one:
                    raise EngineError(one["hopeless"])
                self._said = one.get("lost", self._said)

    def last_words(self) -> str:
        """Why it ended, as far as it said."""
        return self._said or "it gave no reason"
