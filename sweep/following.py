"""The command that follows a sweep from any terminal."""

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated

import typer

from sweep.console import err, out
from sweep.options import Json, Results

#: Seconds between two looks for a ledger that is not there yet.
WAIT = 1.0


def status(
    name: Annotated[str, typer.Argument(help="The sweep's name, or the path of its ledger.")],
    results: Results = Path("results"),
    watch: Annotated[bool, typer.Option("--watch", help="Show it again and again, until all runs are in.")] = False,
    as_json: Json = False,
) -> None:
    """Show how far a sweep is, from any terminal, while it runs or after."""
    from rich.live import Live

    from sweep.engine.places import ledger_path
    from sweep.progress import status as how_far
    from sweep.terminal import shown

    waited = False
    drawn = Live(console=out, auto_refresh=False) if watch and not as_json and out.is_terminal else None
    # Ctrl-C is the normal way to stop watching
    with contextlib.suppress(KeyboardInterrupt), drawn or contextlib.nullcontext():
        while True:
            started = time.monotonic()
            if watch and not ledger_path(name, results).exists():
                waiting = f"Waiting for {ledger_path(name, results)}, which is not there yet; Ctrl-C ends this."
                if drawn:
                    drawn.update(waiting, refresh=True)
                elif not waited:
                    err.print(waiting, markup=False)
                waited = True
                time.sleep(WAIT)
                continue
            progress = how_far(name, results=results)
            if as_json:
                print(json.dumps(progress.plain()), flush=True)
            elif drawn:
                drawn.update(shown(progress), refresh=True)
            else:
                out.print(shown(progress, out.is_terminal), soft_wrap=False)
            if not (watch and (progress.remaining or (progress.search and progress.driver))):
                return
            # a large ledger takes a second to read: leave most of the time to the sweep
            time.sleep(max(2.0, 10 * (time.monotonic() - started)))
