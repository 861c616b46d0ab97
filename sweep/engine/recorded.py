"""A sweep from its ledger: its points with their costs and its runs, without building or importing a network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweep.costs import plan
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.ledger import Ledger
from sweep.engine.notes import warn_of
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.runs import Run
from sweep.errors import LedgerError, SpaceError
from sweep.space import Point, Proxy, Space, canonical, label


@dataclass(frozen=True)
class RecordedPoint:
    """A point of the plan that a ledger holds; `baseline` is the label of the point that it is compared with, or ''."""

    point: Point
    label: str
    cost: PlannedPoint
    baseline: str


@dataclass(frozen=True)
class RecordedRun:
    """A run that the space asks for: places of its point and recipe in `Recorded.points` and `recipes`.

    rung: place of its length of training among `Space.rungs`.
    """

    place: int
    setting: int
    ask: Ask
    rung: int = 0


@dataclass(frozen=True)
class Recorded:
    """The sweep of a ledger; runs in the order of points, recipes (of all lengths) and seeds."""

    space: Space
    axes: tuple[str, ...]
    points: Sequence[RecordedPoint]
    recipes: Sequence[tuple[Mapping[str, Any], Proxy]]
    asked: Sequence[RecordedRun]

    @cached_property
    def runs(self) -> list[Run]:
        """All runs that the space asks for."""
        return [self.run(recorded_run) for recorded_run in self.asked]

    def run(self, recorded_run: RecordedRun) -> Run:
        """A run under the key that it was asked for with."""
        point = self.points[recorded_run.place]
        assert recorded_run.ask.seed is not None
        return Run(
            point.point, self.recipes[recorded_run.setting][1], recorded_run.ask.seed, point.label, recorded_run.ask.key
        )


def recorded(ledger: Ledger) -> Recorded:
    """Read the sweep of a ledger; raises LedgerError if this version cannot interpret it."""
    try:
        space = Space.recorded(ledger.space())
        if not ledger.planned():
            _plan_anew(ledger, space)
        axes = ledger.axes()
        with ledger.reading():
            return Recorded(
                space, axes, points := _points(ledger, axes), _recipes(space), _asked(ledger, space, points)
            )
    except SpaceError as error:
        raise LedgerError(f"{ledger.path}: its space is not one that this version reads:\n{error}") from None


def _points(ledger: Ledger, axes: tuple[str, ...]) -> list[RecordedPoint]:
    costs = ledger.planned()
    points = [Point(**json.loads(cost.point)) for cost in costs]
    labels = [label(point, axes) for point in points]
    if len(set(labels)) < len(labels):
        raise ValueError("its axes do not tell its points apart")
    return [
        RecordedPoint(point, name, cost, "" if cost.baseline is None else labels[cost.baseline])
        for point, name, cost in zip(points, labels, costs, strict=True)
    ]


def _recipes(space: Space) -> list[tuple[Mapping[str, Any], Proxy]]:
    return [recipe for rung in space.rungs() for recipe in rung.recipes]


def _asked(ledger: Ledger, space: Space, points: Sequence[RecordedPoint]) -> list[RecordedRun]:
    places = {point.cost.point: place for place, point in enumerate(points)}
    settings = {canonical(proxy.decisive()): number for number, (_, proxy) in enumerate(_recipes(space))}
    rungs = [rung for rung, length in enumerate(space.rungs()) for _ in length.recipes]
    seeds = {seed: place for place, seed in enumerate((*space.seeds, *space.extra_seeds))}
    asked: dict[tuple[int, int, int | None, int], RecordedRun] = {}
    seedless = 0
    for ask in ledger.asks():
        if ask.present and ask.point in places and ask.recipe in settings:
            if ask.seed is None:
                seedless += 1
                continue
            setting = settings[ask.recipe]
            recorded_run = RecordedRun(places[ask.point], setting, ask, rungs[setting])
            # a run is asked for once, even if a file repeats it
            asked.setdefault((recorded_run.place, recorded_run.setting, ask.seed, ask.rung), recorded_run)

    if seedless:
        warn_of(ledger.path, f"{seedless} of its asks lack{'s' * (seedless == 1)} a seed")

    def order(recorded_run: RecordedRun) -> tuple[int, int, int, int, int]:
        seed = recorded_run.ask.seed or 0
        return recorded_run.place, recorded_run.setting, seeds.get(seed, len(seeds)), seed, recorded_run.ask.rung

    return sorted(asked.values(), key=order)


def _plan_anew(ledger: Ledger, space: Space) -> None:
    """Complete the copy of a ledger that an earlier version wrote, which holds no costs of points that were planned."""
    if space.own_networks:
        raise LedgerError(
            f"{ledger.path}: written by an earlier version, which did not note what points of a network of one's own "
            "cost; `wn-sweep run` of its space brings it up to date"
        )
    runs = PlannedRuns(plan(space, traced=False))
    ledger.describe(space.name, space.data, runs.plan.axes, runs.described())
    ledger.ask(runs.complete(ledger.asks()))
