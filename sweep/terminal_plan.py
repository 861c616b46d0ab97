"""What `plan` prints: points, rejections, published rows, and how long the sweep would take."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweep.costs import Plan
from sweep.costs.published import PublishedMatch, beside, rounded
from sweep.engine.cores import workers_for
from sweep.engine.forecast import Forecast
from sweep.engine.forecast import forecast as measure
from sweep.engine.remaining import Remaining, most_runs, share_of_search
from sweep.engine.speed import Speed
from sweep.meter import duration
from sweep.proxy.files import lacking
from sweep.proxy.platform import PlatformError
from sweep.rates import proposal
from sweep.space import Rejection, label, plain
from sweep.space.datasets import Dataset
from sweep.space.grid import IMPOSSIBLE
from sweep.space.truth import unknown_labels
from sweep.terminal import describe
from sweep.terminal_lanes import lane_lines
from sweep.watch import unused_runs

#: Rejections that are listed one by one.
LISTED = 12
#: Points that are named for an operation without a count.
NAMED = 3
#: Strategy -> seconds of one core that so many asks take in all, as measured, where they are seconds.
ASKS: Mapping[str, Callable[[int], float]] = {
    "gp": lambda n: 0.17 * max(n - 10, 0) + 0.004 * max(n - 10, 0) ** 2,
    "tpe": lambda n: 0.004 * n + 8e-6 * n**2,
}
#: Less is not worth a line.
LEAST_ASKING = 5.0
#: How a published number is known, in words.
READ = {"readme": "print", "figure": "a plot"}


def show(
    out: Console,
    planned: Plan,
    rows: int,
    forecast: bool,
    workers: int | None,
    progress: Remaining | None = None,
    speed: Speed | None = None,
) -> None:
    """Print a plan: its first points, what was rejected, and how long it would take."""
    # wrapped between words at the end of a terminal's lines; tables are not
    print_line = partial(out.print, markup=False, soft_wrap=False)
    out.print(points_table(planned, rows))
    if len(planned.points) > rows:
        out.print(f"... and {len(planned.points) - rows:,} more (--rows N, --json, --out points.parquet)")
    for line in (*rejection_lines(planned), *twin_lines(planned)):
        print_line(line)
    if published := beside(planned):
        out.print(f"\nBeside the published rows ({planned.space.published}), in millions:", markup=False)
        out.print(published_table(published))
        for line in published_lines(published):
            print_line(line)
    elif planned.space.published:
        out.print(f"None of the published rows ({planned.space.published}) is about one of these points.", markup=False)
    out.print()
    at_a_time = workers_for(planned.space.resources, workers)
    share = (
        progress.share
        if progress
        else None
        if planned.space.strategy.name == "grid"
        else share_of_search(planned, speed=speed)
    )
    timed, trouble = None, ""
    try:
        timed = measure(planned, at_a_time, share) if forecast else None
    except PlatformError as error:
        trouble = f"no forecast: {error}"
    proposed = proposal(planned.space.nuisance, planned.space.proxy.optimizer.lr)
    # a plan may have millions of points: their labels are made only where something is known of some
    labels = [point.label for point in planned.points] if planned.space.truth else []
    unknown = unknown_labels(planned.space.truth, labels)
    summary = summary_lines(planned, timed, at_a_time, progress, speed)
    for line in (*summary, *lane_lines(planned), trouble, proposed, unknown):
        if line:
            print_line(line)
    # counting needs no images, and a machine that plans need not be the one that runs
    if missing := lacking(planned.space.proxy.dataset):
        out.print(f"Not yet ready to run: {missing}", markup=False)


def points_table(planned: Plan, rows: int) -> Table:
    """The first `rows` points with their axes and their counts."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    shown = planned.shown(rows)
    own = any(p.point.own_network for p in shown)
    for axis in (*(("network",) if own else ()), *planned.axes):
        table.add_column(Text(axis), justify="left" if axis in {"family", "network", "backbone"} else "right")
    for name in ("params", "FLOPs", "activations", "fvcore"):
        table.add_column(name, justify="right")
    for p in shown:
        values = [p.point.value(axis) for axis in planned.axes]
        texts = ["" if v is None else "-".join(map(str, v)) if isinstance(v, tuple) else str(plain(v)) for v in values]
        counts = (f"{p.cost.params:,}", f"{p.cost.flops:,}", f"{p.cost.activations:,}", p.agreement)
        names = [p.label.split()[0]] if own else []
        # a person's values are no markup
        table.add_row(*(Text(cell) for cell in (*names, *texts, *counts)))
    return table


def rejection_lines(planned: Plan) -> Iterator[str]:
    """Every rejection with its reason; of many, how many each constraint makes, with the mildest and the harshest."""
    rejected = planned.rejected
    if len(rejected) <= LISTED:
        for rejection in rejected:
            yield f"rejected: {_rejection(planned, rejection)}"
        return
    yield f"rejected: {len(rejected):,} of {len(rejected) + len(planned.points):,} points"
    for name, (count, mildest, harshest) in planned.rejections_by_constraint().items():
        yield f"  {name}: {count:,}"
        names = ("first:   ", "last:    ") if name == IMPOSSIBLE else ("mildest: ", "harshest:")
        yield f"    {names[0]} {_rejection(planned, mildest)}"
        yield f"    {names[1]} {_rejection(planned, harshest)}"


def _rejection(planned: Plan, rejection: Rejection) -> str:
    return f"{label(rejection.point, planned.axes)}: {rejection.reason}"


def twin_lines(planned: Plan) -> Iterator[str]:
    """Points that are one network, and are trained once."""
    for number in planned.twins:
        yield f"the same network, trained once: {', '.join((planned.planned(number).label, *planned.also(number)))}"


def published_table(rows: Sequence[PublishedMatch]) -> Table:
    """Published rows beside ours, in millions."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("point", no_wrap=True)
    for name in ("params", "ours", "", "FLOPs", "ours", ""):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for name in ("known from", "M and G from", "published row"):
        table.add_column(name)
    for match in rows:
        row = match.row
        params = (row.params or "?", rounded(match.ours.params, row.params or "0.0"), _mark(match.params_match))
        flops = (row.flops or "?", rounded(match.ours.flops, row.flops or "0"), _mark(match.flops_match))
        read_from = READ.get(row.read_from, row.read_from)
        cells = (match.planned.label, *params, *flops, read_from, row.mg_source, row.label)
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
    return table


def _mark(match: bool | None) -> Text:
    return Text("\N{NOT EQUAL TO}", style="bold") if match is False else Text("=" if match else "")


def published_lines(rows: Sequence[PublishedMatch]) -> Iterator[str]:
    """How many cells match, and what is known of those that do not."""
    for source in dict.fromkeys(match_row.row.read_from for match_row in rows):
        cells = [
            match
            for match_row in rows
            if match_row.row.read_from == source
            for match in (match_row.params_match, match_row.flops_match)
            if match is not None
        ]
        yield f"known from {READ.get(source, source)}: {sum(cells)} of {len(cells)} cells match to the digits given"
    for match_row in rows:
        if match_row.row.note and not (match_row.params_match and match_row.flops_match):
            yield f"  {match_row.planned.label}: {match_row.row.note}"
    if any(match_row.planned.point.family == "condconv" for match_row in rows):
        yield "  condconv: compared less its routing, which the published sizes leave out"


def split_line(dataset: Dataset) -> str:
    """How many images runs are trained and judged on, and where the numbers come from if the space does not say."""
    (train, validation), facts = dataset.counts(), dataset.facts
    if facts.apart:
        usual = "the set's own split"
    elif facts.validation_images:
        usual = f"by default {min(facts.validation_images, validation):,} to judge on, and the rest"
    else:
        usual = f"by default half of {facts.pool:,} each"
    given = {"train": dataset.train, "validation": dataset.validation}
    names = [name for name, number in given.items() if number is None]
    if len(names) == 1 and not facts.apart:
        usual = f"{names[0]}: what is left, by default" if names == ["train"] else f"validation: {usual}"
    why = f" ({usual})" if names else ""
    aside = f"; {facts.test_images:,} test images set aside" if facts.test_images else ""
    return f"{dataset.name}: {train:,} training, {validation:,} validation images{why}{aside}"


def edge_lines(nuisance: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """A line on each list of two numbers to tune: whichever is best, a better one may lie beyond it."""
    for path, values in nuisance.items():
        if len(values) == 2 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            edges = " and ".join(map(str, values))
            yield f"{path}: {edges} are both edges: list at least 3, so that a best one can lie between"


def summary_lines(
    planned: Plan,
    forecast: Forecast | None,
    workers: int,
    progress: Remaining | None = None,
    speed: Speed | None = None,
) -> Iterator[str]:
    """Points, runs, training FLOPs, and the forecast."""
    traced = len(planned.traces)
    if traced < len(planned.points):
        yield f"fvcore traced {traced} of {len(planned.points):,} points (--trace N traces more)"
    if planned.skipped:
        yield f"fvcore has no count for: {', '.join(planned.skipped)} (none of them has weights)"
    for operation, labels in planned.uncounted.items():
        others = f" and {len(labels) - NAMED:,} more" if len(labels) > NAMED else ""
        yield f"fvcore has no count for {operation}, whose FLOPs are missing in {', '.join(labels[:NAMED])}{others}"
    yield f"{describe(planned)}. FLOPs are multiply-adds per sample"
    if progress is not None:
        yield f"{progress.done:,} of them are in the ledger"
        if progress.unused:
            yield unused_runs(progress.unused, progress.changed)
    yield split_line(planned.space.proxy.dataset)
    yield from edge_lines(planned.space.nuisance)
    yield from strategy_lines(planned, speed)
    scope = "in all" if planned.space.strategy.name == "grid" else "for the whole grid"
    if planned.all_known:
        yield f"training: {planned.training_flops:.3g} multiply-adds {scope}, forward and backward"
    else:
        yield "networks of your own are counted when the search asks for them: it needs no costs of the others"
    if forecast is not None and (progress is None or progress.share.any()):
        of_rest = " for the rest" if progress is not None and progress.done else ""
        yield (
            f"forecast{of_rest}: {duration(forecast.low)} to {duration(forecast.high)} on this machine, "
            f"{workers} at a time (from timing {forecast.steps} training steps of {forecast.points} of the points; "
            "a guess, not a promise)"
        )


def strategy_lines(planned: Plan, speed: Speed | None = None) -> Iterator[str]:
    """What the strategy may spend, on what, and what its asks cost."""
    strategy = planned.space.strategy
    if strategy.name == "grid":
        return
    settings, number_runs = strategy.settings, most_runs(planned, speed)
    share = number_runs / planned.runs
    is_exact = strategy.hours is None or number_runs == strategy.runs or strategy.name == "halving"
    at_most = "at most" if is_exact else "about"
    budget = (
        f"{at_most} {number_runs:,} runs, {share:.2g} of the grid's"
        if share < 0.01
        else f"{at_most} {number_runs:,} runs, {share:.0%} of the grid's"
    )
    if strategy.hours is not None and speed is not None:
        yield hours_line(planned, strategy.hours, speed)
    until = "" if strategy.runs or strategy.hours else "; it stops by itself when its question is settled"
    confirm = settings.get("confirm")
    fresh = "no fresh seeds" if confirm == 0 else f"{confirm or 4} fresh seeds of each finalist and its baseline"
    if strategy.name == "racing" and settings["goal"] == "curve" and not confirm:
        fresh = "no fresh seeds"
    yield f"{strategy.name}: {budget}{until}; {fresh} among them, and up to {settings['lag'] + 1} runs at a time"
    seconds = ASKS.get(strategy.name)
    if seconds is not None and (thinking := seconds(number_runs)) >= LEAST_ASKING:
        yield f"choosing the runs takes about {duration(thinking)} of a core in all, beside their training"


def hours_line(planned: Plan, hours: float, speed: Speed) -> str:
    """How many runs so many hours come to."""
    each = 3600 * speed.hours(planned)[:, -1]
    fixed = "The ledger holds this forecast" if speed.kept else "The first run of the sweep fixes this forecast"
    counts = f"{3600 * hours / each.max():,.0f} to {3600 * hours / each.min():,.0f} runs"
    return (
        f"{hours:g} hours of training, all runs together, come to {counts}: a run is forecast to take "
        f"{each.min():.2g} to {each.max():.2g} s. {fixed}"
    )
