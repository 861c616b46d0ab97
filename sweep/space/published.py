"""Published rows that a space's points may be laid beside: costs as printed, errors, and how each is known."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.errors import SpaceError
from sweep.space.paths import is_file
from sweep.space.point import Point
from sweep.space.source import did_you_mean
from sweep.space.values import ratio

_PACKAGE = Path(__file__).parents[1]
#: Columns that say which points a row is about; an empty cell leaves it open.
_ABOUT = ("backbone", "width", "family", "M", "G", "experts")
_NEEDED = {"backbone", "width", "family", "label", "params_m", "flops_m"}


@dataclass(frozen=True)
class Row:
    """A published row; numbers as they are printed, in millions, '' where unknown."""

    label: str
    about: dict[str, Any]
    params: str
    flops: str
    #: 'readme' if it is printed, 'figure' if it is read off a plot
    read_from: str
    #: how M and G are known
    mg_source: str
    note: str
    #: top-1 error in per cent, and how far off it may be; NaN where unknown
    error: float = math.nan
    tolerance: float = math.nan

    def is_about(self, point: Point) -> bool:
        """Whether a point is one that the row is about."""
        return all(point.value(name) == value for name, value in self.about.items())


def find_published(name: str, beside: str) -> Path:
    """The file of published rows that `name` means: one that ships, or a CSV relative to the space's own file.

    Raises ValueError in words.
    """
    shipped_files, path = _shipped(), Path(beside).parent / name
    if name in shipped_files or is_file(path):
        return shipped_files.get(name, path)
    raise ValueError(f"no file {name}, and no shipped table of that name{did_you_mean(name, shipped_files)}")


def found_anywhere(name: str, beside: str) -> str:
    """A name of published rows that means the same wherever it is read: of a file the path from the root on."""
    path = Path(beside).parent / name
    return str(path.absolute()) if name not in _shipped() and is_file(path) else name


def _shipped() -> dict[str, Path]:
    """The published tables that ship, by name."""
    # in a wheel they lie inside the package, in a checkout beside it
    folder = next((f for f in (_PACKAGE / "_paper", _PACKAGE.parent / "results" / "paper") if f.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.csv"))} if folder else {}


def read_published(path: Path) -> list[Row]:
    """The rows of a CSV; raises SpaceError with file and line."""
    try:
        # spreadsheets begin a file with a mark, which is no part of a column's name
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacking = sorted(_NEEDED - set(reader.fieldnames or ()))
            if lacking:
                raise SpaceError(f"{path}:1: has no column {', '.join(lacking)}")
            return list(_rows(path, reader))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SpaceError(f"{path}:1: cannot be read: {error}") from None


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[Row]:
    for record in reader:
        try:
            about = {name: _value(name, record[name]) for name in _ABOUT if record.get(name)}
            for name in ("params_m", "flops_m"):
                float(record[name] or 0)
            top1, near = (float(record.get(name) or "nan") for name in ("top1_error", "error_tolerance"))
        except ValueError as error:
            raise SpaceError(f"{path}:{reader.line_num}: {error}") from None
        yield Row(
            record["label"],
            about,
            record["params_m"],
            record["flops_m"],
            record.get("error_source") or "",
            record.get("mg_source") or "",
            record.get("note") or "",
            top1,
            near,
        )


def _value(name: str, text: str) -> Any:
    if name in {"M", "G"}:
        return ratio(text)
    return float(text) if name == "width" else int(text) if name == "experts" else text
