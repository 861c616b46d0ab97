"""IDX files, gzipped or not: MNIST's format."""

import gzip
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from sweep.proxy.errors import DataError


def unpacked(content: bytes, name: str) -> bytes:
    """What a file holds, gunzipped if it is gzipped; raises DataError if it is damaged."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{name} is damaged or cut short: {error}") from None


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """The array of bytes in an IDX file; raises DataError.

    Two zeros, the type (8: bytes), the number of dimensions, each of them as four bytes with the largest first, and
    the values (http://yann.lecun.com/exdb/mnist/).
    """
    if len(content) < 4 or content[:3] != b"\0\0\x08" or not content[3]:
        raise DataError(f"{name} is no IDX file of bytes: it begins with {content[:4].hex() or 'nothing'}")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"{name} is cut short: it ends within its header")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    expected, present = math.prod(shape), len(content) - start
    if expected != present:
        raise DataError(f"{name} is damaged or cut short: its header says {expected:,} bytes, and {present:,} follow")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
