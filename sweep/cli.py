"""The commands, each a few lines over the Python API; the one place where our errors are caught."""

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sweep.collecting import seldom_collected
from sweep.console import delivered, err, out
from sweep.errors import SweepError
from sweep.following import status
from sweep.information import data, schema
from sweep.options import CheckpointEvery, Json, Networks, Reports, Results, SpaceArgument
from sweep.signals import POLITE, interrupt_once, interrupted
from sweep.space import Space, allow, find
from sweep.starting import new, spaces

app = typer.Typer(
    help="Explore a design space of networks: count every point, train proxies, report what matters, and how surely.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from sweep.version import VERSION

        out.print(f"wn-sweep {VERSION}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and end.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    space: SpaceArgument,
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time; one a core if not given.")] = None,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster to run on: auto, host:port or ray://host:port.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="So many seeds, in place of the fewer that the space asks for."),
    ] = None,
    retry_failed: Annotated[bool, typer.Option(help="Do runs that failed before again.")] = False,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Where runs in progress are kept, a directory or a URL; RESULTS/NAME/checkpoints if not given."
        ),
    ] = None,
    checkpoint_every: CheckpointEvery = 60.0,
    inline: Annotated[
        bool, typer.Option("--inline", help="One run at a time, in this process: for a debugger, without Ray.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option("--report/--no-report", help="Render the report at the end; `report` does it later."),
    ] = True,
    network: Networks = None,
    as_json: Json = False,
) -> None:
    """Plan, train what is missing, report.

    Exit code 0: all runs are in; 1: some failed; 2: bad input; 130: interrupted, and the same command goes on.
    """
    # SIGTERM from a scheduler and SIGHUP from a closed terminal interrupt like Ctrl-C, except under nohup
    interrupt_once(*POLITE)
    from sweep.terminal import Bar

    bar = Bar(err if as_json else out)
    try:
        bar.doing(f"reading {space}")
        allow(*(network or ()))
        loaded = Space.load(find(space))
        if seeds is not None:
            loaded = loaded.with_seeds(seeds)

        from sweep.engine.executors import executor_for

        with executor_for(loaded, results, workers, address, inline) as executor:
            from sweep.api import run as run_space

            summary = run_space(
                loaded,
                results=results,
                reports=reports if report else None,
                retry_failed=retry_failed,
                storage=storage,
                checkpoint_every=checkpoint_every,
                watch=bar,
                executor=executor,
            )
    except KeyboardInterrupt:
        bar.end()
        landed = f"{bar.meter.landed} of {bar.meter.todo} runs landed; " if bar.meter else ""
        err.print(f"Interrupted: {landed}nothing that landed is lost. The same command goes on.", markup=False)
        sys.exit(130)
    finally:
        bar.end()
    if as_json:
        print(json.dumps(summary.plain()))
    else:
        for line in summary.lines():
            # the sweep does not know the space's file, but this command does
            out.print(
                line.replace("wn-sweep run SPACE", f"wn-sweep run {shlex.quote(space)}"), markup=False, soft_wrap=False
            )
    _tell_failed_cards(summary.failed_cards)
    if summary.failed or summary.failed_cards:
        raise typer.Exit(1)


def _tell_failed_cards(failed: Sequence[str]) -> None:
    """Say on stderr why cards of a report could not be made."""
    for line in failed:
        err.print(line, markup=False, highlight=False)


@app.command()
def plan(
    space: SpaceArgument,
    as_json: Json = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write every point to points.parquet or points.csv as well.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Points to show.")] = 40,
    trace: Annotated[
        int | None, typer.Option(min=0, help="Points to trace with fvcore; all of up to 100 if not given.")
    ] = None,
    forecast: Annotated[bool, typer.Option(help="Time a few training steps, and say how long it would take.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time; one a core if not given.")] = None,
    network: Networks = None,
    results: Results = Path("results"),
) -> None:
    """Show every point with its cost, counted twice, and every rejection with its reason. Trains nothing."""
    allow(*(network or ()))
    loaded = Space.load(find(space))

    from sweep.costs import plan as plan_space
    from sweep.costs.export import check_suffix, write_json, write_table
    from sweep.engine.remaining import remaining
    from sweep.engine.strategies import check_strategy, speed_of
    from sweep.terminal_plan import show

    if out_file is not None:
        check_suffix(out_file)
    with err.status("counting every point", spinner="line") if err.is_terminal else contextlib.nullcontext():
        planned = plan_space(loaded, traced=True if trace is None else trace)
        ledger = results / loaded.name / "ledger.sqlite"
        speed = speed_of(planned, ledger)
        check_strategy(planned, speed)
    if out_file is not None:
        write_table(planned, out_file)
    if as_json:
        write_json(planned, sys.stdout.buffer)
        return
    progress = remaining(planned, ledger, speed)
    show(out, planned, rows, forecast, workers, progress, speed)
    if out_file is not None:
        out.print(f"{len(planned.points):,} points: {out_file}", markup=False)


@app.command()
def report(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="A sweep's name, or several to compare.")],
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    final: Annotated[
        bool,
        typer.Option("--final", help="Judge kept weights on the test split, and note that it was looked at."),
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Load networks and images of one's own that the ledger names.")
    ] = False,
    metric: Annotated[
        str | None, typer.Option(help="Judge points by error or by loss; as the space says if not given.")
    ] = None,
) -> None:
    """Render the report of the runs in the ledger; of several sweeps one page that compares them.

    Nothing but --final ever reads a test image.
    """
    from sweep.api import render_report

    rendered = render_report(*names, results=results, reports=reports, final=final, trust=trust, metric=metric)
    out.print(f"Report: {rendered.page}", markup=False)
    _tell_failed_cards(rendered.failed)
    if rendered.failed:
        raise typer.Exit(1)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="The sweep's name, or the path of its ledger.")],
    to: Annotated[
        Path,
        typer.Option(
            help="runs.csv, runs.parquet: a row a run; points.csv: a row a point; curves.csv: a row an epoch; "
            "table.tex: LaTeX; optuna.db: for optuna-dashboard; tensorboard/, mlflow/, wandb/: for these, offline."
        ),
    ],
    results: Results = Path("results"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a sweep for other tools: tables, LaTeX, Optuna's storage, or a folder of a tracker's runs."""
    from sweep.engine.ledger import Ledger
    from sweep.engine.places import ledger_path
    from sweep.export import export as write

    with Ledger.open(ledger_path(name, results)) as ledger:
        out.print(write(ledger, to, force), markup=False)


@app.command()
def merge(
    sources: Annotated[list[str], typer.Argument(metavar="A B...", help="Names of sweeps, or paths of ledgers.")],
    into: Annotated[str, typer.Option(metavar="C", help="The sweep that gets all runs; what it holds stays.")],
    results: Results = Path("results"),
) -> None:
    """Put the runs of several sweeps into one; a new one gets the space of the first.

    The same run with two outcomes is an error that names both ledgers, and nothing is written.
    """
    from sweep.api import merge as merge_sweeps
    from sweep.engine.ledger import Ledger

    with Ledger.open(merge_sweeps(*sources, into=into, results=results)) as ledger:
        statuses = ledger.statuses()
        out.print(f"{len(statuses)} runs: {ledger.path}", markup=False)
        if unused := len(statuses.keys() - ledger.wanted()):
            text = "is not asked for by its space" if unused == 1 else "are not asked for by its space"
            out.print(f"{unused} of them {text}; edit the space to use them in `wn-sweep run`", markup=False)


for command in (status, new, spaces, data, schema):
    app.command()(command)


def main() -> NoReturn:
    """Run the command line; every error of ours becomes a message and an exit code."""
    try:
        with seldom_collected(), delivered():
            app()
    except SweepError as error:
        err.print(str(error), markup=False)
        sys.exit(error.code)
    except Exception as error:
        if os.environ.get("WN_SWEEP_TRACEBACK"):
            raise
        if interrupted():
            err.print("Interrupted: nothing that landed is lost.")
            sys.exit(130)
        message = f"{type(error).__name__}: {error}"
        err.print(f"wn-sweep: a bug: {message} (WN_SWEEP_TRACEBACK=1 shows where)", markup=False)
        sys.exit(1)
    sys.exit(0)


def entry() -> NoReturn:
    """The entry point: `main` without Python's clean-up of torch at exit, which takes half a second."""
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    for stream in (sys.stdout, sys.stderr):
        # the reader of the output has gone
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    entry()
