"""The key `truth`: errors of the points from another source, such as full training."""

import csv
import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from sweep.errors import SpaceError
from sweep.space.model import Model
from sweep.space.paths import is_file
from sweep.space.source import Source

#: Columns of a file of known errors; the last may be left out.
COLUMNS = ("point", "error", "tolerance")
#: Among more labels than these no close one is looked for.
SEARCHED = 10_000
#: More points than these are a mistake.
MOST = 100_000


class Known(Model):
    """What is known of a point from elsewhere."""

    point: Annotated[str, Field(min_length=1, description="Label of the point, as `wn-sweep plan` shows it.")]
    error: Annotated[float, Field(description="Its error there, or another number that is better when lower.")]
    tolerance: Annotated[float, Field(ge=0, description="How far off that may be.")] = 0.0


def once_each(rows: tuple[Known, ...]) -> tuple[Known, ...]:
    """The rows, if none is about the same point as another; raises ValueError in words."""
    seen: set[str] = set()
    for row in rows:
        if row.point in seen:
            raise ValueError(f"tells of '{row.point}' twice")
        seen.add(row.point)
    return rows


def unknown_labels(rows: Sequence[Known], labels: Sequence[str]) -> str:
    """A line on the rows that are about no point of a plan, with what was meant by the first; '' if there are none."""
    known = set(labels)
    unknown = [row.point for row in rows if row.point not in known]
    if not unknown:
        return ""
    about = "1 row of truth is" if len(unknown) == 1 else f"{len(unknown):,} rows of truth are"
    close = difflib.get_close_matches(unknown[0], labels, n=1, cutoff=0.6) if len(labels) <= SEARCHED else []
    meant = f"; did you mean '{close[0]}'?" if close else ""
    return f"{about} about no point of this sweep, such as '{unknown[0]}'{meant}"


def with_truth(data: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The space with the rows of the file that `truth` names, relative to the space's own; raises SpaceError.

    The ledger keeps the rows, so that a page needs no file.
    """
    named = data.get("truth")
    if not isinstance(named, str):
        return dict(data)
    path = Path(source.file).parent / named
    if not is_file(path):
        raise SpaceError(source.mistake(("truth",), f"no file {named}"))
    return {**data, "truth": _read(path)}


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        # spreadsheets begin a file with a mark, which is no part of a column's name
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]
            if lacking:
                raise SpaceError(f"{path}:1: has no column {', '.join(lacking)}; needs {', '.join(COLUMNS[:2])}")
            rows = []
            for row in reader:
                rows.append(_row(path, reader.line_num, row))
                if len(rows) > MOST:
                    raise SpaceError(f"{path}:{reader.line_num}: has more than {MOST:,} rows")
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SpaceError(f"{path}:1: cannot be read: {error}") from None


def _row(path: Path, line: int, row: Mapping[str, str | None]) -> dict[str, Any]:
    cells: dict[str, Any] = {"point": row["point"] or ""}
    for name in COLUMNS[1:]:
        text = row.get(name) or ("0" if name == "tolerance" else "")
        try:
            cells[name] = float(text)
        except ValueError:
            cells[name] = math.nan
        if not math.isfinite(cells[name]) or (name == "tolerance" and cells[name] < 0):
            raise SpaceError(f"{path}:{line}: {name} needs a number, found '{text}'")
    if not cells["point"]:
        raise SpaceError(f"{path}:{line}: point is empty")
    return cells
