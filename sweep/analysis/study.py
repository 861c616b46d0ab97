"""Everything that a report needs to know of one sweep, each part computed once, on first use."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sweep.analysis.best import Best, best
from sweep.analysis.curves import Curves, curves
from sweep.analysis.front_chances import Chances, chances
from sweep.analysis.fronts import front
from sweep.analysis.isolation import Edge, Isolation, edges, isolate
from sweep.analysis.learning import Learning, learning
from sweep.analysis.naive import Naive, naive
from sweep.analysis.nuisance import Tuned, shared, tune
from sweep.analysis.order import COSTS, numeric_axes, points, shown_key
from sweep.analysis.question import main_axes
from sweep.analysis.ranked import Comparable, judged, ranked
from sweep.analysis.records import records
from sweep.analysis.replicates import Counts, count, table
from sweep.analysis.shrunk import Array, draw, drawn
from sweep.analysis.sweep_frame import SweepFrame
from sweep.analysis.verdict import Compared, Verdict, verdicts


@dataclass(frozen=True)
class Study:
    """A sweep and the analysis of it; a part that cannot be computed raises when it is used, not before."""

    frame: SweepFrame

    @cached_property
    def tuned(self) -> Tuned:
        """Each point at its own nuisance setting."""
        return tune(self.frame)

    @cached_property
    def drawn(self) -> dict[str, Array]:
        """Expected errors of points that are settled and better than guessing, as `shrunk.drawn` draws them."""
        return drawn(self.frame, self.tuned)

    @cached_property
    def learning(self) -> Learning | None:
        """The training losses of each epoch, each point at its own setting; None if none is known."""
        return learning(self.frame, self.tuned)

    @cached_property
    def shared(self) -> pd.DataFrame:
        """Every run by nuisance setting, as `nuisance.shared` lists them."""
        return shared(self.frame)

    @cached_property
    def naive(self) -> tuple[Naive, ...]:
        """Differences to the baseline at each shared setting, beside the tuned ones."""
        return naive(self.frame, self.tuned)

    @cached_property
    def counts(self) -> Counts:
        """How many of the runs that the space asks for are done, failed, missing."""
        return count(self.shared["status"].tolist())

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of points, with `front_flops` and the like: is it on the front of error against that cost?

        Points that may not be ranked are left out: they are not on a front, and keep no other point off it.
        """
        rows = table(self.frame, self.tuned, self.drawn)
        fit = judged(rows)
        on = {f"front_{cost}": front(fit, [cost]) for cost in COSTS if cost in rows}
        return rows.assign(**{name: marks.reindex(rows.index, fill_value=False) for name, marks in on.items()})

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The rows of `table` in the order in which points are shown: text on an axis as the space lists it."""
        keys = {axis: shown_key(self.frame, axis) for axis in self.frame.axes}
        baselines = set(self.table["baseline"])
        rows = records(self.table[["point", *keys]])
        order = sorted(
            range(len(rows)),
            key=lambda i: (
                rows[i]["point"] not in baselines,
                [key(rows[i][axis]) for axis, key in keys.items()],
                rows[i]["point"],
            ),
        )
        return self.table.iloc[order]

    @cached_property
    def chances(self) -> dict[str, Chances]:
        """How likely each point is on the front of expected error against each cost that varies, by cost."""
        if len(self.frame.seeds) < 2:
            # the noise is unknown, and drawing takes long
            return {}
        rows = self.table
        fit = ranked(rows, self.tuned.samples)
        by_cost = {}
        for cost in [cost for cost in COSTS if cost in rows]:
            with_cost = fit[np.isfinite(fit[cost].to_numpy(dtype=float)) & (fit[cost] > 0)]
            names, costs = with_cost["point"].tolist(), with_cost[cost].astype(float).to_numpy()
            if with_cost[cost].nunique() < 2:
                continue
            errors = dict(zip(names, draw(self.frame, names, covariate=np.log(costs)).T, strict=True))
            result = chances(errors, self.tuned.samples, dict(zip(names, costs.tolist(), strict=True)))
            if result is not None:
                by_cost[cost] = result
        return by_cost

    @cached_property
    def comparable(self) -> Comparable:
        """Which points may be compared with one another."""
        return Comparable.of(self.frame, self.tuned)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The answer to the question about each main axis."""
        return verdicts(self.frame, self.tuned.samples, self.comparable)

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        """Every possible comparison along the main axes, with the difference of its verdict."""
        return tuple(comparison for verdict in self.verdicts for comparison in verdict.compared)

    @cached_property
    def best(self) -> Best | None:
        """The point with the lowest mean error, and the cheapest one that noise does not tell from it."""
        return best(self.table, self.tuned.samples)

    @cached_property
    def axis(self) -> str | None:
        """The axis that errors are drawn against: a main one that is numeric, lambda, or the first numeric one."""
        axes = numeric_axes(self.frame)
        main = [axis for axis in main_axes(self.frame) if axis in axes]
        return next(iter([*main, *(axis for axis in axes if axis == "lambda"), *axes]), None)

    @cached_property
    def second(self) -> str | None:
        """The axis whose values are the lines of the curves: G if possible, otherwise the next numeric one.

        It is possible if some value of the main axis occurs with several of its values. M is not where lambda varies at
        a single G; nor is SE's reduction, since no point has both lambda and a reduction.
        """
        candidates = [axis for axis in numeric_axes(self.frame) if axis != self.axis and self._crosses(axis)]
        return "G" if "G" in candidates else next(iter(candidates), None)

    @cached_property
    def curves(self) -> tuple[Curves, ...]:
        """Error against the main axis, one line a value of the second."""
        return curves(self.frame, self.tuned, self.axis, self.second) if self.axis else ()

    @cached_property
    def across(self) -> tuple[Curves, ...]:
        """The same points against the second axis, one line a value of the main one."""
        return curves(self.frame, self.tuned, self.second, self.axis) if self.axis and self.second else ()

    @cached_property
    def isolations(self) -> tuple[Isolation, ...]:
        """Error against each axis alone."""
        keys = {axis: shown_key(self.frame, axis) for axis in self.frame.axes}
        return isolate(self.table, self.tuned.samples, self.frame.axes, keys, self.frame.metric)

    @cached_property
    def edges(self) -> tuple[str, tuple[Edge, ...]]:
        """The best point, and the axes on which its value is at an end of the list."""
        best, at_ends = edges(self.table, self.frame.axes)
        # finalists are a part of what a search may have tried
        return best, () if self.frame.search else at_ends

    def _crosses(self, axis: str) -> bool:
        # both hold numbers or blanks, and no blank is a number
        pairs = points(self.frame)[[self.axis, axis]].apply(pd.to_numeric, errors="coerce").dropna().drop_duplicates()
        return len(pairs) > int(pairs[self.axis].nunique())
