"""A plan: every point of a space with its cost, and every rejection with its reason. Trains nothing.

A plan may have millions of points: costs are arrays, and a point is made when it is asked for.
"""

import bisect
import itertools
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.costs.analytic import Counts, count_all
from sweep.costs.html import plan_table
from sweep.costs.own import count_own, fill_in, trace_own
from sweep.costs.planned import Planned
from sweep.costs.refused import affordable, no_network, why_impossible
from sweep.costs.traced import WITHOUT_WEIGHTS, Trace, trace
from sweep.costs.training import Passes, passes_of_a_point
from sweep.costs.twins import by_first, twins
from sweep.errors import NetworkError, SpaceError
from sweep.space import Baselines, Grid, Lazy, Proxy, Rejection, Space, axes, baselines, expand, label, plain
from sweep.space.columns import names_in_files, own_axis
from sweep.space.grid import IMPOSSIBLE, Numbers, Rejected, has_order, miss, no_point
from sweep.space.grid_mistakes import insist_on_some
from sweep.space.names import varying
from sweep.space.question import unvaried_mistakes
from sweep.space.space import COSTS

#: All points of a plan are traced up to this many, and of a larger one up to SAMPLE, as many as SECONDS allow.
ALL, SAMPLE, SECONDS = 100, 5, 0.2
#: What a row of a plan has beside its axes.
COLUMNS = ("point", "params", "flops", "activations", "training_flops", "traced_params", "traced_flops")


@dataclass(frozen=True)
class Plan:
    """What a space asks for."""

    def __repr__(self) -> str:
        numbers = f"{len(self.points):,} points, {self.runs:,} runs, {len(self.rejected):,} rejected"
        return f"<Plan {self.space.name}: {numbers}>"

    def _repr_html_(self) -> str:
        return plan_table(self)

    space: Space
    grid: Grid
    counts: Counts
    #: numbers in the grid's listing of the points that will be trained
    kept: Numbers
    #: those that constraints on costs reject
    too_costly: Rejected
    #: those that make no network
    impossible: Numbers
    axes: tuple[str, ...]
    compared: Baselines
    traces: dict[int, Trace] = field(default_factory=dict)
    #: number of a point -> numbers of those that are the same network under another name, and are not trained
    twins: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    #: number of a combination that the user's own function refuses -> why
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Operations without weights that fvcore met and has no count for."""
        names = {
            name
            for number, trace in self.traces.items()
            for name in trace.skipped
            if name in WITHOUT_WEIGHTS or not self.counts.own[number]
        }
        return tuple(sorted(name.removeprefix("aten::") for name in names))

    @property
    def uncounted(self) -> dict[str, list[str]]:
        """Operation that fvcore has no count for -> labels of the user's own networks that it occurs in.

        Their FLOPs lack what such an operation multiplies.
        """
        labels: dict[str, list[str]] = {}
        for number, traced in self.traces.items():
            if self.counts.own[number]:
                for name in traced.uncounted:
                    labels.setdefault(name, []).append(self._label(number))
        return dict(sorted(labels.items()))

    @property
    def points(self) -> Sequence[Planned]:
        """The points that the sweep will train, in the order of the file."""
        return Lazy(len(self.kept), lambda index: self.planned(int(self.kept[index])))

    def planned(self, number: int) -> Planned:
        """A point by its number in the grid's listing."""
        point = self.grid.listing.point(number)
        traced = self.traces.get(number)
        return Planned(point, label(point, self.axes), self.counts[number], traced.total if traced else None)

    def count(self, number: int) -> None:
        """Count a point's network, if it is the user's own and was not counted yet; one that cannot be costs 0."""
        if self.counts.known[number] or number in self.refused:
            return
        counted = trace_own(self.space, self.grid.listing.point(number))
        if isinstance(counted, str):
            self.refused[number] = counted
            return
        self.traces[number] = counted
        fill_in(self.counts, number, counted)

    def shown(self, most: int) -> list[Planned]:
        """The first points, so many at most, with their costs."""
        for number in self.kept[:most].tolist():
            self.count(number)
        return list(self.points[:most])

    @property
    def all_known(self) -> bool:
        """Whether the cost of every point is known; of networks of the user's own a search may know some."""
        return bool(self.counts.known[self.kept].all())

    def also(self, number: int) -> tuple[str, ...]:
        """Other names of a point by its number in the grid's listing: labels of points that are the same network."""
        return tuple(label(self.grid.listing.point(twin), self.axes) for twin in self.twins.get(number, ()))

    @property
    def rejected(self) -> Sequence[Rejection]:
        """What is not trained: what constraints on axes reject, those on costs, and what makes no network."""
        on_axes, costly = self.grid.rejections, len(self.too_costly)
        parts: tuple[Sequence[Rejection], ...] = (
            on_axes,
            Lazy(costly, self._cost_rejection),
            Lazy(len(self.impossible), lambda i: self._impossible(int(self.impossible[i]))),
        )
        ends = [0, *itertools.accumulate(map(len, parts))]

        def rejection(index: int) -> Rejection:
            position = bisect.bisect_right(ends, index) - 1
            return parts[position][index - ends[position]]

        return Lazy(ends[-1], rejection)

    def _cost_rejection(self, index: int) -> Rejection:
        number, name = int(self.too_costly.numbers[index]), self.too_costly.name(index)
        value = getattr(self.counts[number], name)
        return Rejection(self.grid.listing.point(number), name, miss(name, value, self.space.constraints[name]) or "")

    def _impossible(self, number: int) -> Rejection:
        point = self.grid.listing.point(number)
        reasons = point.mistakes() or [self.refused.get(number) or why_impossible(point, self.space)]
        return Rejection(point, IMPOSSIBLE, "; ".join(reasons))

    def rejections_by_constraint(self) -> dict[str, tuple[int, Rejection, Rejection]]:
        """Number of points that each constraint rejects, and the points that miss it by the least and by the most.

        Of impossible combinations the first and the last.
        """
        rejections: dict[str, tuple[int, Rejection, Rejection]] = {}
        for rejected, offset in ((self.grid.rejected, 0), (self.too_costly, len(self.grid.rejected))):
            for position, name in enumerate(rejected.names):
                at = np.flatnonzero(rejected.constraint_codes == position)
                if len(at):
                    bound, values = self.space.constraints[name], self._values(name, rejected.numbers[at])
                    over = values - (np.inf if bound.max is None else bound.max)
                    by = np.maximum(over, (-np.inf if bound.min is None else bound.min) - values)
                    least, most = (self.rejected[offset + int(at[i])] for i in (by.argmin(), by.argmax()))
                    rejections[name] = (len(at), least, most)
        if count := len(self.impossible):
            first, last = (self._impossible(int(self.impossible[i])) for i in (0, -1))
            rejections[IMPOSSIBLE] = (count, first, last)
        return rejections

    def _values(self, name: str, numbers: Numbers) -> NDArray[np.float64]:
        if name in COSTS:
            return np.asarray(getattr(self.counts, name)[numbers], dtype=float)
        column = self.grid.listing.column(name)
        return np.array([float(v) if has_order(v) else np.nan for v in column.values])[column.codes[numbers]]

    @cached_property
    def baselines(self) -> dict[str, str]:
        """Label of each point -> label of the point that it is compared with."""
        pairs = ((int(number), self.compared.of(int(number))) for number in self.kept)
        return {self._label(number): self._label(base) for number, base in pairs if base is not None}

    def _label(self, number: int) -> str:
        return label(self.grid.listing.point(number), self.axes)

    @property
    def settings(self) -> int:
        """Number of nuisance settings at which each point is trained, those of every length together."""
        return sum(len(rung.recipes) for rung in self.space.rungs())

    @property
    def runs(self) -> int:
        """Number of runs: points x nuisance settings x seeds, and those of the baselines' extra seeds."""
        return self.settings * int(self.seed_counts.sum())

    @cached_property
    def seed_counts(self) -> NDArray[np.int64]:
        """Of each point that is kept, with how many seeds it is trained."""
        return len(self.space.seeds) + self.compared.among(self.kept) * len(self.space.extra_seeds)

    def seeds_at(self, place: int) -> tuple[int, ...]:
        """The seeds of the point at a place among those kept."""
        return (*self.space.seeds, *self.space.extra_seeds)[: self.seed_counts[place]]

    @cached_property
    def passes(self) -> Passes:
        """The passes through its network of all runs of one point, at the seeds that all points have."""
        return passes_of_a_point(self.space)

    @property
    def training_flops(self) -> float:
        """Multiply-adds of all runs together."""
        flops, first = self.counts.flops[self.kept].astype(float), self.counts.first[self.kept].astype(float)
        return float((self.passes.flops(flops, first) * (self.seed_counts / len(self.space.seeds))).sum())

    @property
    def columns_of_axes(self) -> dict[str, str]:
        """What the axes are called beside a point's label and counts, by name: `network.NAME` where it has one's."""
        return dict(zip(self.axes, names_in_files([own_axis(name) for name in self.axes], COLUMNS), strict=True))

    def rows(self) -> list[dict[str, Any]]:
        """A plain mapping for each point: its axes by name and its counts."""
        return list(self.each_row())

    def each_row(self) -> Iterator[dict[str, Any]]:
        """The rows, one after the other."""
        for number in self.kept.tolist():
            self.count(number)
            planned = self.planned(number)
            yield {
                "point": planned.label,
                **{column: plain(planned.point.value(name)) for name, column in self.columns_of_axes.items()},
                "params": planned.cost.params,
                "flops": planned.cost.flops,
                "activations": planned.cost.activations,
                "training_flops": float(self.passes.flops(planned.cost.flops, int(self.counts.first[number]))),
                "traced_params": planned.traced.params if planned.traced else None,
                "traced_flops": planned.traced.flops if planned.traced else None,
            }


def second_count(planned: Planned, proxy: Proxy) -> Trace:
    """What fvcore counts of a planned point; raises NetworkError if its network does not fit into memory."""
    facts = proxy.facts
    try:
        return trace(planned.point, facts.channels, facts.classes)
    except (RuntimeError, MemoryError):
        cost = planned.cost
        raise NetworkError(f"{planned.label}: {cost.params:,} parameters cannot be traced on this machine") from None


def plan(space: Space, *, traced: bool | int = True) -> Plan:
    """Count every point of a space in closed form, and by fvcore as well.

    `traced` is how many points fvcore counts, spread evenly over the plan; True is all of up to ALL points and a few of
    more. Networks of the user's own are counted by fvcore in any case, unless a search chooses among many and needs no
    costs: then `Plan.count` counts them one by one.
    Combinations that no network can be built from are rejected. Raises SpaceError for a block of the grid that has no
    others, and for constraints that leave no point.
    """
    grid = expand(space)
    facts = space.proxy.facts
    counts = count_all(grid.listing, facts.channels, facts.classes)
    traces, refused = count_own(space, grid, counts)
    exists = counts.exists[grid.kept]
    names = axes(grid.listing, grid.kept)
    insist_on_some(
        space, grid.listing, grid.kept, ~exists, lambda number: [no_network(space, grid, number, names, refused)]
    )
    impossible = np.sort(np.concatenate([grid.impossible, grid.kept[~exists]]))
    kept, too_costly = affordable(space, grid.kept[exists], counts)
    nothing = Baselines(grid.listing, (), {})
    planned = Plan(
        space, grid, counts, kept, too_costly, impossible, axes(grid.listing, kept), nothing, traces, refused=refused
    )
    if not len(kept):
        raise no_point(space, planned.rejected)
    unvaried = unvaried_mistakes(space.data, space.source, varying(grid.listing, kept, planned.axes))
    if unvaried:
        raise SpaceError(*unvaried)
    alike = twins(grid.listing, kept, counts, facts.channels, facts.classes)
    compared = baselines(space, grid.listing, kept, alike)
    kept = kept[~np.isin(kept, list(alike))]
    planned = replace(planned, kept=kept, compared=compared, twins=by_first(alike))
    several = (len(kept) if len(kept) <= ALL else SAMPLE) if traced is True else min(int(traced), len(kept))
    until = time.perf_counter() + SECONDS if traced is True and len(kept) > ALL else math.inf
    for number in kept[np.linspace(0, len(kept) - 1, several).round().astype(int)].tolist():
        if counts.own[number]:
            planned.count(number)
        elif number not in traces and time.perf_counter() < until:
            traces[number] = second_count(planned.planned(number), space.proxy)
    return planned
