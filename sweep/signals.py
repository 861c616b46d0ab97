"""Ctrl-C, SIGTERM and SIGHUP: one interruption is enough, and none falls into a start or a clean-up."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

#: What asks a process to end, and lets it clean up.
POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_interrupted = threading.Event()


def interrupt_once(*signals: signal.Signals) -> None:
    """Let each of these signals raise KeyboardInterrupt in the main thread, the first time; later ones are ignored.

    A signal that is ignored already, as SIGHUP is under nohup, stays so.
    """
    for one in signals:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, _interrupt)


def interrupted() -> bool:
    """Whether such a signal has come: what it fell into may have ended with another error than KeyboardInterrupt."""
    return _interrupted.is_set()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    # a second one would fall into what cleans up after the first
    for one in POLITE:
        signal.signal(one, signal.SIG_IGN)
    _interrupted.set()
    raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Let signals that come in between take effect at the end only; for what must be done whole or not at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        for one in POLITE:
            # None: it was set by other than Python
            if (handler := signal.getsignal(one)) is not None:
                before[one] = handler
                signal.signal(one, lambda number, frame: came.append(number))
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
