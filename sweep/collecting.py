"""Python's garbage collection, for code that creates very many long-lived objects."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects that trigger a collection; Python's default is 700.
OFTEN = 50_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect less often meanwhile: modules and figures are very many objects, and nearly all of them are long-lived.

    Otherwise a tenth of the time of a page goes into garbage collection.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], OFTEN) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
