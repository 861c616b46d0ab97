"""What a point's seeds say together: its mean, its spread, and its paired difference to the baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import pandas as pd
from scipy import stats

from sweep.analysis.nuisance import Tuned, shared
from sweep.analysis.order import points
from sweep.analysis.sweep_frame import SweepFrame


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % t-interval; what n is too small for is NaN.

    The interval is about seeds alone: all points share one validation set, whose own luck it does not cover. Where
    all n values are equal there is no interval: no spread seen is not the same as none.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float

    @property
    def equal(self) -> bool:
        """Whether there is no interval because all values are equal."""
        return self.n > 1 and not math.isfinite(self.low)

    @property
    def clear(self) -> bool:
        """Whether the interval exists and excludes zero."""
        return self.low > 0 or self.high < 0


def estimate(values: Sequence[float]) -> Estimate:
    """Summarise values of independent seeds.

    Args:
        values: finite numbers, one a seed, in any order.

    Returns:
        Mean, sample standard deviation (n - 1) and 95 % interval by Student's t.
    """
    n = len(values)
    if n == 0:
        return Estimate(0, math.nan, math.nan, math.nan, math.nan)
    mean = fmean(values)
    if n == 1:
        return Estimate(1, mean, math.nan, math.nan, math.nan)
    sd = stdev(values)
    if sd <= 1e-12 * abs(mean):  # equal but for rounding
        return Estimate(n, mean, 0.0, math.nan, math.nan)
    half = float(stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n)
    return Estimate(n, mean, sd, mean - half, mean + half)


def errors_by_seed(rows: pd.DataFrame) -> dict[str, dict[int, float]]:
    """Look errors up by point and seed, from rows with `point`, `seed`, `error`; a NaN is left out."""
    found: dict[str, dict[int, float]] = {}
    for row in rows[["point", "seed", "error"]].sort_values("seed").to_dict("records"):
        mine = found.setdefault(row["point"], {})
        if math.isfinite(row["error"]):
            mine[int(row["seed"])] = float(row["error"])
    return found


def paired(first: dict[int, float], second: dict[int, float]) -> Estimate:
    """Estimate first minus second over the seeds that both have."""
    return estimate([error - second[seed] for seed, error in sorted(first.items()) if seed in second])


def table(frame: SweepFrame, tuned: Tuned) -> pd.DataFrame:
    """Tell all there is to say of each point, one row each, in the order of `order.points`.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.

    Returns:
        `point`, the axes, `params`, `flops` (multiply-adds per sample), `activations`; `seconds` (mean of a run);
        `mean`, `sd`, `low`, `high` (95 % interval) of the tuned error in per cent over `n` seeds, beside `n_failed`
        and `n_missing` seeds, and `single_seed`; the nuisance columns, `edge`, `compared`, `settings`, `settled` as in
        `Tuned.points`; the point's `runs`, `runs_done`, `runs_failed` (and diverged), `runs_missing`; `baseline` and
        `diff_n`, `diff_mean`, `diff_sd`, `diff_low`, `diff_high`, the paired difference to it in points of error, NaN
        without a baseline, and where one of the two is not settled.
    """
    errors = errors_by_seed(tuned.rows)
    states = _counts(tuned.rows)
    runs = _counts(shared(frame))
    seconds = frame.runs.groupby("point")["seconds"].mean().to_dict()
    settled = set(tuned.points.loc[tuned.points["settled"].astype(bool), "point"])
    flattered = set(tuned.rows.loc[tuned.rows["single_seed"].astype(bool), "point"])
    rows: list[dict[str, Any]] = []
    for point in points(frame).to_dict("records"):
        label, baseline = point["point"], point.pop("baseline")
        mine = estimate(list(errors[label].values()))
        against = "" if baseline == label or baseline not in errors else baseline
        fair = against in settled and label in settled
        difference = paired(errors[label], errors[against]) if fair else estimate([])
        rows.append(
            {str(name): value for name, value in point.items()}
            | {"seconds": seconds[label]}
            | {"n": mine.n, "mean": mine.mean, "sd": mine.sd, "low": mine.low, "high": mine.high}
            | {"n_failed": states[label].lost, "n_missing": states[label].missing}
            | {"single_seed": label in flattered}
            | {"runs": runs[label].total, "runs_done": runs[label].done}
            | {"runs_failed": runs[label].lost, "runs_missing": runs[label].missing}
            | {"baseline": against, "diff_n": difference.n, "diff_mean": difference.mean}
            | {"diff_sd": difference.sd, "diff_low": difference.low, "diff_high": difference.high}
        )
    columns = [
        "point",
        *frame.axes,
        "params",
        "flops",
        "activations",
        "seconds",
        "n",
        "mean",
        "sd",
        "low",
        "high",
    ]
    columns += ["n_failed", "n_missing", "single_seed", "runs", "runs_done", "runs_failed", "runs_missing"]
    columns += ["baseline", "diff_n", "diff_mean", "diff_sd", "diff_low", "diff_high"]
    return pd.DataFrame(rows, columns=columns).merge(tuned.points, on="point", how="left")


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
