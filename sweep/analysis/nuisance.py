"""The nuisance setting that each point is judged at, chosen on other seeds than the one it is judged on.

With one learning rate for all, a comparison shows which points that rate suits. So a point's error at seed s is that of
the setting which is best on its *other* seeds: each point has its own setting, and choosing it does not flatter the
point.

Runs that failed and runs that are not in yet need a rule each:

- **A failure counts as worst.** Settings are ranked by failures first and by mean error second, so a setting that
  diverged for one seed is never preferred for its survivors. If the chosen setting failed at the judged seed, the point
  has no error there: that is a failure of the point, never a reason to look at another setting.
- **Settings are compared on the same seeds only.** Those are the *complete* seeds, at which every setting of the
  point has a result (a failure is one). Seeds differ, and a mean over whatever is there would compare seeds. If no
  seed is complete, the settings with the fewest results are set aside, one by one, until one is; `compared` says how
  many remained. Both rules look at which runs are in, never at their errors, so neither favours a result.
- **What is judged may be missing.** Then the point waits at that seed, though its setting is known. With one complete
  seed there is no other to choose on: the plain best at that seed has to do, flagged `single_seed`, and the others
  wait.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sweep.analysis.estimates import Sample, pooled
from sweep.analysis.order import is_number, points, shown_key, sort_key
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame, once
from sweep.statistics.cross_fit import Array, Index, Mask, best, cross_fit, judged, leave_one_out
from sweep.statistics.ends import ends

#: The values of all nuisance axes, in the order of `SweepFrame.nuisance`.
Setting = tuple[Any, ...]


@dataclass(frozen=True)
class Tuned:
    """Each point at its own setting."""

    #: One row for each point and seed: `point`, `seed`, `status` (done, failed, diverged, missing), `error` in per
    #: cent (NaN unless done), the nuisance columns of the chosen setting, `single_seed` (chosen on the seed that it
    #: is judged on, because there is no other: the error flatters).
    rows: pd.DataFrame
    #: One row for each point: `point`, the nuisance columns of its best setting over all complete seeds (blank if no
    #: run succeeded), `compared` and `settings` (how many settings were compared, and how many the space asks for),
    #: `settled` (all of them were: a point that is not is not tuned yet, and compared with nothing), `edge` (a tuple:
    #: the nuisance axes at whose smallest or largest value the best lies; told once the point is settled).
    points: pd.DataFrame
    #: By point: its error at each seed of `rows` that has one, and what those of the others would have been, settings
    #: chosen anew, without each seed in turn; differences of them share their noise.
    samples: Mapping[str, Sample] = field(default_factory=dict)


@dataclass(frozen=True)
class _Result:
    """The outcome of one run: `status` as in the frame, but 'diverged' if the error is not finite."""

    status: str
    error: float


@once
def settings(frame: SweepFrame) -> tuple[Setting, ...]:
    """List the nuisance settings that the sweep asks for, numbers by size; `((),)` if nothing is tuned."""
    names = list(frame.nuisance)
    if not names:
        return ((),)
    distinct = {_setting(run, names) for run in records(frame.runs[names])}
    return tuple(sorted(distinct, key=lambda setting: [sort_key(value) for value in setting]))


def shown_settings(frame: SweepFrame) -> tuple[Setting, ...]:
    """List the same settings in the order of display: text in the order of the space."""
    keys = [shown_key(frame, name) for name in frame.nuisance]
    return tuple(sorted(settings(frame), key=lambda setting: [key(v) for key, v in zip(keys, setting, strict=True)]))


def tune(frame: SweepFrame) -> Tuned:
    """Choose each point's nuisance setting, cross-fitted over seeds, by the rules in the module's docstring.

    Raises:
        ValueError: if two rows of `frame.runs` are the same point, setting and seed.
    """
    names = list(frame.nuisance)
    all_settings = settings(frame)
    edges = {setting: at_edges(frame.nuisance, setting) for setting in all_settings}
    # Of equally good settings one inside its list is preferred: a tie is no reason to warn of an edge.
    preference = sorted(all_settings, key=lambda setting: len(edges[setting]))
    grid = _grid(frame, preference)
    candidates, complete = _comparable(grid)
    chosen = _with_extra(cross_fit(grid.errors, complete, candidates), grid)
    overall = best(grid.errors, complete, candidates)
    values = np.full((len(grid.points), len(grid.seeds)), math.nan)
    number, enough = candidates.sum(-1), complete.sum(-1)
    rows: list[dict[str, Any]] = []
    summaries: list[dict[str, Any]] = []
    for i, point in enumerate(grid.points):
        # with a single complete seed there is no other seed to choose on
        alone = number[i] > 1 and enough[i] == 1
        for s, seed in enumerate(grid.seeds if grid.has_extra[i] else frame.seeds):
            is_judged = number[i] == 1 or (enough[i] > 0 and not (alone and not complete[i, s]))
            setting = preference[chosen[i, s]] if is_judged else None
            status = str(grid.status[i, chosen[i, s], s]) if is_judged else "missing"
            error = float(grid.errors[i, chosen[i, s], s]) if status == "done" else math.nan
            values[i, s] = error
            rows.append(
                {"point": point, "seed": seed, "status": status, "error": error}
                | _columns(names, setting)
                | {"single_seed": bool(alone and complete[i, s])}
            )
        has_result = bool(np.isfinite(grid.errors[i]).any()) and number[i] > 0
        is_settled = bool(number[i] == grid.asked[i].sum())
        own_setting = preference[overall[i]] if has_result else None
        summaries.append(
            {"point": point}
            | _columns(names, own_setting)
            | {
                "edge": edges[own_setting] if own_setting is not None and is_settled else (),
                "compared": int(number[i]),
                "settings": int(grid.asked[i].sum()),
                "settled": is_settled,
            }
        )
    table = pd.DataFrame(rows, columns=["point", "seed", "status", "error", *names, "single_seed"])
    return Tuned(
        table,
        pd.DataFrame(summaries, columns=["point", *names, "edge", "compared", "settings", "settled"]),
        _samples(values, grid, complete, candidates),
    )


@once
def shared(frame: SweepFrame) -> pd.DataFrame:
    """List every run by setting: the results of a sweep with that one setting for all points.

    Returns:
        Columns the nuisance axes, `point`, `seed`, `status`, `error` (per cent, NaN unless done), settings in the order
        of `settings`, points in the order of `points`, then seeds.
    """
    names = list(frame.nuisance)
    results = _results(frame)
    order = points(frame)["point"].tolist()
    rows = [
        _columns(names, setting) | {"point": point, "seed": seed, "status": result.status, "error": result.error}
        for setting in settings(frame)
        for point in order
        for seed in (*frame.seeds, *frame.extra_seeds)
        if (result := results[point].get((setting, seed))) is not None
    ]
    return pd.DataFrame(rows, columns=[*names, "point", "seed", "status", "error"])


def _setting(run: Mapping[Any, Any], names: Sequence[str]) -> Setting:
    return tuple(run[name] for name in names)


def _columns(names: Sequence[str], setting: Setting | None) -> dict[str, Any]:
    return dict.fromkeys(names) if setting is None else dict(zip(names, setting, strict=True))


@once
def _results(frame: SweepFrame) -> dict[str, dict[tuple[Setting, int], _Result]]:
    names = list(frame.nuisance)
    by_point: dict[str, dict[tuple[Setting, int], _Result]] = {}
    for run in records(frame.runs[["point", "seed", "status", "error", *names]]):
        key = (_setting(run, names), int(run["seed"]))
        by_run = by_point.setdefault(run["point"], {})
        if key in by_run:
            raise ValueError(f"two runs of {run['point']!r} at setting {key[0]} with seed {key[1]}")
        status, error = str(run["status"]), run["error"]
        if status != "done":
            by_run[key] = _Result(status, math.nan)
        elif math.isfinite(error):
            by_run[key] = _Result("done", float(error))
        else:
            by_run[key] = _Result("diverged", math.nan)
    return by_point


@dataclass(frozen=True)
class _Grid:
    """All results as arrays, (points, settings, seeds), settings in the order of preference."""

    points: list[str]
    #: those of all points first, then those that only baselines have
    seeds: tuple[int, ...]
    #: how many seeds all points have
    common: int
    #: (points): whether a point is to be run at the others
    has_extra: Mask
    #: done, failed, diverged or missing
    status: npt.NDArray[np.object_]
    #: NaN unless done
    errors: Array
    #: whether there is a result, including a failure
    known: Mask
    #: (points, settings): whether the space asks for a run of it
    asked: Mask


def _grid(frame: SweepFrame, preference: Sequence[Setting]) -> _Grid:
    order = points(frame)["point"].tolist()
    at_setting = {setting: k for k, setting in enumerate(preference)}
    seeds = (*frame.seeds, *frame.extra_seeds)
    at_seed = {seed: s for s, seed in enumerate(seeds)}
    shape = (len(order), max(1, len(preference)), len(seeds))
    has_extra = np.zeros(len(order), dtype=bool)
    status, errors = np.full(shape, "missing", dtype=object), np.full(shape, math.nan)
    has_result, asked = np.zeros(shape, dtype=bool), np.zeros(shape[:2], dtype=bool)
    results = _results(frame)
    for i, point in enumerate(order):
        for (setting, seed), result in results[point].items():
            k = at_setting[setting]
            asked[i, k] = True
            if seed in at_seed:
                has_extra[i] |= at_seed[seed] >= len(frame.seeds)
                at = (i, k, at_seed[seed])
                status[at], errors[at], has_result[at] = result.status, result.error, result.status != "missing"
    return _Grid(order, seeds, len(frame.seeds), has_extra, status, errors, has_result, asked)


def _comparable(grid: _Grid) -> tuple[Mask, Mask]:
    """Find each point's settings that can be compared, and the common seeds at which all of them have a result."""
    has_result = grid.known.copy()
    # a setting is chosen for a baseline as for any other point, on the same seeds
    has_result[..., grid.common :] = False
    candidates = grid.asked.copy()
    complete: Mask = np.all(has_result | ~grid.asked[..., None], axis=1)
    complete[~candidates.any(-1)] = False
    for i in np.flatnonzero(~complete.any(-1)):
        results = has_result[i].sum(-1)
        remaining = np.flatnonzero(candidates[i])
        while remaining.size and not has_result[i, remaining].all(0).any():
            fewest = results[remaining].min()
            remaining = np.delete(remaining, np.flatnonzero(results[remaining] == fewest)[-1])
        candidates[i] = np.isin(np.arange(candidates.shape[1]), remaining)
        complete[i] = has_result[i, remaining].all(0) if remaining.size else False
    return candidates, complete


def _with_extra(chosen: Index, grid: _Grid) -> Index:
    """Judge a baseline's extra seeds at the settings chosen for the common seeds, in turn.

    So each setting is chosen on as many seeds as for any other point, and never on the seed that it is judged on.
    """
    at = np.arange(len(grid.seeds))
    return chosen[:, np.where(at < grid.common, at, (at - grid.common) % grid.common)]


def _samples(values: Array, grid: _Grid, complete: Mask, candidates: Mask) -> dict[str, Sample]:
    """Collect each point's errors, and what they would have been without each common seed in turn."""
    common = grid.common
    finite = np.isfinite(values)
    tuned = candidates.sum(-1) > 1
    without = np.full((len(grid.points), common, common), math.nan)
    for seed_out, chosen in leave_one_out(grid.errors[..., :common], complete[:, :common], candidates):
        without[:, seed_out] = judged(grid.errors[..., :common], chosen)
        without[:, seed_out, seed_out] = math.nan
    order = np.argsort(grid.seeds[:common])  # those of a space may come in any order
    samples, extra = {}, {}
    for i, point in enumerate(grid.points):
        at = order[finite[i, order]]
        seeds = tuple(grid.seeds[s] for s in at)
        values_without = without[i][np.ix_(at, at)] if tuned[i] and at.size else None
        samples[point] = Sample.of(seeds, values[i, at], values_without)
        extra[point] = {grid.seeds[s]: float(values[i, s]) for s in np.flatnonzero(finite[i, common:]) + common}
    return pooled(samples, extra)


def at_edges(nuisance: Mapping[str, Sequence[Any]], setting: Sequence[Any]) -> tuple[str, ...]:
    """Name the nuisance axes of numbers at an end of whose list the setting lies; 0 is no end."""
    return tuple(
        name
        for (name, values), value in zip(nuisance.items(), setting, strict=True)
        if is_number(value) and float(value) in ends(values)
    )
