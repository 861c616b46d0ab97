"""The finding of the last report, in a file beside the ledger, so that `status` can show it without analysis."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sweep.engine.notes import salvage, warn_of, write_note

#: The file in a sweep's folder.
NAME = "finding.json"
#: Lines and characters of a line that are read; a file that somebody sent may have more.
_LINES, _CHARACTERS = 20, 2_000


@dataclass(frozen=True)
class NotedFinding:
    """The lines of a finding, and when the report was written, in UTC and ISO 8601."""

    time: str
    lines: tuple[str, ...]


def note_finding(folder: Path, lines: tuple[str, ...]) -> None:
    """Keep the lines of a finding beside a ledger; raises LedgerError if the disk does not take them."""
    write_note(folder / NAME, {"time": datetime.now(UTC).isoformat(timespec="seconds"), "lines": list(lines)})


def noted_finding(folder: Path) -> NotedFinding | None:
    """The finding that the last report of a ledger wrote; None if there is none that can be read."""
    path = folder / NAME
    note = salvage(path, {})
    if not note:
        return None
    time, lines = note.get("time"), note.get("lines")
    if not isinstance(time, str) or not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        warn_of(path, "a time and lines of text were expected")
        return None
    return NotedFinding(time[:40], tuple(line[:_CHARACTERS] for line in lines[:_LINES]))
