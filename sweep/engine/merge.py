"""Merging ledgers: runs are identified by their keys, so a merge is a union of sets."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sweep.engine.ledger import Ledger
from sweep.engine.lock import locked
from sweep.engine.looks import add_looks
from sweep.engine.places import note_place, own_place, places
from sweep.errors import LedgerError


def merge(sources: Sequence[Path], into: Path, name: str) -> None:
    """Put the runs of all sources into the ledger `into`, made first if there is none.

    The contents and the space of `into` stay. A new ledger gets the space of the first source, under `name`, and also
    the runs that this space does not ask for. A finished run replaces one that failed, and of two that failed the first
    is kept. The places of weights and the looks at the test split are merged too.
    Raises LedgerError, with nothing written, if two ledgers differ in the outcome of a run or in what a point costs.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(Ledger.open(path)) for path in sources]
        # before anything is written, even a folder, and again under the lock
        _agree(_with_target(into, opened, stack))
        stack.enter_context(locked(into.parent))
        ledgers = _with_target(into, opened, stack)
        _agree(ledgers)
        # first: if the merge is interrupted here and repeated, nothing is lost
        _bring_notes([path.parent for path in sources], into.parent)
        target, first = stack.enter_context(Ledger.create(into)), ledgers[0]
        if first.path != into:
            target.describe(name, {**first.space(), "name": name}, first.axes(), first.planned())
        target.adopt(ledgers)


def _with_target(into: Path, opened: Sequence[Ledger], stack: ExitStack) -> list[Ledger]:
    """The ledgers, after `into` itself if it exists; raises LedgerError if the first one holds no sweep.

    They are copies in memory, which do not see later writes.
    """
    ledgers = [*([stack.enter_context(Ledger.open(into))] if into.exists() else []), *opened]
    ledgers[0].space()
    return ledgers


def _bring_notes(folders: Sequence[Path], target: Path) -> None:
    """Record beside the target where the other sweeps' weights are, and the looks at their test splits."""
    for folder in folders:
        for place in places(folder):
            # of its own folder, one that is there; of others, what it was told
            if place != own_place(folder) or Path(place).is_dir():
                note_place(target, place)
        add_looks(target, folder)


def _agree(ledgers: Sequence[Ledger]) -> None:
    """Raise LedgerError if two ledgers differ in the outcome of a run that did not fail, or in a point's cost."""
    runs: dict[str, tuple[Ledger, Any]] = {}
    points: dict[str, tuple[Ledger, Any]] = {}
    for ledger in ledgers:
        outcomes = {key: outcome for key, outcome in ledger.outcomes().items() if outcome[0] != "failed"}
        for noun, first_seen, values in (("run", runs, outcomes), ("point", points, ledger.costs())):
            differ = [key for key, value in values.items() if first_seen.setdefault(key, (ledger, value))[1] != value]
            if differ:
                first = min(differ)
                ledger_before, value = first_seen[first]
                count_text = f", and in {len(differ) - 1} more" if differ[1:] else ""
                raise LedgerError(
                    f"{ledger_before.path} and {ledger.path} differ in {noun} {first}: "
                    f"{_short(value)} against {_short(values[first])}{count_text}; nothing was merged"
                )


def _short(value: tuple[Any, ...]) -> str:
    text = ", ".join(map(str, value))
    return text if len(text) <= 80 else f"{text[:80]}..."
