"""The command `wn-sweep`, before anything of it is imported: another module named sweep may hide it."""

import importlib.machinery
import importlib.util
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import NoReturn


def entry() -> NoReturn:
    """Run the command line of the package `sweep` that lies beside this file; exit code 2 if it cannot be imported."""
    # PYTHONWARNINGS=error would turn what libraries warn of into the end of the command
    warnings.filters[:] = [one for one in warnings.filters if one[0] != "error"]  # type: ignore[index]
    own = Path(__file__).with_name("sweep") / "__init__.py"
    found = importlib.util.find_spec("sweep")
    if found is None or found.origin is None or not own.samefile(found.origin):
        _end(f"{_place(found)} hides wn-sweep's own package sweep; rename it, or take its folder off PYTHONPATH")
    from sweep.signals import interrupt_once, interrupted

    interrupt_once(signal.SIGINT)
    try:
        from sweep.cli import entry as command
    except (Exception, KeyboardInterrupt) as error:
        if interrupted():
            # at once: what is half imported may fail in other ways
            print("Interrupted.", file=sys.stderr, flush=True)
            os._exit(130)
        if os.environ.get("WN_SWEEP_TRACEBACK"):
            raise
        _end(
            f"cannot be started: {type(error).__name__}: {error}; a module on PYTHONPATH may hide a library, or the "
            "installation is damaged (WN_SWEEP_TRACEBACK=1 shows where)"
        )
    command()


def _place(found: importlib.machinery.ModuleSpec | None) -> str:
    places = [] if found is None else [found.origin or "", *(found.submodule_search_locations or [])]
    return next(filter(None, places), "something")


def _end(message: str) -> NoReturn:
    print(f"wn-sweep: {message}", file=sys.stderr)
    sys.exit(2)
