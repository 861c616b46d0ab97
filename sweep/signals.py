"""Ctrl-C, SIGTERM and SIGHUP: one interruption is enough, and none disturbs a start or a clean-up."""

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
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def interrupted() -> bool:
    """Whether such a signal has come: the interrupted code may have raised another error than KeyboardInterrupt."""
    return _interrupted.is_set()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    # a second signal would interrupt the clean-up after the first
    for polite in POLITE:
        signal.signal(polite, signal.SIG_IGN)
    _interrupted.set()
    raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Delay signals until the end of the block, for work that must not be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handlers: dict[signal.Signals, Any] = {}
    try:
        for number in POLITE:
            # None: it was set by other than Python
            if (handler := signal.getsignal(number)) is not None:
                handlers[number] = handler
                signal.signal(number, lambda received_number, frame: received.append(received_number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for received_number in dict.fromkeys(received):
            signal.raise_signal(received_number)
