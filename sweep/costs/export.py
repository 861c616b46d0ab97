"""A plan as JSON, Parquet or CSV, a row a point, written piece by piece: a million points need no million objects."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from sweep.costs.plan import Plan
from sweep.errors import SweepError
from sweep.inert import spreadsheet_cell
from sweep.safe_files import replacing
from sweep.space import plain
from sweep.space.backbones import BACKBONES
from sweep.space.names import head, said_of

#: Points of one piece.
PIECE = 1 << 16
BETWEEN = ",\n "


def write_json(plan: Plan, to: IO[bytes]) -> None:
    """Write the plan's rows as a JSON list, a row a line."""
    to.write(b"[\n ")
    remaining = len(plan.kept)
    for piece in _pieces(plan):
        rows = _json_rows(plan, piece)
        # rows lie in memory one after the other, separators and all
        ends = np.frombuffer(rows.buffers()[1], np.int32)[rows.offset : rows.offset + len(rows) + 1]
        remaining -= len(rows)
        to.write(memoryview(rows.buffers()[2])[ends[0] : ends[-1] - (0 if remaining else len(BETWEEN))])
    to.write(b"\n]\n")


def write_table(plan: Plan, path: Path) -> None:
    """Write the plan's rows to a .parquet or .csv file: numbers as numbers (1/24 as 0.0416...), lists as text.

    Raises SweepError for another suffix, and for a file that cannot be written; there is then no file.
    """
    check_suffix(path)
    try:
        with replacing(path) as part, contextlib.ExitStack() as stack:
            writer: Any = None
            for piece in _pieces(plan):
                batch = _batch(plan, piece, str if path.suffix == ".parquet" else spreadsheet_cell)
                if writer is None:
                    kind = pa.parquet.ParquetWriter if path.suffix == ".parquet" else pa.csv.CSVWriter
                    writer = stack.enter_context(kind(part, batch.schema))
                writer.write_batch(batch)
    except OSError as error:
        raise SweepError(f"{path}: cannot be written: {error.strerror or error}") from None


def check_suffix(path: Path) -> None:
    """Raise SweepError unless the file can be written in a format that its name says."""
    if path.suffix not in {".parquet", ".csv"}:
        raise SweepError(f"{path}: plans are written as .parquet and .csv")


def _pieces(plan: Plan) -> Iterator[Any]:
    for start in range(0, len(plan.kept), PIECE):
        yield plan.kept[start : start + PIECE]


def _counts(plan: Plan, numbers: Any) -> dict[str, pa.Array]:
    if not plan.all_known:
        for number in numbers.tolist():
            plan.count(number)
    counts = plan.counts
    flops, first = counts.flops[numbers], counts.first[numbers]
    columns = {"params": counts.params[numbers], "flops": flops, "activations": counts.activations[numbers]}
    # a sweep of ResNets on ImageNet has more than a whole number of 64 bits holds
    columns["training_flops"] = plan.passes.flops(flops.astype(float), first.astype(float))
    arrays = {name: pa.array(values) for name, values in columns.items()}
    for name in ("params", "flops"):
        traced = [getattr(plan.traces[n].total, name) if n in plan.traces else None for n in numbers.tolist()]
        arrays[f"traced_{name}"] = pa.array(traced, pa.int64())
    return arrays


def _labels(plan: Plan, numbers: Any, written: Callable[[str], str] = str) -> list[Any]:
    """The columns of text that join to the points' labels."""
    backbone, family = (plan.grid.listing.column(name) for name in ("backbone", "family"))
    heads = [written(head(b, f)) for b in backbone.values for f in family.values]
    is_own = np.array([value not in BACKBONES for value in backbone.values])[backbone.codes[numbers]]
    texts_of_points = [_chosen(heads, backbone.codes[numbers] * len(family.values) + family.codes[numbers])]
    for name in plan.axes:
        if name != "family":
            column = plan.grid.listing.column(name)
            texts = [written(said_of(name, value, own=own)) for own in (False, True) for value in column.values]
            texts_of_points.append(_chosen(texts, column.codes[numbers] + is_own * len(column.values)))
    return texts_of_points


def _chosen(values: Sequence[Any], codes: Any) -> Any:
    return pa.array(values).take(pa.array(codes))


def _joined(texts: Sequence[Any]) -> Any:
    return pc.binary_join_element_wise(*texts, "", null_handling="replace", null_replacement="null")


def _json_rows(plan: Plan, numbers: Any) -> Any:
    """Each row as text: all values of an axis are written once, and rows are joined from them."""
    texts: list[Any] = ['{"point": "']
    texts += _labels(plan, numbers, lambda text: json.dumps(text)[1:-1])
    texts.append('"')
    for name, key in plan.columns_of_axes.items():
        column = plan.grid.listing.column(name)
        cells = [f", {json.dumps(key)}: {json.dumps(plain(value))}" for value in column.values]
        texts.append(_chosen(cells, column.codes[numbers]))
    for name, counts in _counts(plan, numbers).items():
        texts += [f', "{name}": ', pc.cast(counts, pa.string())]
    return _joined([*texts, "}" + BETWEEN])


def _batch(plan: Plan, numbers: Any, written: Callable[[str], str]) -> Any:
    columns = {"point": _joined(_labels(plan, numbers))}
    for name, key in plan.columns_of_axes.items():
        column = plan.grid.listing.column(name)
        columns[key] = _chosen(_cells(column.values, written), column.codes[numbers])
    return pa.RecordBatch.from_pydict(columns | _counts(plan, numbers))


def _cells(values: Sequence[Any], written: Callable[[str], str]) -> Sequence[Any]:
    """Values of one kind: numbers as floats, unless one of them is none; everything else as text."""
    if all(value is None or isinstance(value, int | float | Fraction) for value in values):
        return [None if value is None else float(value) for value in values]
    texts = ["-".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
    return [None if value is None else written(text) for value, text in zip(values, texts, strict=True)]
