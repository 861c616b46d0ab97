"""Files in folders that somebody else may have filled: no link is followed, and nothing is written in part."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

#: Flags with which a FIFO or a device opens without waiting, so that it can be refused.
_AT_ONCE = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class NotRegular(OSError):  # noqa: N818 - of a file
    """A path that is a link, a directory, a FIFO, a socket or a device where a regular file was expected."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__(0, f"it is {_kind(mode)}, not a regular file", str(path))


def open_regular(path: Path, flags: int = os.O_RDONLY) -> FileIO:
    """Open a regular file without following a link in its last component.

    `flags` are those of `os.open`. Raises NotRegular for anything else than a regular file, and OSError.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | _AT_ONCE, 0o666)
    except OSError:
        # the system's reason ("Too many levels of symbolic links") would be misleading
        with contextlib.suppress(FileNotFoundError):
            _refuse(path, path.lstat().st_mode)
        raise
    return _as_file(path, descriptor, "r+" if flags & os.O_RDWR else "w" if flags & os.O_WRONLY else "r")


def read_regular(path: Path) -> bytes:
    """Read a file, through links as well, unless it is a FIFO or a device, which might never end; raises OSError."""
    with _as_file(path, os.open(path, os.O_RDONLY | _AT_ONCE), "r") as file:
        return file.readall()


def _as_file(path: Path, descriptor: int, mode: str) -> FileIO:
    try:
        _refuse(path, os.fstat(descriptor).st_mode)
        return FileIO(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise


@contextlib.contextmanager
def replacing(path: Path, part: Path | None = None) -> Iterator[Path]:
    """Give a new, empty file beside `path` that takes its place at the end of the `with`, unless that raises.

    The file is new, and its name random unless `part` gives one, so that a link that lies there is not followed. Where
    `path` is a link, the link is replaced, not what it points to. Raises OSError.
    """
    if part is None:
        part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}.part")
    else:
        part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _refuse(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotRegular(path, mode)


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")
