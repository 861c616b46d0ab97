"""How well a search did: error and hypervolume against runs and training time, and which axes mattered."""

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moocore
import numpy as np
import numpy.typing as npt
import pandas as pd

from sweep.analysis.order import is_blank, is_number
from sweep.analysis.sweep_frame import Search

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

Array = npt.NDArray[np.float64]

#: Random orders of the same runs that a search is compared with, and the share of them that a band holds.
ORDERS, BAND = 200, 0.9
#: Resamples of the runs that an interval of an importance comes from.
RESAMPLES = 60
#: Importances need at least so many runs.
FEWEST = 30
#: An axis matters if its values in the best quarter of the runs differ from those in all runs.
BEST = 0.25


@dataclass(frozen=True)
class Course:
    """A measure after each explored run, and what random orders of the same runs have: median, and ends of a band."""

    reached: Array
    median: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Courses:
    """How a search went.

    runs: 1, 2, ... of the explored runs that are done. hours: of training until then, on one worker.
    error: lowest error of a run so far, in per cent. volume: share of the box between no error, least cost and the
    worst that was explored in both that is dominated, cost on a log scale; None where no cost is made low.
    at: places among the search's asks.
    """

    runs: npt.NDArray[np.int64]
    hours: Array
    error: Course
    volume: Course | None
    at: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Importance:
    """The share of an axis or a setting in what sets the best runs apart, with an interval over resamples."""

    name: str
    share: float
    low: float
    high: float


def courses(search: Search) -> Courses | None:
    """Compute lowest error and hypervolume after each explored run; None before two of them are done."""
    asked = search.asked
    done = ((asked["phase"] == "explore") & (asked["status"] == "done")).to_numpy()
    # shorter runs have another recipe: their time counts, their errors are not compared
    at = np.flatnonzero(done & (asked["rung"] == asked["rung"].max()).to_numpy())
    if len(at) < 2:
        return None
    errors = asked["error"].to_numpy(dtype=float)[at]
    hours = np.cumsum(np.where(done, asked["seconds"].to_numpy(dtype=float), 0.0))[at] / 3600
    cost = next((name for name in search.costs if name in asked), None)
    costs = asked[cost].to_numpy(dtype=float)[at] if cost else None
    generator = np.random.default_rng([17, len(at)])
    orders = np.stack([generator.permutation(len(at)) for _ in range(ORDERS)])
    lowest = _course(np.minimum.accumulate(errors), np.minimum.accumulate(errors[orders], axis=1))
    volume = None
    if costs is not None and (costs > 0).all() and np.ptp(costs) > 0:
        scaled = np.log(costs)
        volume = _course(
            hypervolumes(errors, scaled), np.stack([hypervolumes(errors[order], scaled[order]) for order in orders])
        )
    return Courses(np.cumsum(done, dtype=np.int64)[at], hours, lowest, volume, at)


def hypervolumes(errors: Array, costs: Array) -> Array:
    """Share of the box up to the worst error and cost of all runs that the first 1, 2, ... of them dominate.

    The box begins at no error and the least cost. Each is of shape (runs,).
    """
    worst, least = np.array([errors.max(), costs.max()]), np.array([0.0, costs.min()])
    box = float(np.prod(worst - least))
    volumes = np.zeros(len(errors))
    front = np.empty((0, 2))
    for place, run in enumerate(np.column_stack([errors, costs])):
        if not len(front) or not (front <= run).all(axis=1).any():
            front = np.vstack([front[~(run <= front).all(axis=1)], run])
            volumes[place] = float(moocore.hypervolume(front, ref=worst)) / box if box else 0.0
        else:
            volumes[place] = volumes[place - 1]
    return volumes


def _course(reached: Array, shuffled: Array) -> Course:
    low, median, high = np.quantile(shuffled, [(1 - BAND) / 2, 0.5, (1 + BAND) / 2], axis=0)
    return Course(reached, median, low, high)


def importances(search: Search) -> list[Importance]:
    """What sets the best quarter of the explored runs apart by error, largest share first (PED-ANOVA of Optuna).

    Watanabe et al. 2023, arXiv 2304.10255. Intervals of 95 % are quantiles over runs drawn with replacement. None below
    `FEWEST` runs, or if nothing varies.
    """
    asked = search.asked
    rows = asked[(asked["phase"] == "explore") & (asked["status"] == "done")]
    # of several lengths the one with most runs, since the others were chosen by it
    rows = rows[rows["rung"] == rows["rung"].mode().min()] if len(rows) else rows
    names = [name for name in (*search.axes, *search.nuisance) if name in rows and rows[name].nunique() > 1]
    if {"lambda", "M", "G"} <= set(names):
        names.remove("M")  # the other two determine it
    if len(rows) < FEWEST or not names:
        return []
    trials, distributions = _trials(rows, names)
    shares = [_shares(trials, names)]
    generator = np.random.default_rng([23, len(rows)])
    for _ in range(RESAMPLES):
        shares.append(_shares([trials[place] for place in generator.integers(len(trials), size=len(trials))], names))
    resampled = np.array(shares[1:])
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    result = [
        Importance(name, float(share), float(low[place]), float(high[place]))
        for place, (name, share) in enumerate(zip(names, shares[0], strict=True))
        if name in distributions
    ]
    return sorted(result, key=lambda importance: (-importance.share, importance.name))


def _trials(rows: pd.DataFrame, names: list[str]) -> tuple[list[Any], dict[str, "BaseDistribution"]]:
    from optuna.distributions import CategoricalDistribution, IntDistribution
    from optuna.trial import TrialState, create_trial

    codes: dict[str, dict[Any, int]] = {}
    distributions: dict[str, BaseDistribution] = {}
    for name in names:
        values = {value for value in rows[name].tolist() if not is_blank(value)}
        numeric = all(is_number(value) for value in values)
        ordered = sorted(values) if numeric else sorted(values, key=str)
        codes[name] = {value: place for place, value in enumerate(ordered)}
        # ranks, as searches see numbers
        distributions[name] = (
            IntDistribution(0, len(ordered) - 1) if numeric else CategoricalDistribution(range(len(ordered)))
        )
    trials = []
    for row in rows[[*names, "error"]].to_dict("records"):
        params = {name: codes[name][row[name]] for name in names if not is_blank(row[name])}
        trials.append(
            create_trial(
                state=TrialState.COMPLETE,
                value=float(row["error"]),
                params=params,
                distributions={name: distributions[name] for name in params},
            )
        )
    return trials, distributions


def _shares(trials: list[Any], names: list[str]) -> list[float]:
    """The share of each name; all 0 where nothing sets the best apart."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study: Study = optuna.create_study(direction="minimize")
        study.add_trials(trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=BEST)
            importances = optuna.importance.get_param_importances(study, evaluator=evaluator, normalize=False)
    finally:
        optuna.logging.set_verbosity(verbosity)
    total = math.fsum(max(importances.get(name, 0.0), 0.0) for name in names)
    return [max(importances.get(name, 0.0), 0.0) / total if total else 0.0 for name in names]
