"""Draws of the expected errors of all points, given the runs (`sweep.statistics.hierarchy`)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.analysis.nuisance import Tuned, settings, shared
from sweep.analysis.order import points
from sweep.analysis.ranked import Comparable
from sweep.analysis.sweep_frame import SweepFrame, once
from sweep.statistics import hierarchy

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shrunk:
    """A number that was drawn toward those of the other points: its mean and 95 % interval; NaN if it was not drawn."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, drawn: Array) -> "Shrunk":
        """Summarise draws, of shape (draws,)."""
        if np.isnan(drawn).any():
            # the same result as numpy's, forty times as fast
            return NOTHING
        low, high = np.quantile(drawn, [0.025, 0.975])
        return cls(float(drawn.mean()), float(low), float(high))


#: What was not drawn.
NOTHING = Shrunk(math.nan, math.nan, math.nan)


def drawn(frame: SweepFrame, tuned: Tuned) -> dict[str, Array]:
    """Draw the expected errors of all points that are settled and better than guessing: each of shape (draws,)."""
    comparable = Comparable.of(frame, tuned)
    ranked = comparable.settled - comparable.guessing
    names = [point for point in tuned.points["point"] if point in ranked]
    baselines = points(frame)["baseline"].unique().tolist()
    return dict(zip(names, draw(frame, names, baselines).T, strict=True))


@once
def _cells(frame: SweepFrame) -> tuple[dict[str, int], Array]:
    """Lay errors out as (points, settings, seeds), without a point's settings that failed more often than its others.

    The seeds that only baselines have come last.
    """
    place = {point: i for i, point in enumerate(points(frame)["point"].tolist())}
    names, at_setting = list(frame.nuisance), {run_settings: k for k, run_settings in enumerate(settings(frame))}
    at_seed = {seed: s for s, seed in enumerate((*frame.seeds, *frame.extra_seeds))}
    errors = np.full((len(place), len(at_setting), len(at_seed)), math.nan)
    failures = np.zeros(errors.shape[:2])
    runs = shared(frame)
    run_settings = list(runs[names].itertuples(index=False, name=None)) if names else [()] * len(runs)
    results = runs[["point", "seed", "status", "error"]].itertuples(index=False, name=None)
    for key, (point, seed, status, error) in zip(run_settings, results, strict=True):
        if seed in at_seed:
            at = place[point], at_setting[tuple(key)]
            failures[at] += status in ("failed", "diverged")
            errors[(*at, at_seed[seed])] = error if status == "done" else math.nan
    has_errors = np.isfinite(errors[..., : len(frame.seeds)]).any(-1)
    fewest = np.where(has_errors, failures, np.inf).min(-1, keepdims=True, initial=np.inf)
    errors[~has_errors | (failures > fewest)] = math.nan
    return place, errors


def draw(
    frame: SweepFrame, names: Sequence[str], baselines: Sequence[str] = (), covariate: Sequence[float] | None = None
) -> Array:
    """Draw expected errors of some points, each at the setting that is chosen for it; the draws are reproducible.

    Args:
        frame: the sweep.
        names: points that are settled and better than guessing.
        baselines: those of them that others are compared with.
        covariate: a number for each point in which errors lie about a line, such as the logarithm of its cost.

    Returns:
        Of shape (draws, points), in per cent; NaN for points without an error, and where no spread of seeds is seen.
    """
    place, errors = _cells(frame)
    rng = np.random.default_rng(0)
    if not names:
        return np.empty((hierarchy.DRAWS, 0))
    order = _order(errors[[place[name] for name in names]], covariate)
    rows = errors[[place[names[i]] for i in order]]
    held = [at for at, i in enumerate(order) if names[i] in set(baselines)]
    line = None if covariate is None else np.array(covariate, float)[order]
    common = len(frame.seeds)
    drawn = hierarchy.draw(rows[..., :common], rng, held, line, rows[..., common:])
    return drawn[:, np.argsort(order)]


def _order(errors: Array, covariate: Sequence[float] | None) -> list[int]:
    """Order points by their results, so that names and their order do not change the draws."""
    first = np.full(len(errors), math.nan) if covariate is None else np.asarray(covariate, dtype=float)
    sort_keys = np.nan_to_num(np.column_stack([first, errors.reshape(len(errors), -1)]), nan=-1.0).tolist()
    return sorted(range(len(sort_keys)), key=sort_keys.__getitem__)
