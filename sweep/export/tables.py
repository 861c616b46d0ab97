"""Runs and points as tables, in CSV and Parquet."""

from pathlib import Path

import pandas as pd

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame, all_runs
from sweep.report.page.folder import named_for_files, plain_points, write_csv


def runs(frame: SweepFrame) -> pd.DataFrame:
    """A row a run that is in, of every length of training."""
    runs = all_runs(frame)
    return runs[runs["status"] != "missing"]


def points(study: Study) -> pd.DataFrame:
    """A row a point, as the report's points.csv has it."""
    return plain_points(study.table)


def write(table: pd.DataFrame, path: Path, suffix: str) -> None:
    """Write a table as `.csv` or `.parquet`; a column of Parquet that holds both numbers and text becomes text."""
    if suffix == ".csv":
        write_csv(table, path)
        return
    table = named_for_files(table)
    mixed = {
        name: column.map(lambda cell: None if pd.isna(cell) else str(cell))
        for name, column in table.items()
        if len({isinstance(cell, str) for cell in column.dropna()}) > 1
    }
    table.assign(**{str(name): column for name, column in mixed.items()}).to_parquet(path, index=False)
