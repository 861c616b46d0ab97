"""A plan: every point of a space with its cost, counted twice, and every rejection with its reason. Trains nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sweep.costs.analytic import count
from sweep.costs.traced import trace
from sweep.errors import NetworkError, SpaceError
from sweep.networks import Cost
from sweep.space import DATASETS, Point, Rejection, Space, axes, baselines, expand, label, plain
from sweep.space.grid import miss, no_point
from sweep.space.schema import Dataset
from sweep.space.space import COSTS


@dataclass(frozen=True)
class Planned:
    """A point that the sweep will train, with its closed-form cost and, where it was traced, fvcore's count."""

    point: Point
    label: str
    cost: Cost
    traced: Cost | None = None

    @property
    def agrees(self) -> bool:
        """Whether the two counts are the same, to the unit."""
        return self.traced is not None and self.traced == self.cost


@dataclass(frozen=True)
class Plan:
    """What a space asks for."""

    space: Space
    axes: tuple[str, ...]
    points: tuple[Planned, ...]
    rejected: tuple[Rejection, ...]
    #: label of each point -> label of the point that it is compared with
    baselines: Mapping[str, str]

    @property
    def settings(self) -> int:
        """Number of nuisance settings at which each point is trained."""
        return len(self.space.recipes())

    @property
    def runs(self) -> int:
        """Number of runs: points x nuisance settings x seeds."""
        return len(self.points) * self.settings * len(self.space.seeds)

    def rows(self) -> list[dict[str, Any]]:
        """A plain mapping for each point: its axes by name and its counts."""
        return [
            {
                "point": planned.label,
                **{name: plain(planned.point.value(name)) for name in self.axes},
                "params": planned.cost.params,
                "flops": planned.cost.flops,
                "activations": planned.cost.activations,
                "traced_params": planned.traced.params if planned.traced else None,
                "traced_flops": planned.traced.flops if planned.traced else None,
            }
            for planned in self.points
        ]


def with_trace(planned: Planned, dataset: Dataset) -> Planned:
    """A planned point with fvcore's count; raises NetworkError if its network does not fit into memory."""
    facts = DATASETS[dataset.name]
    try:
        return replace(planned, traced=trace(planned.point, facts.channels, facts.classes).total)
    except (RuntimeError, MemoryError):
        cost = planned.cost
        raise NetworkError(f"{planned.label}: {cost.params:,} parameters cannot be traced on this machine") from None


def plan(space: Space, *, traced: bool = True) -> Plan:
    """Count every point of a space; with `traced`, by fvcore as well.

    Raises SpaceError for a point that no network can be built from, and for constraints that leave none.
    """
    grid = expand(space)
    facts = DATASETS[space.proxy.dataset.name]
    names = axes(grid.points)
    mistakes, rejected = [], list(grid.rejected)
    kept: list[tuple[Point, Cost]] = []
    for point in grid.points:
        try:
            cost = count(point, facts.channels, facts.classes)
        except NetworkError as error:
            mistakes.append(space.source.mistake(grid.origins[point], f"{label(point, names)}: {error}"))
            continue
        bounds = {name: bound for name, bound in space.constraints.items() if name in COSTS}
        misses = [r for name, bound in bounds.items() if (r := miss(point, name, getattr(cost, name), bound))]
        if misses:
            rejected.append(misses[0])
        else:
            kept.append((point, cost))
    if mistakes:
        raise SpaceError(*mistakes)
    if not kept:
        raise no_point(space, tuple(rejected))
    points = tuple(point for point, _ in kept)
    names = axes(points)
    pairs = baselines(space, points)
    planned = tuple(Planned(p, label(p, names), c) for p, c in kept)
    if traced:
        planned = tuple(with_trace(one, space.proxy.dataset) for one in planned)
    return Plan(space, names, planned, tuple(rejected), {label(p, names): label(b, names) for p, b in pairs.items()})
