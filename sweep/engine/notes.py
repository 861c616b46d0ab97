"""Small JSON files beside a ledger, for what is no outcome of a run: written whole or not at all."""

import json
from pathlib import Path
from typing import Any

from sweep.errors import LedgerError
from sweep.safe_files import read_regular, replacing


def read_note(path: Path, otherwise: Any) -> Any:
    """What a file holds, or `otherwise` if there is none; raises LedgerError if it cannot be read."""
    try:
        found = json.loads(read_regular(path))
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError) as error:
        raise LedgerError(f"{path}: cannot be read, or is damaged ({error}); it was left as it is") from None
    if not isinstance(found, type(otherwise)):
        raise LedgerError(f"{path}: does not hold what it should; it was left as it is")
    return found


def write_note(path: Path, value: Any) -> None:
    """Write a file beside its place, and move it there; raises LedgerError if the disk will not take it."""
    try:
        with replacing(path) as part:
            part.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise LedgerError(f"{path}: cannot be written: {error.strerror or error}", code=1) from None
