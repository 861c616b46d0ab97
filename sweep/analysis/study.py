"""Everything that a report needs to know of one sweep, each part computed once, when first asked for."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sweep.analysis.curves import Curves, curves
from sweep.analysis.fronts import front
from sweep.analysis.nuisance import Tuned, shared, tune
from sweep.analysis.order import numeric_axes
from sweep.analysis.replicates import Counts, count, table
from sweep.analysis.sweep_frame import SweepFrame


@dataclass(frozen=True)
class Study:
    """A sweep and what follows from it; a part that cannot be computed raises where it is asked for, not before."""

    frame: SweepFrame

    @cached_property
    def tuned(self) -> Tuned:
        """Each point at its own nuisance setting."""
        return tune(self.frame)

    @cached_property
    def shared(self) -> pd.DataFrame:
        """Every run by nuisance setting, as `nuisance.shared` lists them."""
        return shared(self.frame)

    @cached_property
    def counts(self) -> Counts:
        """How many of the runs that the space asks for are done, failed, missing."""
        return count(self.shared["status"].tolist())

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of points, with `front_flops` and `front_params`: is the point on the front of error against it?"""
        points = table(self.frame, self.tuned)
        return points.assign(**{f"front_{cost}": front(points, [cost]) for cost in ("flops", "params")})

    @cached_property
    def axis(self) -> str | None:
        """The axis that the sweep is mainly about: lambda, or else the first numeric one; None if there is none."""
        axes = numeric_axes(self.frame)
        return "lambda" if "lambda" in axes else next(iter(axes), None)

    @cached_property
    def second(self) -> str | None:
        """The axis whose values are lines of the main one's curves: G, or else the next numeric one."""
        left = [axis for axis in numeric_axes(self.frame) if axis != self.axis]
        return "G" if "G" in left else next((axis for axis in left if not self._tied(axis)), None)

    @cached_property
    def curves(self) -> tuple[Curves, ...]:
        """Error against the main axis, one line a value of the second."""
        return curves(self.frame, self.tuned, self.axis, self.second) if self.axis else ()

    @cached_property
    def across(self) -> tuple[Curves, ...]:
        """The same points against the second axis, one line a value of the main one."""
        return curves(self.frame, self.tuned, self.second, self.axis) if self.axis and self.second else ()

    def _tied(self, axis: str) -> bool:
        """Whether M says no more than the main axis does, as where lambda varies at a single G."""
        return {axis, self.axis} == {"M", "lambda"} and "G" not in self.frame.axes
