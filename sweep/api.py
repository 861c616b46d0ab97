"""The commands as functions: `run`, `render`, `merge`."""

from pathlib import Path

from sweep.engine.ledger import Ledger
from sweep.engine.merge import merge as merge_ledgers
from sweep.engine.places import ledger_path
from sweep.rendering import render, render_report
from sweep.running import run
from sweep.space import Space
from sweep.space.source import Source
from sweep.watch import Silence, Summary, Watch


def merge(*sources: str | Path, into: str, results: str | Path = "results") -> Path:
    """Put the runs of several sweeps into the ledger of the sweep `into`, and give its path.

    A source is the name of a sweep under `results`, or the path of a ledger or of its folder. The contents of `into`
    stay; a new one gets the space of the first source. Raises LedgerError, with nothing written, if two ledgers
    differ in the outcome of a run.
    """
    target = Path(results) / into / "ledger.sqlite"
    paths = [ledger_path(source, results) for source in sources]
    with Ledger.open(paths[0]) as first:
        # an invalid name is reported before anything is written
        Space.recorded({**first.space(), "name": into}, Source("into"))
    merge_ledgers(paths, target, into)
    return target


__all__ = ["Silence", "Summary", "Watch", "merge", "render", "render_report", "run"]
