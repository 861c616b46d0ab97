"""Small JSON files beside a ledger, for data other than outcomes of runs: written completely or not at all.

They may be damaged, or come from somebody else. `read_note` refuses a damaged one, for callers that will rewrite it;
`salvage` warns and uses what can be read, for callers that only read.
"""

import json
import logging
from pathlib import Path
from typing import Any

from sweep.errors import LedgerError
from sweep.inert import printable
from sweep.safe_files import read_regular, replacing

#: Bytes of the largest note that is read.
LARGEST = 256 << 20

_log = logging.getLogger("sweep")


def read_note(path: Path, otherwise: Any) -> Any:
    """The content of a note, which must have the type of `otherwise`; `otherwise` itself if the note does not exist.

    Raises LedgerError if it cannot be read, or holds something of another type.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        content = json.loads(read_regular(path))
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError, RecursionError) as error:
        raise LedgerError(f"{path}: cannot be read, or is damaged ({error}); it was left as it is") from None
    if not isinstance(content, type(otherwise)):
        raise damaged(path, f"a JSON {'object' if isinstance(otherwise, dict) else 'list'} was expected")
    return content


def salvage(path: Path, otherwise: Any) -> Any:
    """As `read_note`, but an unreadable note gives a warning and counts as missing."""
    try:
        return read_note(path, otherwise)
    except LedgerError as error:
        _log.warning("%s", printable(str(error)))
        return otherwise


def damaged(path: Path, message: str) -> LedgerError:
    """The error that a part of a note is damaged."""
    return LedgerError(f"{path}: is damaged: {message}; it was left as it is")


def warn_of(path: Path, message: str) -> None:
    """Warn that a part of a note is damaged, and not used."""
    _log.warning("%s", printable(f"{path}: is damaged: {message}; the rest is used"))


def write_note(path: Path, value: Any) -> None:
    """Write a file under another name and move it into place; raises LedgerError if it cannot be written."""
    try:
        with replacing(path) as part:
            part.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"{path}: cannot be written: {error.strerror or error}", code=1) from None
