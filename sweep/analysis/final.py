"""Test errors of each point: on the test split, at the settings that validation chose.

A point's test error at seed s is that of the same network as its validation error at seed s. That network was trained
at the setting with the lowest validation error on the other seeds.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Sample, estimate, estimate_error, pooled, write
from sweep.analysis.nuisance import Tuned, tune
from sweep.analysis.records import records
from sweep.analysis.sweep_frame import SweepFrame

#: By point: seed -> key of the run at the chosen setting.
Picks = Mapping[str, Mapping[int, str]]


def judged_runs(frame: SweepFrame) -> set[str]:
    """Name the runs that have to be judged on the test split, by key.

    They are the chosen run of each point and seed, and the runs that would be chosen without one of the other seeds:
    intervals need the latter (`sweep.analysis.estimates`).
    """
    tuned = tune(frame)
    picks = [_picks(frame, tuned), *_without(frame, tuned).values()]
    return {key for picks_of_points in picks for keys in picks_of_points.values() for key in keys.values()}


def final_table(frame: SweepFrame, table: pd.DataFrame, tuned: Tuned) -> pd.DataFrame:
    """Tabulate the test error of each point beside its validation error.

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
    all_picks, without = _picks(frame, tuned), _without(frame, tuned)
    common_picks, extra = (
        {point: {seed: key for seed, key in keys.items() if seed in seeds} for point, keys in all_picks.items()}
        for seeds in (frame.seeds, frame.extra_seeds)
    )
    tuned_points = set(tuned.points.loc[tuned.points["settings"] > 1, "point"])
    test = pooled(
        {
            point: Sample(
                _judged(keys, errors),
                {seed: _judged(picks.get(point, {}), errors) for seed, picks in without.items() if seed in keys}
                if point in tuned_points
                else {},
            )
            for point, keys in common_picks.items()
        },
        {point: _judged(keys, errors) for point, keys in extra.items()},
    )
    rows: list[dict[str, Any]] = []
    settled = {row["point"] for row in records(table) if row["settled"]}
    for row in records(table):
        point, baseline = row["point"], row["baseline"]
        test_errors = test.get(point, Sample({}))
        fair = baseline in test and {point, baseline} <= settled
        rows.append(
            {name: row[name] for name in ("point", "family", "settled", "n_failed", "baseline") if name in row}
            | write(estimate_error(tuned.samples[point]), "validation_")
            | write(estimate_error(test_errors), "test_")
            | write(estimate(test_errors - tuned.samples[point]), "gap_")
            | write(estimate(test_errors - test[baseline] if fair else Sample({})), "diff_")
        )
    return pd.DataFrame(rows)


def _judged(picks: Mapping[int, str], errors: Mapping[str, float]) -> dict[int, float]:
    return {seed: errors[key] for seed, key in picks.items() if key in errors}


def _without(frame: SweepFrame, tuned: Tuned) -> dict[int, Picks]:
    """By each seed, the runs that would be chosen without that seed; empty where nothing is tuned."""
    if len(frame.seeds) < 2 or not (tuned.points["settings"] > 1).any():
        return {}
    picks: dict[int, Picks] = {}
    for seed_out in frame.seeds:
        remaining = replace(
            frame,
            runs=frame.runs[frame.runs["seed"] != seed_out],
            seeds=tuple(seed for seed in frame.seeds if seed != seed_out),
        )
        picks[seed_out] = _picks(remaining, tune(remaining))
    return picks


def _picks(frame: SweepFrame, tuned: Tuned) -> dict[str, dict[int, str]]:
    """Find the finished run at each point's chosen setting, by seed."""
    names = list(frame.nuisance)
    columns = ["point", "seed", *names]
    chosen = tuned.rows.loc[tuned.rows["status"] == "done", columns]
    keys = dict(zip(frame.runs[columns].itertuples(index=False, name=None), frame.runs["key"], strict=True))
    picks: dict[str, dict[int, str]] = {point: {} for point in tuned.points["point"]}
    for point, seed, *setting in chosen.itertuples(index=False, name=None):
        picks[point][int(seed)] = keys[(point, seed, *setting)]
    return picks
