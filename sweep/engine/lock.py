"""The lock on a sweep's folder: one driver at a time, and who it is."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from sweep.errors import LedgerError


@dataclass(frozen=True)
class Holder:
    """Who is at work on a sweep."""

    process: int
    host: str
    #: when it began, in UTC and as text in ISO 8601
    since: str
    #: runs at a time; 0 until it trains
    workers: int = 0

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}, since {self.since}"


class Lock:
    """A lock that is held, with the name of the holder in it."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._holder = Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))
        self._write()

    def train(self, workers: int) -> None:
        """Note that so many runs at a time are being done."""
        self._holder = replace(self._holder, workers=workers)
        self._write()

    def _write(self) -> None:
        # a disk without room for a name is no reason to stop; the ledger says what there is no room for
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(json.dumps(asdict(self._holder)).encode())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Lock]:
    """Hold a sweep's folder for one driver; raises LedgerError if another has it.

    The kernel holds the lock, so that it goes with the process, however that ends. Not every network file system
    does so between machines: two drivers on two machines are told apart only where flock reaches both.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab+", buffering=0)
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be used: {error.strerror}") from None
    with lock as file:
        # one who only looks holds it for an instant
        if not any(_taken(file, wait) for wait in (0.0, 0.05, 0.1)):
            by = _read(file)
            who = f" ({by})" if by else ""
            raise LedgerError(f"{folder}: another wn-sweep{who} is at work on this sweep")
        yield Lock(file)


def holder(folder: Path) -> Holder | None:
    """Who holds a sweep's folder now, or None."""
    try:
        with (folder / "lock").open("rb", buffering=0) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                # it writes its name a moment after it has the lock
                return _read(file) or _read(file, 0.1)
            return None
    except OSError:
        return None


def _taken(file: FileIO, wait: float) -> bool:
    time.sleep(wait)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: FileIO, wait: float = 0.0) -> Holder | None:
    """What the holder wrote; None if it has not yet."""
    time.sleep(wait)
    file.seek(0)
    try:
        return Holder(**json.loads(file.read(4096)))
    except (ValueError, TypeError):
        return None
