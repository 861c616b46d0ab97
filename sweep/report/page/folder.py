"""A report's folder: files are drafted beside it and moved into place, the page last."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from sweep.analysis.sweep_frame import COLUMNS
from sweep.inert import spreadsheet_cell
from sweep.space.columns import names_in_files

#: The files of a report in its folders; other files there are left alone.
_OURS: Mapping[str, set[str]] = {"figures": {".svg", ".png", ".pdf"}, "data": {".csv"}}

#: Columns of the table of points about seeds that only baselines have.
_OF_EXTRA_SEEDS = ("n_extra", "diff_extra", "diff_common_error")


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """Yield a draft folder for a report, and publish it when it is complete; an interrupted one changes nothing.

    Figures and data of an earlier report that this one lacks are removed. Raises OSError, also if one of its folders
    is a link: files behind a link are not ours to replace.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in _OURS:
        if (out / name).is_symlink():
            raise OSError(0, f"{out / name} is a symbolic link; remove it")
    with tempfile.TemporaryDirectory(prefix=".report-", dir=out) as folder:
        draft = Path(folder)
        for name in _OURS:
            (draft / name).mkdir()
        yield draft
        _publish(draft, out)


def plain_points(table: pd.DataFrame) -> pd.DataFrame:
    """The table of points for files: the axes of an edge as text, and without the column `at_chance`.

    It has the columns on extra seeds of baselines only if there are any.
    """
    none = "n_extra" in table and not table["n_extra"].any()
    table = table.drop(columns=["at_chance", *(_OF_EXTRA_SEEDS if none else ())], errors="ignore")
    return table.assign(edge=table["edge"].map(" ".join)) if "edge" in table else table


def write_csv(table: pd.DataFrame, path: Path, ours: Collection[str] = ()) -> None:
    """Write a table, identical on every machine.

    Text that a spreadsheet would compute gets an apostrophe, unless it is of `ours`.
    """
    inert = {
        name: column.map(lambda cell: spreadsheet_cell(cell) if isinstance(cell, str) and cell not in ours else cell)
        for name, column in table.items()
        if not pd.api.types.is_numeric_dtype(column)
    }
    table = table.assign(**{str(name): column for name, column in inert.items()}).rename(columns=spreadsheet_cell)
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        named_for_files(table).to_csv(file, index=False, lineterminator="\n")


def named_for_files(table: pd.DataFrame) -> pd.DataFrame:
    """Rename columns for files: axes get their own names, unless another column has that name."""
    return table.set_axis(names_in_files([str(column) for column in table.columns], COLUMNS), axis="columns")


def _publish(draft: Path, out: Path) -> None:
    """Move a finished draft into place, file by file, the page last."""
    files = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name == "index.html")
    for path in files:
        (out / path).parent.mkdir(exist_ok=True)
        (draft / path).replace(out / path)
    for folder, suffixes in _OURS.items():
        for path in (out / folder).glob("*"):
            if path.suffix in suffixes and path.relative_to(out) not in files:
                path.unlink()
