"""Arguments and options that several commands have."""

import math
from pathlib import Path
from typing import Annotated

import typer


def path(text: str | Path) -> Path:
    """The path that an option names, which is not empty: that would be the working directory."""
    if not str(text):
        raise typer.BadParameter("is empty: name a folder, or . for the working directory")
    return Path(text)


SpaceArgument = Annotated[str, typer.Argument(metavar="SPACE", help="A space.yaml, or the name of a space that ships.")]
Results = Annotated[Path, typer.Option(parser=path, help="Where ledgers are kept: RESULTS/NAME/ledger.sqlite.")]
Reports = Annotated[Path, typer.Option(parser=path, help="Where reports are written: REPORTS/NAME/index.html.")]
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
