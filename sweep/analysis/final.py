"""What a last look at the test split says of each point: judged where validation chose, never chosen by what is seen.

A point's test error at seed s is that of the network that its validation error at seed s is of: trained at the setting
which is best, on validation images, on the other seeds.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Sample, estimate, estimate_error, pooled, write
from sweep.analysis.nuisance import Tuned, tune
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame

#: By point: seed -> key of the run that stands for the point there.
Picks = Mapping[str, Mapping[int, str]]


def judged_runs(frame: SweepFrame) -> set[str]:
    """Name the runs that have to be judged on the test split, by key.

    They are those that stand for a point at some seed, and those that would if another seed had never been run, which
    the intervals ask for (`sweep.analysis.estimates`).
    """
    tuned = tune(frame)
    picks = [_picks(frame, tuned), *_without(frame, tuned).values()]
    return {key for one in picks for mine in one.values() for key in mine.values()}


def final_table(frame: SweepFrame, table: pd.DataFrame, tuned: Tuned) -> pd.DataFrame:
    """Tell what the test split says of each point, beside what validation said.

    Args:
        frame: the sweep, with `final`.
        table: the table of points, as `Study.table`.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        A row a point, in the order of `table`: `point`, `family` if there is such an axis, `settled`, `n_failed`,
        `validation_*` and `test_*` (`n`, `mean`, `sd`, `low`, `high` of the error in per cent, over the seeds that each
        has), `gap_*` (test less validation, paired by seed), `baseline`, and `diff_*`, the paired difference of test
        errors to it.
    """
    assert frame.final is not None
    errors = {key: error for key, error in frame.final.errors.items() if error == error}
    every, without = _picks(frame, tuned), _without(frame, tuned)
    whole, extra = (
        {point: {seed: key for seed, key in mine.items() if seed in seeds} for point, mine in every.items()}
        for seeds in (frame.seeds, frame.extra_seeds)
    )
    many = set(tuned.points.loc[tuned.points["settings"] > 1, "point"])
    test = pooled(
        {
            point: Sample(
                _judged(mine, errors),
                {seed: _judged(picks.get(point, {}), errors) for seed, picks in without.items() if seed in mine}
                if point in many
                else {},
            )
            for point, mine in whole.items()
        },
        {point: _judged(mine, errors) for point, mine in extra.items()},
    )
    rows: list[dict[str, Any]] = []
    settled = {row["point"] for row in records(table) if row["settled"]}
    for row in records(table):
        point, against = row["point"], row["baseline"]
        mine = test.get(point, Sample({}))
        fair = against in test and {point, against} <= settled
        rows.append(
            {name: row[name] for name in ("point", "family", "settled", "n_failed", "baseline") if name in row}
            | write(estimate_error(tuned.samples[point]), "validation_")
            | write(estimate_error(mine), "test_")
            | write(estimate(mine - tuned.samples[point]), "gap_")
            | write(estimate(mine - test[against] if fair else Sample({})), "diff_")
        )
    return pd.DataFrame(rows)


def _judged(picks: Mapping[int, str], errors: Mapping[str, float]) -> dict[int, float]:
    return {seed: errors[key] for seed, key in picks.items() if key in errors}


def _without(frame: SweepFrame, tuned: Tuned) -> dict[int, Picks]:
    """What would stand for each point if a seed had never been run, by the seed; nothing where nothing is tuned."""
    if len(frame.seeds) < 2 or not (tuned.points["settings"] > 1).any():
        return {}
    found: dict[int, Picks] = {}
    for left in frame.seeds:
        rest = replace(
            frame,
            runs=frame.runs[frame.runs["seed"] != left],
            seeds=tuple(seed for seed in frame.seeds if seed != left),
        )
        found[left] = _picks(rest, tune(rest))
    return found


def _picks(frame: SweepFrame, tuned: Tuned) -> dict[str, dict[int, str]]:
    """Find the run that stands for each point at each seed, where there is one that is done."""
    names = list(frame.nuisance)
    columns = ["point", "seed", *names]
    chosen = tuned.rows.loc[tuned.rows["status"] == "done", columns]
    keys = dict(zip(frame.runs[columns].itertuples(index=False, name=None), frame.runs["key"], strict=True))
    found: dict[str, dict[int, str]] = {point: {} for point in tuned.points["point"]}
    for point, seed, *setting in chosen.itertuples(index=False, name=None):
        found[point][int(seed)] = keys[(point, seed, *setting)]
    return found
