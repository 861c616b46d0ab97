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
            with _left_behind(folder) as lock:
                if lock is not None:
                    session = int(lock.read() or 0)
                    clear(folder, session if _at_work(folder, session) else None)
            # its lock may have gone before it did; one that is in use is never empty
            with contextlib.suppress(OSError):
                folder.rmdir()
        # under another name until it is locked: nobody takes it for one that was left behind
        hidden = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=_PLACE))
        self._lock = _locked(hidden / "lock", "w")
        self.folder = hidden.rename(_PLACE / hidden.name[1:])
        self._session: int | None = None

    def lend(self, session: int) -> None:
        """Note the session whose processes will work in the folder."""
        self._session = session
        self._lock.write(str(session))
        self._lock.flush()

    def clear(self) -> None:
        """End every process that works in the folder, and remove it."""
        clear(self.folder, self._session)
        self._lock.close()


def clear(folder: Path, session: int | None) -> None:
    """End every other process of a session, if there is one, and remove the folder that it worked in."""
    # those that are just starting have no file open yet, and would make the folder anew
    while members := _members(session) if session else None:
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    # the lock goes last: whatever ends us in between, the rest is found again
    for entry in folder.glob("[!l]*"):
        shutil.rmtree(entry, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _members(session: int) -> set[int]:
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        # processes come and go, and some are dead but not yet gone
        with contextlib.suppress(OSError):
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if os.getsid(pid) == session and state not in "ZX" and pid != os.getpid():
                found.add(pid)
    return found


def _at_work(folder: Path, session: int) -> bool:
    """Whether the session is still the one that worked in the folder: its number may be another's by now."""
    for pid in _members(session) if session else ():
        with contextlib.suppress(OSError):
            if any(str(fd.readlink()).startswith(f"{folder}/") for fd in Path(f"/proc/{pid}/fd").iterdir()):
                return True
    return False


def _locked(path: Path, mode: str) -> IO[str]:
    file = path.open(mode)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


@contextlib.contextmanager
def _left_behind(folder: Path) -> Iterator[IO[str] | None]:
    """A folder's lock, which names the session that worked there, if its owner is gone."""
    try:
        lock = _locked(folder / "lock", "r+")
    except OSError:
        yield None
        return
    with lock:
        yield lock
