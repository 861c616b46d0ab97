"""The folder that Ray works in, and the end of every process that works in it."""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# Ray's sockets lie below, and the path of a socket has room for about a hundred letters
_PLACE, _PREFIX = Path("/tmp"), "wn-sweep-"


class Scratch:
    """A folder of this process; those of processes that are gone are cleared on the way.

    The kernel holds the lock in it, so that a folder whose lock is free belongs to nobody.
    """

    def __init__(self) -> None:
        for folder in _PLACE.glob(f"{_PREFIX}*"):
            with _left_behind(folder) as session:
                if session is not None:
                    clear(folder, session)
            # its lock may have gone before it did; one that is in use is never empty
            with contextlib.suppress(OSError):
                folder.rmdir()
        # under another name until it is locked: nobody takes it for one that was left behind
        hidden = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=_PLACE))
        self._lock = _locked(hidden / "lock", "w")
        self.folder = hidden.rename(_PLACE / hidden.name[1:])
        self._session = 0

    def lend(self, session: int) -> None:
        """Note the session whose processes will work in the folder."""
        self._session = session
        self._lock.write(str(session))
        self._lock.flush()

    def clear(self) -> None:
        """End every process that works in the folder, and remove it."""
        clear(self.folder, self._session)
        self._lock.close()


def clear(folder: Path, session: int) -> None:
    """End every other process of a session that has a file open in a folder, and remove the folder."""
    while found := _at_work(folder, session):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    # the lock goes last: whatever ends us in between, the rest is found again
    for entry in folder.glob("[!l]*"):
        shutil.rmtree(entry, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _at_work(folder: Path, session: int) -> set[int]:
    # a session's number may belong to another by now, and a person may be reading a log: it takes both
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        # processes come and go, and some are not ours to look at
        with contextlib.suppress(OSError):
            if os.getsid(pid) == session and pid != os.getpid():
                files = (str(fd.readlink()) for fd in (process / "fd").iterdir())
                found |= {pid for file in files if file.startswith(f"{folder}/")}
    return found


def _locked(path: Path, mode: str) -> IO[str]:
    file = path.open(mode)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


@contextlib.contextmanager
def _left_behind(folder: Path) -> Iterator[int | None]:
    """The session that worked in a folder, if its owner is gone."""
    try:
        lock = _locked(folder / "lock", "r+")
    except OSError:
        yield None
        return
    with lock:
        yield int(lock.read() or 0)
