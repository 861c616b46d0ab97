"""Checkpoints: a run in progress, kept under its key, so that a kill costs an interval and changes nothing.

They lie in a directory or behind any URL that fsspec reads (s3://..., gs://..., sftp://...).
"""

import contextlib
import secrets
import time
from collections.abc import Iterable
from typing import Any

from fsspec.core import url_to_fs

from sweep.errors import StorageError
from sweep.proxy import stored

#: The first line of every checkpoint, before the sha256 of the rest. Another layout has another number.
_HEAD = b"wn-sweep checkpoint 2\n"


class Checkpoint:
    """Where one run keeps its state, at most once an interval.

    If the storage fails, a kill costs the whole run, but the run itself goes on; `notes` says what failed.

    Args:
        storage: a directory, or a URL that fsspec reads.
        key: the run's key, which names the file and is written in it.
        interval: seconds of training between two checkpoints; a shorter run leaves none.
    """

    def __init__(self, storage: str, key: str, interval: float) -> None:
        self._storage, self._key, self._interval = storage, key, interval
        self._last = time.monotonic()
        #: whether one may lie in the storage
        self.kept = False
        self.notes: list[str] = []

    def load(self) -> dict[str, Any] | None:
        """The state that was kept last, or None; a damaged one, or one of another run, is set aside."""
        try:
            content = stored.get(self._storage, self._key, _HEAD)
        except FileNotFoundError:
            return None
        except stored.Damaged:
            self.kept = True
            self.set_aside()
            return None
        except Exception as error:
            self._note("read", error)
            return None
        self.kept = True
        state = content.get("state")
        # whoever renamed it, or sent it, may not know that the name is the run
        if content.get("key") != self._key or not isinstance(state, dict):
            self.set_aside("that of another run")
            return None
        return state

    def due(self) -> bool:
        """Whether an interval has passed since the last one."""
        return time.monotonic() - self._last >= self._interval

    def save(self, state: dict[str, Any]) -> None:
        """Keep a state in place of the one before, whole or not at all."""
        try:
            stored.put(self._storage, self._key, _HEAD, {"key": self._key, "state": state})
            self.kept = True
        except Exception as error:
            self._note("written", error)
        # the interval starts after writing, so that a slow storage does not take all of the time
        self._last = time.monotonic()

    def set_aside(self, why: str = "damaged") -> None:
        """Rename a checkpoint that cannot be used, for a person to look at; the run starts over."""
        self.notes.append(f"its checkpoint was {why} and set aside as {self._key}.damaged; the run started over")
        try:
            stored.set_aside(self._storage, self._key)
        except Exception as error:
            self._note("set aside", error)

    def _note(self, action: str, error: Exception) -> None:
        note = f"a checkpoint could not be {action} ({stored.said(error)})"
        if note not in self.notes:
            self.notes.append(note)


def check(storage: str) -> None:
    """Write and remove a file in a storage; raises StorageError with the reason if that fails."""
    try:
        fs, root = url_to_fs(storage)
        fs.makedirs(root, exist_ok=True)
        # a name that no file of anybody's has
        probe = f"{root}/wn-sweep-probe-{secrets.token_hex(16)}"
        fs.pipe_file(probe, b"")
        fs.rm_file(probe)
    except Exception as error:
        raise StorageError(f"{storage}: no checkpoint can be kept there: {stored.said(error)}") from None


def discard(storage: str, done: Iterable[str]) -> None:
    """Remove the checkpoints of runs that are in; one that cannot be removed does no harm."""
    for name in (f"{key}{end}" for key in done for end in ("", ".part")):
        with contextlib.suppress(Exception):
            fs, root = url_to_fs(storage)
            fs.rm_file(f"{root}/{name}")


def kept(storage: str) -> set[str]:
    """The keys that have a checkpoint in a storage, or a part of one; none if it cannot be listed."""
    try:
        return {name.removesuffix(".part") for name in stored.names(storage)}
    except Exception:
        return set()
