"""Where the weights of a sweep's runs are: in its folder, and in other storages."""

import os
from pathlib import Path

from sweep.engine.notes import damaged, read_note, salvage, warn_of, write_note


def ledger_path(sweep: str | Path, results: str | Path) -> Path:
    """The ledger of a sweep, given as its name under `results`, or as the path of its ledger or of its folder."""
    path = Path(sweep)
    if path.is_file():
        return path
    return path / "ledger.sqlite" if (path / "ledger.sqlite").is_file() else Path(results) / path / "ledger.sqlite"


def page_name(ledger: Path) -> str:
    """The folder name of a ledger's report: that of the ledger's folder, not the name of the sweep.

    So the report of a sweep whose folder was renamed does not replace that of another sweep that has its old name.
    """
    return ledger.absolute().parent.name if ledger.name == "ledger.sqlite" else ledger.stem


def own_place(folder: Path) -> str:
    """The default storage of weights: beside the sweep's ledger."""
    return str((folder / "weights").absolute())


def places(folder: Path) -> list[str]:
    """Every storage that may hold weights of a sweep, its own folder first; warns if the note is damaged."""
    note = folder / "weights.json"
    named = []
    for storage in salvage(note, []):
        if _is_storage(storage):
            named.append(storage)
        else:
            warn_of(note, f"{storage!r:.60} is no storage")
    return [own_place(folder), *(_absolute(folder, storage) for storage in named)]


def note_place(folder: Path, storage: str) -> None:
    """Note that weights of a sweep are left in a storage; raises LedgerError if the note is damaged."""
    path = folder / "weights.json"
    note = read_note(path, [])
    if not all(map(_is_storage, note)):
        raise damaged(path, "it names something that is no storage")
    if storage in {own_place(folder), *(_absolute(folder, noted) for noted in note)}:
        return
    # relative, so that it stays valid if folders are moved together
    write_note(path, [*note, storage if _is_url(storage) else os.path.relpath(storage, folder.absolute())])


def _absolute(folder: Path, storage: str) -> str:
    """A storage of a note as any process finds it."""
    return storage if _is_url(storage) else os.path.normpath(folder.absolute() / storage)


def _is_storage(storage: object) -> bool:
    return isinstance(storage, str) and 0 < len(storage) < 4096 and "\0" not in storage


def _is_url(storage: str) -> bool:
    return "://" in storage or "::" in storage
