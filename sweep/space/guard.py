"""Calling code of the user's own: what ends a process, prints or never returns becomes an error with a reason."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

#: Seconds that a module may take to import, and a function to build a network.
SECONDS = 300.0


class UserCodeError(Exception):
    """What the user's code did that no exception of its own says."""


class _TimeIsUp(BaseException):
    """Raised in the user's code when its time is up; no `except Exception` there stops it."""


@contextlib.contextmanager
def guarded(seconds: float | None = None) -> Iterator[None]:
    """Run the user's code with its standard output on standard error, and for no longer than `seconds`.

    SECONDS is the limit by default, and 0 is none. Raises UserCodeError where the code exits, raises KeyboardInterrupt
    itself, or takes longer; the time is watched in the main thread only. Ctrl-C is a KeyboardInterrupt still, and other
    exceptions pass.
    """
    limit = SECONDS if seconds is None else seconds
    pressed: list[int] = []
    try:
        with contextlib.redirect_stdout(sys.stderr), _ctrl_c(pressed), _alarm(limit):
            yield
    except SystemExit as error:
        code = error.code if isinstance(error.code, int | str) else 0
        raise UserCodeError(f"ends the program (SystemExit: {code})") from None
    except KeyboardInterrupt:
        if pressed:
            raise
        raise UserCodeError("raises KeyboardInterrupt") from None
    except _TimeIsUp:
        raise UserCodeError(f"does not return within {limit:g} s") from None
    except BaseException as error:
        if isinstance(error, Exception):
            raise
        raise UserCodeError(f"raises {type(error).__name__}: {error}") from None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _ctrl_c(pressed: list[int]) -> Iterator[None]:
    """Note whether Ctrl-C is pressed, with its usual effect."""
    usual = signal.getsignal(signal.SIGINT)
    if not _in_main_thread() or not callable(usual):
        yield
        return

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        usual(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        # the user's code may have set its own handler, which must not stay
        signal.signal(signal.SIGINT, usual)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _TimeIsUp after so many seconds; an alarm that was set before goes on afterwards."""
    if not seconds or not _in_main_thread():
        yield
        return

    def ring(number: int, frame: Any) -> None:
        raise _TimeIsUp

    usual, started = signal.signal(signal.SIGALRM, ring), time.monotonic()
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)
        if remaining:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, remaining - (time.monotonic() - started)), interval)
