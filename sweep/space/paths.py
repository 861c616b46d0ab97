"""Paths from user input: a path that the system refuses counts as missing."""

from pathlib import Path


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; a path that the system refuses, such as a very long one, is not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether there is such a file."""
    return exists(path) and path.is_file()


def at_home(path: str) -> Path:
    """The path with ~ and ~user written out; raises ValueError in words where there is no such home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"there is no user whose home '{path}' could be in") from None
