"""Python's search for unreachable objects, where very many objects are made that stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects after which it searches; 700 if nobody says otherwise.
OFTEN = 50_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Search more seldom meanwhile: modules and figures are very many objects, nearly all of which stay to the end.

    A tenth of the time of a page goes into that search otherwise.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], OFTEN) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
