"""Images that do not fit into memory: on disk, decoded once on a machine, and mapped by whoever reads them."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.cpus import cpus
from sweep.proxy.errors import DataError

#: Images that one thread decodes at a time.
BLOCK = 256

Images = Callable[[NDArray[np.int64]], NDArray[np.uint8]]


def mapped(
    path: Path,
    at: NDArray[np.int64],
    shape: tuple[int, int, int],
    images: Images,
    facts: Callable[[NDArray[np.uint8]], dict[str, list[float]]],
) -> tuple[NDArray[np.uint8], dict[str, list[float]]]:
    """The images of some numbers as an array (n, channels, size, size) of bytes in `path`, and what `facts` says of it.

    It is made if it is not there or is damaged, by one process, while others wait; a file has its name only when it is
    whole.
    Raises DataError if there is no room for it, or it cannot be written.
    """
    full_shape = (len(at), *shape)
    facts_path = path.with_suffix(".json")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stored_facts = _stored_facts(path, facts_path, int(np.prod(full_shape)))
            if stored_facts is None:
                _insist_on_room(path, int(np.prod(full_shape)))
                draft = path.with_suffix(".part")
                array = np.memmap(draft, np.uint8, "w+", shape=full_shape)
                _fill(array, at, images)
                array.flush()
                stored_facts = facts(array)
                facts_path.write_text(json.dumps(stored_facts))
                draft.replace(path)
    except OSError as error:
        raise DataError(f"{path}: the images cannot be kept there: {error.strerror or error}") from None
    # copied where it is written to, which nobody does: PyTorch warns of what cannot be written to
    return np.memmap(path, np.uint8, "c", shape=full_shape), stored_facts


def _stored_facts(path: Path, facts_path: Path, size: int) -> dict[str, list[float]] | None:
    """What was said of the array in `path`; None if there is none, or if either file was damaged since."""
    try:
        stored = json.loads(facts_path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    if not path.is_file() or path.stat().st_size != size or not isinstance(stored, dict):
        return None
    return stored


def _insist_on_room(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise DataError(
            f"{path.parent}: the images take {needed / 2**30:.1f} GiB there and {free / 2**30:.1f} GiB are free; "
            "train, validation or a smaller image_size make it less, and XDG_CACHE_HOME puts it elsewhere"
        )


def _fill(array: NDArray[np.uint8], at: NDArray[np.int64], images: Images) -> None:
    def write(first: int) -> None:
        array[first : first + BLOCK] = images(at[first : first + BLOCK])

    # Pillow decodes outside of Python's lock
    with ThreadPoolExecutor(cpus()) as pool:
        for _ in _all(pool, write, range(0, len(at), BLOCK)):
            pass


def _all(pool: ThreadPoolExecutor, write: Callable[[int], None], firsts: range) -> Iterator[None]:
    try:
        yield from pool.map(write, firsts)
    except BaseException:
        # one that cannot be decoded is told at once, not after all the others
        pool.shutdown(cancel_futures=True)
        raise
