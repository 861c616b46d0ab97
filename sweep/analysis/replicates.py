"""What a point's seeds say together: its mean, its spread, and its paired difference to the baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, estimate, write
from sweep.analysis.nuisance import Setting, Tuned, shared
from sweep.analysis.order import COSTS, points
from sweep.analysis.ranked import at_chance
from sweep.analysis.records import records
from sweep.analysis.significance import holm, least_p, resolved, seeds_to_resolve, sign_flip_p
from sweep.analysis.sweep_frame import SweepFrame, once

__all__ = ["Counts", "Estimate", "count", "estimate", "samples", "table"]


def samples(rows: pd.DataFrame) -> dict[str, Sample]:
    """Collect errors by point, NaN left out, from rows with `point`, `seed`, `error` for which nothing was chosen."""
    found: dict[str, dict[int, float]] = {}
    ordered = rows[["point", "seed", "error"]].sort_values("seed")
    for point, seed, error in ordered.itertuples(index=False, name=None):
        mine = found.setdefault(point, {})
        if math.isfinite(error):
            mine[int(seed)] = float(error)
    return {point: Sample(values) for point, values in found.items()}


@once
def shared_samples(frame: SweepFrame) -> dict[Setting, dict[str, Sample]]:
    """Collect errors by point at each shared setting, as `samples` does."""
    runs, names = shared(frame), list(frame.nuisance)
    keys = runs[names].itertuples(index=False, name=None) if names else repeat((), len(runs))
    rows: dict[Setting, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(tuple(key), []).append(row)
    return {setting: samples(runs.iloc[at]) for setting, at in rows.items()}


def table(frame: SweepFrame, tuned: Tuned) -> pd.DataFrame:
    """Tell all there is to say of each point, one row each, in the order of `order.points`.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        `point`, the axes, `params`, `flops` (multiply-adds per sample), `activations`, `training_flops` if
        the frame has it; `seconds` (mean of a run);
        `mean`, `sd`, `low`, `high` (95 % interval) of the tuned error in per cent over `n` seeds, beside `n_failed`
        and `n_missing` seeds, `single_seed`, and `at_chance` (no better than guessing); the nuisance columns, `edge`,
        `compared`, `settings`, `settled` as in `Tuned.points`; the point's `runs`, `runs_done`, `runs_failed` (and
        diverged), `runs_missing`; `baseline` and `diff_n`, `diff_mean`, `diff_sd`, `diff_low`, `diff_high`, the paired
        difference to it in points of error; `diff_p`, its sign-flip p-value, `diff_p_least`, the smallest that so many
        seeds can reach, `diff_p_holm`, that corrected for all points; `diff_resolves`, the difference that so many
        seeds would tell from zero in 80 % of sweeps, and `diff_seeds`, the seeds that would do so for one of the size
        seen. All NaN without a baseline, where one of the two is not settled, and where both are at chance.
    """
    states = _counts(tuned.rows)
    runs = _counts(shared(frame))
    seconds = frame.runs.groupby("point")["seconds"].mean().to_dict()
    settled = set(tuned.points.loc[tuned.points["settled"].astype(bool), "point"])
    guessing = at_chance(frame, tuned)
    flattered = set(tuned.rows.loc[tuned.rows["single_seed"].astype(bool), "point"])
    rows: list[dict[str, Any]] = []
    for point in records(points(frame)):
        label, baseline = point["point"], point.pop("baseline")
        against = "" if baseline == label or baseline not in tuned.samples else baseline
        fair = against in settled and label in settled and not {against, label} <= guessing
        rows.append(
            {str(name): value for name, value in point.items()}
            | {"seconds": seconds[label]}
            | write(estimate(tuned.samples[label]))
            | {"n_failed": states[label].lost, "n_missing": states[label].missing}
            | {"single_seed": label in flattered, "at_chance": label in guessing}
            | {"runs": runs[label].total, "runs_done": runs[label].done}
            | {"runs_failed": runs[label].lost, "runs_missing": runs[label].missing}
            | {"baseline": against}
            | _difference(tuned.samples[label] - tuned.samples[against] if fair else Sample({}))
        )
    for row, p in zip(rows, holm([row["diff_p"] for row in rows]), strict=True):
        row["diff_p_holm"] = p
    costs = [cost for cost in COSTS if cost in frame.runs]
    columns = ["point", *frame.axes, *costs, "seconds", "n", "mean", "sd", "low", "high"]
    columns += ["n_failed", "n_missing", "single_seed", "at_chance", "runs", "runs_done", "runs_failed", "runs_missing"]
    columns += ["baseline", "diff_n", "diff_mean", "diff_sd", "diff_low", "diff_high"]
    columns += ["diff_p", "diff_p_least", "diff_p_holm", "diff_resolves", "diff_seeds"]
    return pd.DataFrame(rows, columns=columns).merge(tuned.points, on="point", how="left")


def _difference(found: Sample) -> dict[str, Any]:
    """Tell a paired difference, and how surely it is one."""
    told = estimate(found)
    return write(told, "diff_") | {
        "diff_p": sign_flip_p(found),
        "diff_p_least": least_p(told.n),
        "diff_resolves": resolved(told),
        "diff_seeds": seeds_to_resolve(told, told.mean),
    }


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
    found: dict[str, list[str]] = {}
    for point, status in zip(rows["point"].tolist(), rows["status"].tolist(), strict=True):
        found.setdefault(point, []).append(status)
    return {point: count(statuses) for point, statuses in found.items()}
