"""Arguments and options that several commands have."""

import math
from pathlib import Path
from typing import Annotated

import typer

SpaceArgument = Annotated[str, typer.Argument(metavar="SPACE", help="A space.yaml, or the name of a space that ships.")]
Results = Annotated[Path, typer.Option(help="Where ledgers are kept: RESULTS/NAME/ledger.sqlite.")]
Reports = Annotated[Path, typer.Option(help="Where reports are written: REPORTS/NAME/index.html.")]
Networks = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="PACKAGE", help="An installed package whose functions the space may name."),
]


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise typer.BadParameter(f"needs a finite number of seconds, found {seconds}")
    return seconds


CheckpointEvery = Annotated[
    float, typer.Option(min=0, callback=_finite, help="Seconds between two checkpoints of a run.")
]
Json = Annotated[bool, typer.Option("--json", help="Print what a machine wants to read.")]
