"""The executor on Ray Tune. Ray has its own process, so results that have arrived are safe if it fails."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from sweep.engine.environment import child_environment
from sweep.engine.executor import DO
from sweep.engine.ray_settings import settings
from sweep.engine.result import Result
from sweep.engine.scratch import Scratch
from sweep.engine.work import Work
from sweep.errors import EngineError
from sweep.signals import deferred
from sweep.space.schema import Resources

#: Ray may fail this many times without a finished run in between before the sweep gives up.
MOST_LOSSES = 3
#: Time-outs in seconds for Ray to start, and to join a cluster.
START_WITHIN, JOIN_WITHIN = 600.0, 90.0
#: Seconds until the first note on what is being waited for, between two notes, and between two checks.
NOTE_AFTER, NOTE_EVERY, LOOK_EVERY = 20.0, 60.0, 1.0
#: Time-out in seconds for leaving a cluster cleanly.
LEAVE_WITHIN = 5.0


class Tune:
    """Does work on Ray Tune: on a Ray of this machine, which is always ended, or on a cluster.

    If Ray itself fails, it is started again for the remaining work.

    Args:
        resources: what one run is given, and how often one that failed is done again.
        workers: runs at a time; None with an address: as many as there is room for, also when nodes join or leave.
        address: of a Ray cluster: auto, host:port or ray://host:port.
        do: what does a work, by module and name.
        cards: GPUs of this machine; those that PyTorch finds if not given.
    """

    def __init__(
        self,
        resources: Resources,
        workers: int | None = None,
        address: str | None = None,
        do: str = DO,
        cards: int | None = None,
    ) -> None:
        self.workers = workers
        self.note: Callable[[str], None] = lambda line: None
        self.ready: Callable[[], None] = lambda: None
        self._resources, self._address, self._do, self._cards = resources, address, do, cards
        self._open: dict[str, Work] = {}
        self._ray: _Ray | None = None
        self._losses = 0
        self._last_words = ""

    def start(self) -> None:
        """Start Ray, unless it has been; a cluster is joined when there is work."""
        if self._ray is None and self._address is None:
            self._begin()

    def submit(self, works: Sequence[Work]) -> None:
        """Take work."""
        if not works:
            return
        if self._ray is None:
            self._begin()
        assert self._ray is not None
        self._open |= {key: work for work in works for key in work.keys}
        self._ray.send([work.text() for work in works])

    def wait(self) -> list[Result]:
        """Results that have arrived, at least one."""
        while True:
            assert self._ray is not None
            starting = not self._ray.started
            results = [result for result in self._ray.results(self.note) if result.key in self._open]
            if starting and self._ray.started and not results:
                self.ready()
            if results:
                self._losses = 0
                for result in results:
                    del self._open[result.key]
                return results
            if self._ray.lost:
                self._begin_again()

    def _begin(self) -> None:
        if self._address:
            _answers(self._address)
        # an interruption in between would leave a process behind
        try:
            with deferred():
                self._ray = _Ray(self._resources, self.workers, self._address, self._do, self._found_cards())
        except KeyboardInterrupt:
            self.close()
            raise

    def _found_cards(self) -> int:
        if self._cards is None and self._resources.gpus and self._address is None:
            # torch takes seconds to import
            from sweep.proxy.platform import cards

            self._cards = cards()
        return self._cards or 0

    def _begin_again(self) -> None:
        assert self._ray is not None
        with deferred():
            self._ray.close()
        self._losses += 1
        if self._losses >= MOST_LOSSES:
            raise EngineError(f"Ray ended {self._losses} times without doing a run: {self._ray.last_words()}")
        self.note(f"Ray ended, and is started again: {self._ray.last_words()}")
        self._begin()
        works = {id(work): work for work in self._open.values()}.values()
        self._ray.send([Work(self._rest(work), work.storage).text() for work in works])

    def _rest(self, work: Work) -> Any:
        return tuple(run for run in work.runs if run.key in self._open)

    def close(self) -> None:
        """End Ray, or leave the cluster."""
        if self._ray is not None:
            with deferred():
                self._ray.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _answers(address: str) -> None:
    # Ray itself takes minutes to report this, in pages of text
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdigit()):
        raise EngineError(f"{address}: no address of a Ray cluster: that is auto, host:port or ray://host:port")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise EngineError(f"{address}: nothing answers there: {error}") from None


class _Ray:
    """The process that drives Ray: reads work from stdin, writes results to stdout, and ends with stdin."""

    def __init__(self, resources: Resources, workers: int | None, address: str | None, do: str, cards: int) -> None:
        self._address = address
        self._said, self._hopeless, self._heard = "", "", b""
        self.started, self.lost = False, False
        self._scratch = Scratch()
        self._log = (self._scratch.folder / "log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from sweep.engine.tune_process import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=child_environment(settings(address), None if address else self._scratch.token()),
            # Ray's workers import from the working directory of this process before all others
            cwd=self._scratch.folder,
            # Ctrl-C is handled by this process, not by Ray
            start_new_session=True,
        )
        self._scratch.lend(self._process.pid)
        self._closed = False
        self._within = JOIN_WITHIN if address else START_WITHIN
        self._began, self._next_note = time.monotonic(), NOTE_AFTER
        self._tell(
            {
                "resources": {"cpus": resources.cpus, "gpus": resources.gpus},
                "retries": resources.retries,
                "workers": workers,
                "address": address,
                "do": do,
                "cards": cards,
                "scratch": str(self._scratch.folder),
            }
        )

    def close(self) -> None:
        """End the process and all that it started; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._address:
            # a cluster continues to run: its workers are released
            deadline = time.monotonic() + LEAVE_WITHIN
            while not self._ended() and time.monotonic() < deadline:
                time.sleep(0.05)
        self._process.kill()
        # before waiting for the process: until then no other process can get its number, which is its session's
        self._scratch.clear()
        self._process.stdout.close()
        self._process.wait()
        self._log.seek(0)
        self._said = self._said or next((line for line in reversed(self._log.read().splitlines()) if line.strip()), "")
        self._log.close()

    def _ended(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _tell(self, message: dict[str, Any]) -> None:
        """Write a line to its stdin; if the process has ended, its stdout ends as well."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def send(self, works: list[str]) -> None:
        """Send work to the process."""
        self._tell({"works": works})

    def _hear(self, note: Callable[[str], None]) -> bool:
        """Wait until it writes something; False if it has not started in time."""
        assert self._process.stdout is not None
        while not select.select([self._process.stdout], [], [], None if self.started else LOOK_EVERY)[0]:
            waited = time.monotonic() - self._began
            if waited >= self._within:
                return False
            if waited >= self._next_note:
                self._next_note += NOTE_EVERY
                target = f"cluster {self._address}" if self._address else "Ray"
                logs = "" if self._address else f"; its logs: {self._scratch.folder}/ray/session_latest/logs"
                note(f"Waiting for {target} to start, for {waited:.0f} s now{logs}")
        return True

    def results(self, note: Callable[[str], None]) -> list[Result]:
        """Results that have arrived, perhaps none; raises EngineError if it reports that nothing can be run."""
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        if not self._hear(note):
            if self._address:
                raise EngineError(f"{self._address}: no Ray cluster answered within {self._within:g} s")
            self._said, self.lost = f"Ray did not start within {self._within:g} s", True
            return []
        chunk = os.read(out, 1 << 16)
        if not chunk:
            if self._hopeless:
                raise EngineError(self._hopeless)
            self.lost = True
            return []
        *lines, self._heard = (self._heard + chunk).split(b"\n")
        messages = [json.loads(line) for line in lines]
        self.started = self.started or bool(messages)
        for message in messages:
            self._hopeless = message.get("hopeless", self._hopeless)
            self._said = message.get("lost", self._said)
        results = [Result.of(result) for message in messages for result in message.get("results", ())]
        if self._hopeless and not results:
            raise EngineError(self._hopeless)
        return results

    def last_words(self) -> str:
        """The reason why it ended, if it gave one."""
        return self._said or "it gave no reason"
