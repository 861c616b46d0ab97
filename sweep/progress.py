"""The progress of a sweep, from its ledger and its lock: no plan is made and nothing slow is imported."""

import itertools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import moocore
import numpy as np

from sweep.engine.finding_note import NotedFinding, noted_finding
from sweep.engine.ledger import Ledger
from sweep.engine.lock import Holder, holder
from sweep.engine.places import ledger_path
from sweep.errors import SpaceError
from sweep.html import table
from sweep.leader import judged_recipes
from sweep.rates import Extension, extensions
from sweep.search_progress import SearchSoFar, search_so_far
from sweep.space import Point, Space, canonical, label
from sweep.statistics.guessing import guessing_limit


@dataclass(frozen=True)
class Leader:
    """A point that no other beats in error and a cost at once, so far.

    error: mean over `n` seeds in per cent, at the point's best setting so far.
    flops: multiply-adds per sample.
    fronts: the costs whose front it is on.
    """

    point: str
    error: float
    n: int
    flops: int
    params: int
    fronts: tuple[str, ...]


@dataclass(frozen=True)
class Failures:
    """How many runs failed of a kind, with the message and the traceback of one of them."""

    kind: str
    runs: int
    message: str
    traceback: str


@dataclass(frozen=True)
class Progress:
    """How far a sweep is; runs that its space does not ask for are counted in `unasked` only.

    rate: runs a second since the running driver began to land them; None without a driver or enough runs.
    seconds_left: remaining seconds at that rate.
    extend: lists of settings at whose ends points are best so far.
    at_chance: points that err as often as guessing so far: they are on no front.
    """

    name: str
    wanted: int
    done: int
    failed: int
    diverged: int
    unasked: int
    driver: Holder | None
    rate: float | None
    failures: tuple[Failures, ...]
    front: tuple[Leader, ...]
    #: what the last report of it found; None before there is one
    finding: NotedFinding | None = None
    #: lists of settings at whose ends points are best so far
    extend: tuple[Extension, ...] = ()
    at_chance: tuple[str, ...] = ()
    #: what a strategy other than the grid has done
    search: SearchSoFar | None = None
    #: whether `front` is of runs with fresh seeds alone
    confirmed: bool = False

    def __repr__(self) -> str:
        return f"<Progress {self.name}: {self.done:,} of {self.wanted:,} runs done, {self.remaining:,} remaining>"

    def _repr_html_(self) -> str:
        rows = [(leader.point, f"{leader.error:.2f}", leader.n, leader.flops, leader.params) for leader in self.front]
        caption = f"{self.name}: {self.done:,} of {self.wanted:,} runs done, {self.remaining:,} remaining"
        return table(caption, ("front so far", "error, %", "seeds", "FLOPs", "params"), rows)

    def plain(self) -> dict[str, Any]:
        """The same for machines, as JSON values."""
        return {
            **asdict(self),
            "remaining": self.remaining,
            "running": self.running,
            "seconds_left": self.seconds_left,
        }

    @property
    def remaining(self) -> int:
        """Runs that are not in yet, those that are being done included."""
        return self.wanted - self.done - self.failed - self.diverged

    @property
    def running(self) -> int:
        """Runs that are being done."""
        return min(self.driver.workers, self.remaining) if self.driver else 0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all are in, at the present rate."""
        return self.remaining / self.rate if self.rate else None


def status(name: str, *, results: str | Path = "results") -> Progress:
    """The progress of a sweep, also while it runs; raises LedgerError.

    `name` is that of a sweep under `results`, or the path of a ledger or of its folder.
    """
    path = ledger_path(name, results)
    driver = holder(path.parent)
    with Ledger.open(path) as ledger:
        if not ledger.planned() and not Space.recorded(ledger.space()).own_networks:
            # an earlier version did not store all asks: planning them imports nothing
            from sweep.engine.recorded import recorded

            recorded(ledger)
        wanted, names, space = ledger.wanted(), ledger.axes(), _space(ledger)
        # in this order: a run that lands in between must not be counted as failed before it is counted as finished
        lost = [row for row in ledger.failures() if row[0] in wanted]
        finished = ledger.by_setting()
        rows = [row for row in finished if row[0] in wanted]
        # a grid has many asks, which add no information
        searched = space is not None and space.strategy.name != "grid"
        asks = [ask for ask in ledger.asks() if ask.present] if searched else []
        search = search_so_far(ledger, asks) if searched else None
        fresh = {ask.key for ask in asks if ask.phase == "confirm"} & {row[0] for row in rows}
        kinds: dict[str, list[str]] = {}
        for key, _, kind in lost:
            kinds.setdefault(kind, []).append(key)
        diverged = sum(state == "diverged" for _, state, _ in lost)
        # runs that chose a finalist flatter it, and of several lengths of training one is judged
        judged = None if space is None else judged_recipes(space)
        shown = (
            (point, recipe, error)
            for key, point, recipe, _, error, _ in rows
            if (not fresh or key in fresh) and (judged is None or recipe in judged)
        )
        front, at_chance = _front(shown, ledger.costs(), names, _limit(space))
        landed = [time for key, time in ledger.finished(driver.since) if key in wanted] if driver else []
        return Progress(
            name,
            len(wanted),
            len(rows) - len(lost),
            len(lost) - diverged,
            diverged,
            len(finished) - len(rows),
            driver,
            rate(landed, driver.workers) if driver else None,
            tuple(Failures(kind, len(keys), *ledger.reason(min(keys))) for kind, keys in sorted(kinds.items())),
            front,
            noted_finding(path.parent),
            _extensions(space, rows),
            at_chance,
            search,
            bool(fresh),
        )


def _space(ledger: Ledger) -> Space | None:
    """The space of a ledger; None if it is of another version: how far it is can be told all the same."""
    try:
        return Space.recorded(ledger.space())
    except SpaceError:
        return None


def _extensions(
    space: Space | None, rows: Iterable[tuple[str, str, str, int, float | None, float | None]]
) -> tuple[Extension, ...]:
    """Lists of settings to go on with, as far as the runs that are in tell."""
    if space is None or not space.nuisance:
        return ()
    seeds, by_loss = set(space.seeds), space.metric == "loss"
    results = [
        (point, recipe, seed, loss if by_loss else error)
        for _, point, recipe, seed, error, loss in rows
        # an earlier version noted no loss: such a run is missing, not failed
        if seed in seeds and not (by_loss and loss is None and error is not None)
    ]
    return tuple(
        replace(extension, epochs=rung.epochs if space.lengths else None)
        for rung in space.rungs()
        for extension in extensions(rung.nuisance, [canonical(proxy.decisive()) for _, proxy in rung.recipes], results)
    )


def rate(landed: Iterable[str], workers: int) -> float | None:
    """Runs a second, from the times at which runs of one driver landed, as ISO text; None before it can be told."""
    times = sorted(landed)
    # the first ones land together, a whole run after the start
    paced = len(times) - workers
    if not workers or paced < workers:
        return None
    seconds = (datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])).total_seconds()
    return paced / seconds if seconds else None


def _limit(space: Space | None) -> float:
    """The least error, in per cent, that guessing has as well; inf where the space does not say what is judged."""
    try:
        return guessing_limit(space.proxy.equal_classes, space.proxy.judged_on) if space else math.inf
    except ValueError:
        return math.inf


def _front(
    runs: Iterable[tuple[str, str, float | None]],
    costs: Mapping[str, tuple[int, int]],
    names: tuple[str, ...],
    limit: float,
) -> tuple[tuple[Leader, ...], tuple[str, ...]]:
    """Both fronts, by FLOPs; each point at its setting with the fewest failures and the lowest mean so far.

    As in the report, a point with a failed seed is on no front and keeps no other off it, nor does one whose error is
    `limit` or more, which guessing has as well: the labels of these come after the fronts.
    """
    settings: dict[str, dict[str, list[float | None]]] = {}
    for point, recipe, error in runs:
        settings.setdefault(point, {}).setdefault(recipe, []).append(error)
    standing = {point: min(map(_standing, by_recipe.values())) for point, by_recipe in settings.items()}
    without_failures = [point for point, (failures, _, _) in standing.items() if not failures]
    fit = [point for point in without_failures if standing[point][1] < limit]
    guessing = sorted(
        label(Point(**json.loads(point)), names) for point in without_failures if standing[point][1] >= limit
    )
    on: dict[str, list[str]] = {}
    for position, cost in ((1, "flops"), (0, "params")):
        values = np.array([(standing[point][1], costs[point][position]) for point in fit]).reshape(-1, 2)
        for point in itertools.compress(fit, moocore.is_nondominated(values, keep_weakly=True) if fit else ()):
            on.setdefault(point, []).append(cost)
    points = {text: Point(**json.loads(text)) for text in on}
    leaders = []
    for text, fronts in on.items():
        (_, error, n), (params, flops) = standing[text], costs[text]
        leaders.append(Leader(label(points[text], names), error, n, flops, params, tuple(fronts)))
    return tuple(sorted(leaders, key=lambda leader: (leader.flops, leader.params, leader.point))), tuple(guessing)


def _standing(errors: list[float | None]) -> tuple[int, float, int]:
    """Failures, mean error and number of seeds of a point at a setting."""
    done = [error for error in errors if error is not None]
    return len(errors) - len(done), sum(done) / len(done) if done else math.inf, len(done)
