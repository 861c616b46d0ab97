"""Looks at the test split of a sweep, noted beside its ledger before they are taken, and the errors that they gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sweep.engine.notes import read_note, write_note
from sweep.errors import LedgerError


@dataclass(frozen=True)
class Looked:
    """When the test split was looked at, in UTC and ISO 8601, and what is known: run key -> error, None if not finite.

    `images` are those of the test split, 0 if it was never read to its end.
    """

    times: tuple[str, ...] = ()
    errors: Mapping[str, float | None] | None = None
    images: int = 0
    official: bool = True


def _path(folder: Path) -> Path:
    return folder / "test.json"


def looked(folder: Path) -> Looked:
    """What is known of a sweep's test split; raises LedgerError if the note cannot be read."""
    found = read_note(_path(folder), {})
    try:
        return Looked(
            tuple(map(str, found.get("looks", []))),
            {str(key): None if error is None else float(error) for key, error in found.get("errors", {}).items()},
            int(found.get("images", 0)),
            bool(found.get("official", True)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise LedgerError(f"{_path(folder)}: does not hold what it should ({error}); it was left as it is") from None


def looks(folder: Path) -> tuple[str, ...]:
    """When the test split of a sweep was looked at; raises LedgerError if the note cannot be read."""
    return looked(folder).times


def begin_look(folder: Path) -> None:
    """Note a look that is about to be taken; raises LedgerError, and then it must not be."""
    known = looked(folder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _write(folder, Looked((*known.times, now), known.errors, known.images, known.official))


def end_look(folder: Path, errors: Mapping[str, float | None], images: int, official: bool) -> None:
    """Note what a look gave, beside what is known; raises LedgerError."""
    known = looked(folder)
    _write(folder, Looked(known.times, {**(known.errors or {}), **errors}, images, official))


def _write(folder: Path, what: Looked) -> None:
    note = {
        "looks": what.times,
        "errors": dict(what.errors or {}),
        "images": what.images,
        "official": what.official,
    }
    write_note(_path(folder), note)
