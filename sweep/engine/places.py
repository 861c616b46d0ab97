"""Where the weights of a sweep's runs lie: in its folder, and wherever else they were left."""

import os
from pathlib import Path

from sweep.engine.notes import read_note, write_note


def ledger_path(sweep: str | Path, results: str | Path) -> Path:
    """The ledger of a sweep, given as its name under `results`, or as the path of its ledger or of its folder."""
    path = Path(sweep)
    if path.is_file():
        return path
    return path / "ledger.sqlite" if (path / "ledger.sqlite").is_file() else Path(results) / path / "ledger.sqlite"


def page_name(ledger: Path) -> str:
    """The folder under which the report of a ledger is written: that of the ledger, whatever the sweep was called.

    So the report of a sweep whose folder was renamed does not replace that of another sweep that has its old name.
    """
    return ledger.absolute().parent.name if ledger.name == "ledger.sqlite" else ledger.stem


def own_place(folder: Path) -> str:
    """Where weights lie if nobody said: beside the sweep's ledger."""
    return str((folder / "weights").absolute())


def places(folder: Path) -> list[str]:
    """Every storage in which weights of a sweep may lie, its own folder first; raises LedgerError."""
    also = read_note(folder / "weights.json", [])
    return [own_place(folder), *(one if _is_url(one) else os.path.normpath(folder.absolute() / one) for one in also)]


def note_place(folder: Path, storage: str) -> None:
    """Note that weights of a sweep are left in a storage; raises LedgerError."""
    if storage in places(folder):
        return
    # relative, so that folders that are moved together go on knowing one another
    told = storage if _is_url(storage) else os.path.relpath(storage, folder.absolute())
    write_note(folder / "weights.json", [*read_note(folder / "weights.json", []), told])


def _is_url(storage: str) -> bool:
    return "://" in storage or "::" in storage
