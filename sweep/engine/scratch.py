"""Ray's working folder, and ending all processes that work in it."""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import psutil

from sweep.errors import EngineError
from sweep.safe_files import open_regular

_PREFIX = "wn-sweep-"
#: Ray's sockets lie below: the path of a socket has 107 bytes, and Ray and our own folder take the rest of them.
_LONGEST = 107 - len(f"/{_PREFIX}12345678/ray/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store.1")
#: The first line of the lock in each of these folders. A folder without it is somebody else's, whatever its name.
_MARKER = "wn-sweep scratch 1"


class Scratch:
    """A new folder of this process; folders of processes that have ended are removed first.

    It lies where temporary files of Python's do: in TMPDIR, TEMP, TMP, /tmp, /var/tmp, /usr/tmp or the working
    directory, the first of them that can be written to and whose path is short enough for Ray. The kernel holds the
    lock in it, so that a folder whose lock is free belongs to no process. Raises EngineError if none can be used.
    """

    def __init__(self) -> None:
        self._own_session: int | None = None
        reasons = []
        for place in _places():
            if len(os.fsencode(place)) > _LONGEST:
                reasons.append(f"{place}: longer than {_LONGEST} bytes")
                continue
            try:
                _clear_abandoned(place)
                self.folder, self._lock = _made(place)
                return
            except OSError as error:
                reasons.append(f"{place}: {error.strerror or error}")
        raise EngineError(
            f"Ray needs a folder for temporary files, and none can be used ({'; '.join(reasons)}); "
            f"set TMPDIR to a folder that can be written to, with a path of at most {_LONGEST} bytes"
        )

    def lend(self, session: int) -> None:
        """Record the session (as in `setsid`) whose processes will work in the folder."""
        self._own_session = session
        self._lock.write(f"{session}\n".encode())

    def token(self) -> Path:
        """Write a random token that only this user can read, and give its file."""
        path = self.folder / "token"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(secrets.token_hex(32))
        return path

    def clear(self) -> None:
        """End every process that works in the folder, and remove the folder."""
        clear(self.folder, self._own_session)
        self._lock.close()


def _places() -> list[Path]:
    """Where temporary files may lie, in the order of `tempfile.gettempdir`."""
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    places = [*filter(None, named), "/tmp", "/var/tmp", "/usr/tmp", "."]
    return list(dict.fromkeys(Path(place).absolute() for place in places))


def _made(place: Path) -> tuple[Path, FileIO]:
    """A new folder and its lock, which is held."""
    # hidden until it is locked and marked, so that it cannot be mistaken for one whose owner has ended
    hidden = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=place))
    try:
        lock = open_regular(hidden / "lock", os.O_RDWR | os.O_CREAT | os.O_EXCL)
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{_MARKER}\n".encode())
        return hidden.rename(place / hidden.name[1:]), lock
    except OSError:
        # a full disk makes a folder, and nothing in it
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def clear_abandoned() -> None:
    """Remove the folders of processes that were killed, and end what still works in them, wherever they may lie."""
    for place in _places():
        _clear_abandoned(place)


def _clear_abandoned(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        with _abandoned(folder) as lock:
            if lock is not None:
                session = _session(lock)
                clear(folder, session if session and _works_in(folder, session) else None)


def clear(folder: Path, session: int | None) -> None:
    """End every other process of a session, if one is given, and remove the folder that it worked in."""
    # repeatedly: a process that is just starting has no open file yet, and would create the folder again
    while processes := _processes(session) if session else []:
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)
    with contextlib.suppress(OSError):
        for entry in list(folder.iterdir()):
            # last: if this process is killed in between, the folder is still known as ours
            if entry.name != "lock":
                _remove(entry)
    shutil.rmtree(folder, ignore_errors=True)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _processes(session: int) -> list[psutil.Process]:
    """The other processes of a session that are alive."""
    alive = []
    for pid in psutil.pids():
        # processes come and go, and some have ended but are not yet gone
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(pid) == session and pid != os.getpid():
                process = psutil.Process(pid)
                if process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
                    alive.append(process)
    return alive


def _works_in(folder: Path, session: int) -> bool:
    """Whether the session still has a file of the folder open; if not, its number may be that of another by now."""
    for process in _processes(session):
        with contextlib.suppress(psutil.Error):
            if any(file.path.startswith(f"{folder}/") for file in process.open_files()):
                return True
    return False


@contextlib.contextmanager
def _abandoned(folder: Path) -> Iterator[FileIO | None]:
    """The lock of a folder of ours whose owner has ended; None for any other folder, which is then left alone."""
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context(open_regular(folder / "lock", os.O_RDWR))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = _private(folder.lstat()) and _lines(lock)[0] == _MARKER
        except OSError:
            is_ours = False
        yield lock if is_ours else None


def _private(folder: os.stat_result) -> bool:
    """Whether it is a folder, not a link to one, of this user's, and nobody else may write in it."""
    return stat.S_ISDIR(folder.st_mode) and folder.st_uid == os.geteuid() and not folder.st_mode & 0o022


def _lines(lock: FileIO) -> list[str]:
    return os.pread(lock.fileno(), 100, 0).decode(errors="replace").split("\n")


def _session(lock: FileIO) -> int | None:
    """The session that worked in a folder, if one was recorded."""
    session = _lines(lock)[1]
    return int(session) if session.isascii() and session.isdigit() else None
