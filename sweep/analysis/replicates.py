"""Each point over its seeds: its mean, its spread, and its paired difference to the baseline."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, estimate, estimate_error, pooled, precision_of, read, write
from sweep.analysis.nuisance import Setting, Tuned, shared
from sweep.analysis.order import COSTS, points
from sweep.analysis.pooled import common_precision
from sweep.analysis.ranked import Comparable
from sweep.analysis.records import records
from sweep.analysis.shrunk import NOTHING, Array, Shrunk, drawn
from sweep.analysis.significance import holm, p_value, seeds_to_resolve
from sweep.analysis.sweep_frame import SweepFrame, once
from sweep.statistics.power import shown
from sweep.statistics.simultaneous import half_widths

__all__ = ["Counts", "Estimate", "count", "estimate", "samples", "table"]


def samples(rows: pd.DataFrame) -> dict[str, Sample]:
    """Collect errors by point, without NaN, from rows with `point`, `seed`, `error` for which no setting was chosen."""
    by_point: dict[str, dict[int, float]] = {}
    ordered = rows[["point", "seed", "error"]].sort_values("seed")
    for point, seed, error in ordered.itertuples(index=False, name=None):
        errors_by_seed = by_point.setdefault(point, {})
        if math.isfinite(error):
            errors_by_seed[int(seed)] = float(error)
    return {point: Sample(values) for point, values in by_point.items()}


@once
def shared_samples(frame: SweepFrame) -> dict[Setting, dict[str, Sample]]:
    """Collect errors by point at each shared setting, as `samples` does; their noise is pooled by setting."""
    runs, names = shared(frame), list(frame.nuisance)
    keys = runs[names].itertuples(index=False, name=None) if names else repeat((), len(runs))
    rows: dict[Setting, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(tuple(key), []).append(row)
    by_setting = {}
    for setting, at in rows.items():
        rows_at_setting = runs.iloc[at]
        extra = rows_at_setting["seed"].isin(frame.extra_seeds)
        extra_errors = (
            {point: sample.values for point, sample in samples(rows_at_setting[extra]).items()} if extra.any() else {}
        )
        by_setting[setting] = pooled(samples(rows_at_setting[~extra]), extra_errors)
    return by_setting


def table(frame: SweepFrame, tuned: Tuned, shrunk: Mapping[str, Array] | None = None) -> pd.DataFrame:
    """Tabulate the points, one row each, in the order of `order.points`.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.
        shrunk: `shrunk.drawn` of the same; drawn if None.

    Returns:
        `point`, the axes, `params`, `flops` (multiply-adds per sample), `activations`, `training_flops` if
        the frame has it; `seconds` (mean of a run);
        `mean`, `sd`, `low`, `high` (95 % interval) of the tuned error in per cent over `n` seeds and, of a baseline,
        `n_extra` seeds that other points do not have; beside `n_failed` and `n_missing` of all of these,
        `single_seed`, and `at_chance` (no better than guessing); the nuisance columns, `edge`,
        `compared`, `settings`, `settled` as in `Tuned.points`; the point's `runs`, `runs_done`, `runs_failed` (and
        diverged), `runs_missing`; `shrunk`, `shrunk_low`, `shrunk_high`, the expected error drawn toward those of the
        other points (`sweep.statistics.hierarchy`), NaN where not settled or at chance; `baseline` and `diff_n`,
        `diff_mean`, `diff_sd`, `diff_low`, `diff_high`, the paired difference to it in points of error, over `diff_n`
        seeds and `diff_extra` more of the baseline; `diff_error` and `diff_freedom`, its standard error from the noise
        of all points and that one's degrees of freedom; `diff_common_error`, that over the common seeds alone;
        `diff_all_low`, `diff_all_high`, intervals that hold for all points together in 95 % of sweeps; `diff_p`, its
        p-value by Student's t, and `diff_p_holm`, that corrected for all points; `diff_resolves`, the difference that
        so many seeds would tell from zero in 80 % of sweeps, and `diff_seeds`, the seeds that would do so for one of
        the size seen; `diff_shrunk`, `diff_shrunk_low`, `diff_shrunk_high`, the difference of shrunk errors. All NaN
        without a baseline, where one of the two is not settled, and where both are at chance.
    """
    states = _counts(tuned.rows)
    runs = _counts(shared(frame))
    seconds = frame.runs.groupby("point")["seconds"].mean().to_dict()
    comparable = Comparable.of(frame, tuned)
    flattered = set(tuned.rows.loc[tuned.rows["single_seed"].astype(bool), "point"])
    rows: list[dict[str, Any]] = []
    for point in records(points(frame)):
        label, baseline = point["point"], point.pop("baseline")
        against = "" if baseline == label or baseline not in tuned.samples else baseline
        fair = comparable(label, against)
        rows.append(
            {str(name): value for name, value in point.items()}
            | {"seconds": seconds[label]}
            | write(mean := estimate_error(tuned.samples[label], frame.metric))
            | {"n_extra": mean.extra}
            | {"n_failed": states[label].lost, "n_missing": states[label].missing}
            | {"single_seed": label in flattered, "at_chance": label in comparable.guessing}
            | {"runs": runs[label].total, "runs_done": runs[label].done}
            | {"runs_failed": runs[label].lost, "runs_missing": runs[label].missing}
            | {"baseline": against}
            | _difference(tuned.samples[label] - tuned.samples[against] if fair else Sample({}))
        )
    _judge_together(rows, tuned)
    _shrink(rows, drawn(frame, tuned) if shrunk is None else shrunk)
    costs = [cost for cost in COSTS if cost in frame.runs]
    columns = ["point", *frame.axes, *costs, "seconds", "n", "mean", "sd", "low", "high"]
    columns += ["n_extra", "n_failed", "n_missing", "single_seed", "at_chance"]
    columns += ["runs", "runs_done", "runs_failed", "runs_missing"]
    columns += ["shrunk", "shrunk_low", "shrunk_high", "baseline", "diff_n", "diff_mean", "diff_sd", "diff_low"]
    columns += [
        "diff_high",
        "diff_extra",
        "diff_error",
        "diff_common_error",
        "diff_freedom",
        "diff_all_low",
        "diff_all_high",
        "diff_p",
        "diff_p_holm",
    ]
    columns += ["diff_resolves", "diff_seeds", "diff_shrunk", "diff_shrunk_low", "diff_shrunk_high"]
    return pd.DataFrame(rows, columns=columns).merge(tuned.points, on="point", how="left")


def difference(row: Mapping[Any, Any]) -> Estimate:
    """Read the paired difference to the baseline from a row of the table of points."""
    return read(row, "diff_")


def together(row: Mapping[Any, Any]) -> Estimate:
    """Read the difference with the interval that holds for all points together."""
    return replace(difference(row), low=row["diff_all_low"], high=row["diff_all_high"])


def _difference(sample: Sample) -> dict[str, Any]:
    """Lay out a paired difference with its standard error and p-value."""
    difference = estimate(sample)
    error, freedom = precision_of(sample)
    return write(difference, "diff_") | {
        "diff_extra": difference.extra,
        "diff_error": error,
        "diff_common_error": common_precision(sample.parts, difference.n) if difference.extra else error,
        "diff_freedom": freedom,
        "diff_p": p_value(difference.mean, error, freedom),
        "diff_resolves": float(shown(error, freedom)),
    }


def _judge_together(rows: Sequence[dict[str, Any]], tuned: Tuned) -> None:
    """Add the corrected p-values and joint intervals of all differences to rows."""
    for row, p in zip(rows, holm([row["diff_p"] for row in rows]), strict=True):
        row |= {"diff_p_holm": p, "diff_all_low": math.nan, "diff_all_high": math.nan}
    for row, n in zip(rows, seeds_to_resolve(rows, [row["diff_mean"] for row in rows]), strict=True):
        row["diff_seeds"] = n
    with_noise = [row for row in rows if math.isfinite(row["diff_error"])]
    pools = {pool for row in with_noise for pool in tuned.samples[row["point"]].parts}
    if len(pools) == 1:
        pool = pools.pop()
        point, baseline = (np.array([pool.position[row[name]] for row in with_noise]) for name in ("point", "baseline"))
        halves = half_widths(pool.noise, point, baseline, np.array([row["diff_n"] for row in with_noise], dtype=float))
        for row, half in zip(with_noise, halves.tolist(), strict=True):
            row |= {"diff_all_low": row["diff_mean"] - half, "diff_all_high": row["diff_mean"] + half}


def _shrink(rows: Sequence[dict[str, Any]], shrunk: Mapping[str, Array]) -> None:
    """Add to rows the errors, and differences to baselines, that are drawn toward those of the other points."""
    for row in rows:
        drawn, baseline_drawn = shrunk.get(row["point"]), shrunk.get(row["baseline"])
        difference = (
            NOTHING
            if drawn is None or baseline_drawn is None or not row["diff_n"]
            else Shrunk.of(drawn - baseline_drawn)
        )
        for name, summary in (("shrunk", NOTHING if drawn is None else Shrunk.of(drawn)), ("diff_shrunk", difference)):
            row |= {name: summary.mean, f"{name}_low": summary.low, f"{name}_high": summary.high}


@dataclass(frozen=True)
class Counts:
    """How many runs are in which state."""

    total: int
    done: int
    #: failed or diverged
    lost: int
    diverged: int
    missing: int


def count(statuses: Sequence[str]) -> Counts:
    """Count the states of runs."""
    diverged = statuses.count("diverged")
    lost = statuses.count("failed") + diverged
    return Counts(len(statuses), statuses.count("done"), lost, diverged, statuses.count("missing"))


def _counts(rows: pd.DataFrame) -> dict[str, Counts]:
    by_point: dict[str, list[str]] = {}
    for point, status in zip(rows["point"].tolist(), rows["status"].tolist(), strict=True):
        by_point.setdefault(point, []).append(status)
    return {point: count(statuses) for point, statuses in by_point.items()}
