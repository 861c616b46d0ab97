"""States of networks as files, written whole or not at all, in a directory or behind any URL that fsspec reads.

A file is a line that says what it is, the sha256 of the rest, and what torch saved; nothing in it is ever executed.
"""

import contextlib
import hashlib
import io
from pathlib import Path
from typing import Any

import torch
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from sweep.safe_files import read_regular, replacing


class Damaged(Exception):  # noqa: N818 - of a file
    """A file that does not hold what was written."""


def put(storage: str, name: str, head: bytes, state: dict[str, Any]) -> None:
    """Keep a state in place of the one before, whole or not at all; raises whatever the storage does."""
    body = io.BytesIO()
    torch.save(state, body)
    data = body.getvalue()
    content = head + hashlib.sha256(data).digest() + data
    fs, root = url_to_fs(storage)
    path = f"{root}/{name}"
    fs.makedirs(root, exist_ok=True)
    if isinstance(fs, LocalFileSystem):
        # in a folder that somebody sent, a link may lie in its place
        with replacing(Path(path), Path(f"{path}.part")) as draft:
            draft.write_bytes(content)
        return
    try:
        fs.pipe_file(f"{path}.part", content)
        fs.mv(f"{path}.part", path)
    except BaseException:
        # what is left of it may be what fills the disk
        with contextlib.suppress(Exception):
            fs.rm_file(f"{path}.part")
        raise


def get(storage: str, name: str, head: bytes) -> dict[str, Any]:
    """The state that was kept last; raises FileNotFoundError, Damaged, or whatever the storage does."""
    fs, root = url_to_fs(storage)
    path = f"{root}/{name}"
    data = read_regular(Path(path)) if isinstance(fs, LocalFileSystem) else fs.cat_file(path)
    start = len(head) + 32
    body = data[start:]
    # torch does not compare the sums in its own files
    if data[:start] == head + hashlib.sha256(body).digest():
        with contextlib.suppress(Exception):
            return dict(torch.load(io.BytesIO(body), weights_only=True, map_location="cpu"))
    raise Damaged(name)


def set_aside(storage: str, name: str) -> None:
    """Rename a file that cannot be used to NAME.damaged, for a person to look at; raises whatever the storage does."""
    fs, root = url_to_fs(storage)
    fs.mv(f"{root}/{name}", f"{root}/{name}.damaged")


def is_local(storage: str) -> bool:
    """Whether a storage is on this machine: a directory, or a URL that leads to one, or into memory."""
    scheme, separator, _ = storage.partition("://")
    return "::" not in storage and (not separator or scheme in {"file", "local", "memory"})


def names(storage: str) -> set[str]:
    """The names of all files in a storage; raises whatever the storage does."""
    fs, root = url_to_fs(storage)
    return {path.rsplit("/", 1)[-1] for path in fs.ls(root, detail=False)}


def said(error: Exception) -> str:
    """The first line of an error, or its kind if it says nothing."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
