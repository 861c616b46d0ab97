"""The lock on a sweep's folder: one driver at a time, and which process that is."""

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
from sweep.safe_files import NotRegular, open_regular

#: Seconds before each try for the lock: one who only looks holds it for an instant.
WAITS = (0.0, 0.05, 0.1, 0.2, 0.4)
#: Begins every lock that has a holder's name in it.
_OURS = b'{"process":'


@dataclass(frozen=True)
class Holder:
    """The process that runs a sweep."""

    process: int
    host: str
    #: when it started, in UTC, ISO 8601
    since: str
    #: concurrent runs; 0 until it trains
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
        """Record how many runs are trained concurrently."""
        self._holder = replace(self._holder, workers=workers)
        self._write()

    def _write(self) -> None:
        name = json.dumps(asdict(self._holder)).encode()
        # Written before it is cut to its length, so that a full disk takes it where an earlier name was.
        # A disk without room for a name is no reason to stop: the ledger reports a full disk.
        with contextlib.suppress(OSError):
            if os.pwrite(self._file.fileno(), name, 0) == len(name):
                self._file.truncate(len(name))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Lock]:
    """Lock a sweep's folder for this process; raises LedgerError if another process has the lock.

    The kernel releases the lock when the process ends, however it ends. Not every network file system shares flock
    between machines; on one that does not, two drivers on two machines do not see each other.
    """
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open_regular(path, os.O_RDWR | os.O_CREAT)
    except NotRegular as error:
        raise LedgerError(f"{path}: cannot be the lock of a sweep: {error.strerror}; remove it") from None
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be used: {error.strerror}") from None
    with lock as file:
        if not any(_taken(file, wait) for wait in WAITS):
            owner = _read(file)
            name = f" ({owner})" if owner else ""
            raise LedgerError(f"{folder}: another wn-sweep{name} is running this sweep")
        # a hard link, or a file of somebody's that happens to have this name
        if (content := os.pread(file.fileno(), len(_OURS), 0)) != _OURS[: len(content)]:
            raise LedgerError(f"{path}: was not written by wn-sweep, and is left as it is; move it away")
        yield Lock(file)


def holder(folder: Path) -> Holder | None:
    """The process that holds the lock on a sweep's folder now, or None."""
    try:
        with open_regular(folder / "lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                # the name is written a moment after the lock is taken
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
    """The holder's name; None if it is not written yet."""
    time.sleep(wait)
    file.seek(0)
    try:
        name = Holder(**json.loads(file.read(4096)))
        datetime.fromisoformat(name.since)
    except (ValueError, TypeError, RecursionError):
        return None
    return name if type(name.process) is int and type(name.workers) is int and type(name.host) is str else None
