"""Evaluations on the test split, recorded beside the ledger before they are made, with the errors that they gave."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sweep.engine.notes import damaged, read_note, salvage, warn_of, write_note


@dataclass(frozen=True)
class Looked:
    """When the test split was used, in UTC and ISO 8601, and the results: run key -> error, None if not finite.

    `images` are those of the test split, 0 if it was never read to its end.
    """

    times: tuple[str, ...] = ()
    errors: Mapping[str, float | None] | None = None
    images: int = 0
    official: bool = True


def _path(folder: Path) -> Path:
    return folder / "test.json"


def looked(folder: Path) -> Looked:
    """The record of a sweep's test split; damaged parts are left out with a warning."""
    path = _path(folder)
    known, damage = _read(salvage(path, {}))
    for message in damage:
        warn_of(path, message)
    return known


def looks(folder: Path) -> tuple[str, ...]:
    """When the test split of a sweep was looked at."""
    return looked(folder).times


def _whole(folder: Path) -> Looked:
    """As `looked`, for callers that rewrite the record; raises LedgerError if any part of it is damaged."""
    parts, damage = _read(read_note(_path(folder), {}))
    if damage:
        raise damaged(_path(folder), damage[0])
    return parts


def _read(note: dict[str, Any]) -> tuple[Looked, list[str]]:
    """Parse a record, with messages on its damaged parts."""
    damage: list[str] = []

    def part(name: str, otherwise: Any, fits: Callable[[Any], bool]) -> Any:
        value = note.get(name, otherwise)
        if isinstance(value, type(otherwise)) and fits(value):
            return value
        damage.append(f"{name} cannot be {_short(value)}")
        return otherwise

    times = part("looks", [], lambda value: all(map(_is_time, value)))
    images = part("images", 0, lambda value: value is not True and value is not False and 0 <= value < 1 << 63)
    official = part("official", True, lambda value: True)
    errors = {}
    for key, error in part("errors", {}, lambda value: True).items():
        if error is None or (_is_number(error) and 0 <= error <= 100):
            errors[key] = None if error is None else float(error)
        else:
            damage.append(f"the error of run {key} cannot be {_short(error)}")
    return Looked(tuple(times), errors, images, official), damage


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _short(value: Any) -> str:
    return f"{value!r:.60}"


def begin_look(folder: Path) -> None:
    """Record a look before it is taken; if this raises LedgerError, the look must not be taken."""
    looked_so_far = _whole(folder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _write(
        folder, Looked((*looked_so_far.times, now), looked_so_far.errors, looked_so_far.images, looked_so_far.official)
    )


def end_look(folder: Path, errors: Mapping[str, float | None], images: int, official: bool) -> None:
    """Add the results of a look to the record; raises LedgerError."""
    looked_so_far = _whole(folder)
    _write(folder, Looked(looked_so_far.times, {**(looked_so_far.errors or {}), **errors}, images, official))


def add_looks(folder: Path, source: Path) -> None:
    """Merge the record of another sweep into this one; raises LedgerError.

    The same look is recorded once. Of two errors of a run this sweep's is kept.
    """
    present, added = _whole(folder), looked(source)
    times = tuple(sorted((Counter(present.times) | Counter(added.times)).elements()))
    complete = present if present.images else added
    union = Looked(times, {**(added.errors or {}), **(present.errors or {})}, complete.images, complete.official)
    if union != replace(present, times=tuple(sorted(present.times))):
        _write(folder, union)


def _write(folder: Path, content: Looked) -> None:
    note = {
        "looks": content.times,
        "errors": dict(content.errors or {}),
        "images": content.images,
        "official": content.official,
    }
    write_note(_path(folder), note)
