"""Reading regular files only: a FIFO would be waited for without end, and a device may have no end."""

import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def require_regular(info: os.stat_result, path: str | Path) -> None:
    """Raise ValueError that names the kind if `info` is not of a regular file."""
    if not stat.S_ISREG(info.st_mode):
        kind = next((word for is_kind, word in _KINDS if is_kind(info.st_mode)), "of an unknown kind")
        raise ValueError(f"{path} is {kind}, not a file")


def read_regular(path: str | Path) -> bytes:
    """The bytes of a regular file, through links; raises ValueError for anything else, and OSError."""
    # without waiting: opening a FIFO that nobody writes to would block
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        require_regular(os.fstat(descriptor), path)
        return file.read()
