"""The nuisance setting that each point is judged at, chosen on other seeds than the one it is judged on.

With one learning rate for all, a comparison shows whom that rate suits. So a point's error at seed s is that of the
setting which is best on its *other* seeds: each point has its own setting, and choosing it does not flatter the point.

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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pandas as pd

from sweep.analysis.order import is_number, points, sort_key
from sweep.analysis.sweep_frame import SweepFrame

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


@dataclass(frozen=True)
class _Result:
    """What one run came to: `status` as in the frame, with an error that is no number counted as diverged."""

    status: str
    error: float

    @property
    def known(self) -> bool:
        return self.status != "missing"


_MISSING = _Result("missing", math.nan)
#: The results of one point.
_Results = Mapping[tuple[Setting, int], _Result]


def settings(frame: SweepFrame) -> tuple[Setting, ...]:
    """List the nuisance settings that the sweep asks for, numbers by size; `((),)` if nothing is tuned."""
    names = list(frame.nuisance)
    if not names:
        return ((),)
    found = {_setting(run, names) for run in frame.runs[names].to_dict("records")}
    return tuple(sorted(found, key=lambda setting: [sort_key(value) for value in setting]))


def tune(frame: SweepFrame) -> Tuned:
    """Choose each point's nuisance setting, cross-fitted over seeds; the module says by which rules.

    Raises:
        ValueError: if two rows of `frame.runs` are the same point, setting and seed.
    """
    names = list(frame.nuisance)
    known = settings(frame)
    edges = {setting: _edges(frame, setting) for setting in known}
    # Of equally good settings one inside its list is preferred: a tie is no reason to warn of an edge.
    preference = sorted(known, key=lambda setting: len(edges[setting]))
    results = _results(frame)
    rows: list[dict[str, Any]] = []
    summaries: list[dict[str, Any]] = []
    for point in points(frame)["point"].tolist():
        mine = results[point]
        asked = [setting for setting in preference if any(key[0] == setting for key in mine)]
        candidates, complete = _comparable(mine, asked, frame.seeds)
        choices = _cross_fit(mine, candidates, complete, frame.seeds)
        for seed in frame.seeds:
            chosen, single = choices[seed]
            result = _MISSING if chosen is None else mine.get((chosen, seed), _MISSING)
            rows.append(
                {"point": point, "seed": seed, "status": result.status, "error": result.error}
                | _columns(names, chosen)
                | {"single_seed": single}
            )
        some = any(result.status == "done" for result in mine.values())
        best = _best(mine, candidates, complete) if some else None
        whole = len(candidates) == len(asked)
        summaries.append(
            {"point": point}
            | _columns(names, best)
            | {
                "edge": edges[best] if best is not None and whole else (),
                "compared": len(candidates),
                "settings": len(asked),
                "settled": whole,
            }
        )
    return Tuned(
        pd.DataFrame(rows, columns=["point", "seed", "status", "error", *names, "single_seed"]),
        pd.DataFrame(summaries, columns=["point", *names, "edge", "compared", "settings", "settled"]),
    )


def shared(frame: SweepFrame) -> pd.DataFrame:
    """List every run by setting: what a sweep with that one setting for all points would have shown.

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
        for seed in frame.seeds
        if (result := results[point].get((setting, seed))) is not None
    ]
    return pd.DataFrame(rows, columns=[*names, "point", "seed", "status", "error"])


def _setting(run: Mapping[Any, Any], names: Sequence[str]) -> Setting:
    return tuple(run[name] for name in names)


def _columns(names: Sequence[str], setting: Setting | None) -> dict[str, Any]:
    return dict.fromkeys(names) if setting is None else dict(zip(names, setting, strict=True))


def _results(frame: SweepFrame) -> dict[str, dict[tuple[Setting, int], _Result]]:
    names = list(frame.nuisance)
    found: dict[str, dict[tuple[Setting, int], _Result]] = {}
    for run in frame.runs[["point", "seed", "status", "error", *names]].to_dict("records"):
        key = (_setting(run, names), int(run["seed"]))
        mine = found.setdefault(run["point"], {})
        if key in mine:
            raise ValueError(f"two runs of {run['point']!r} at setting {key[0]} with seed {key[1]}")
        status, error = str(run["status"]), run["error"]
        if status != "done":
            mine[key] = _Result(status, math.nan)
        elif math.isfinite(error):
            mine[key] = _Result("done", float(error))
        else:
            mine[key] = _Result("diverged", math.nan)
    return found


def _comparable(mine: _Results, asked: Sequence[Setting], seeds: Sequence[int]) -> tuple[list[Setting], list[int]]:
    """Find the settings that can be compared, and the seeds at which all of them have a result."""
    candidates = list(asked)
    has = {setting: {seed for seed in seeds if mine.get((setting, seed), _MISSING).known} for setting in asked}
    while candidates:
        complete = [seed for seed in seeds if all(seed in has[setting] for setting in candidates)]
        if complete:
            return candidates, complete
        fewest = min(len(has[setting]) for setting in candidates)
        last = max(i for i, setting in enumerate(candidates) if len(has[setting]) == fewest)
        del candidates[last]
    return [], []


def _best(mine: _Results, candidates: Sequence[Setting], seeds: Collection[int]) -> Setting | None:
    """Find the best setting on these seeds: fewest failures, then lowest mean error, then the first."""
    if not seeds:
        return None

    def badness(setting: Setting) -> tuple[int, float]:
        errors = [result.error for seed in seeds if (result := mine[setting, seed]).status == "done"]
        # Rounded, so that the order of summation decides no tie.
        return len(seeds) - len(errors), round(fmean(errors), 9) if errors else math.inf

    return min(candidates, key=badness, default=None)


def _cross_fit(
    mine: _Results, candidates: Sequence[Setting], complete: Sequence[int], seeds: Sequence[int]
) -> dict[int, tuple[Setting | None, bool]]:
    """Choose a setting for each seed on the others; the flag is set where it had to be chosen on the seed itself."""
    if len(candidates) == 1:  # nothing to choose
        return dict.fromkeys(seeds, (candidates[0], False))
    if len(complete) == 1:  # no other seed to choose on, so the plain best has to do, and says so
        return {seed: (_best(mine, candidates, set(complete) & {seed}), seed in complete) for seed in seeds}
    return {seed: (_best(mine, candidates, [other for other in complete if other != seed]), False) for seed in seeds}


def _edges(frame: SweepFrame, setting: Setting) -> tuple[str, ...]:
    """Name the nuisance axes of numbers at whose smallest or largest value the setting lies."""
    found = []
    for (name, values), value in zip(frame.nuisance.items(), setting, strict=True):
        numbers = sorted({float(v) for v in values if is_number(v)})
        if len(numbers) > 1 and is_number(value) and not numbers[0] < float(value) < numbers[-1]:
            found.append(name)
    return tuple(found)
