"""CIFAR's official batches, Python and binary: https://www.cs.toronto.edu/~kriz/cifar.html."""

import io
import pickle
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct
from numpy.typing import NDArray

from sweep.proxy.errors import DataError

_PIXELS = 3 * 32 * 32
Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def parse_batch(content: bytes, name: str) -> Batch:
    """Images (n, 3, 32, 32) and labels (n,) of a Python batch, by fine label; raises DataError."""
    try:
        batch = _Plain(io.BytesIO(content), encoding="bytes").load()
        data = batch[b"data"]
        labels = np.array(batch[b"fine_labels"] if b"fine_labels" in batch else batch[b"labels"], dtype=np.int64)
        if data.dtype != np.uint8 or data.shape != (len(labels), _PIXELS):
            raise ValueError(f"images of {data.dtype} in {data.shape}, {len(labels)} labels")
    # a damaged pickle can raise anything
    except Exception as error:
        raise DataError(f"{name} is no batch of CIFAR, or is damaged or cut short: {error}") from None
    return data.reshape(-1, 3, 32, 32), labels


def parse_records(content: bytes, name: str, labels: int) -> Batch:
    """Images and labels of a binary batch, whose records have `labels` labels, the finest last; raises DataError."""
    if not content or len(content) % (labels + _PIXELS):
        raise DataError(f"{name} is no batch of CIFAR, or is cut short: {len(content):,} bytes are no whole records")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, labels + _PIXELS)
    return records[:, labels:].reshape(-1, 3, 32, 32), records[:, labels - 1].astype(np.int64)


class _Plain(pickle.Unpickler):
    """Reads arrays and plain values; a file that asks for anything else is refused, not run."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module in {"numpy.core.multiarray", "numpy._core.multiarray"}:
            return _reconstruct
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            # the others of a dtype's arguments are numbers in old pickles, which numpy warns of
            return lambda kind, *_: np.dtype(kind.decode() if isinstance(kind, bytes) else kind)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")
