"""What a ledger holds as data frames: points, differences to the baseline, learning curves."""

import math

import pandas as pd

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame, all_runs, tell_apart
from sweep.engine.ledger import Ledger
from sweep.ledger_frame import frame
from sweep.report.page.folder import named_for_files, plain_points

#: Column of `differences` -> the column of the table of points that it is.
_DIFFERENCES = {
    "difference": "diff_mean",
    "low": "diff_low",
    "high": "diff_high",
    "all_low": "diff_all_low",
    "all_high": "diff_all_high",
    "seeds": "diff_n",
    "seeds_of_baseline": "diff_extra",
    "p": "diff_p",
    "p_holm": "diff_p_holm",
    "shrunk": "diff_shrunk",
    "shrunk_low": "diff_shrunk_low",
    "shrunk_high": "diff_shrunk_high",
    "seeds_needed": "diff_seeds",
}


def points(ledger: Ledger) -> pd.DataFrame:
    """A row a point, each at its own best setting: what the report's points.csv has.

    Columns, among others: `point`, the axes, `params`, `flops` (multiply-adds per sample), `n` seeds, `mean` error in
    per cent with its 95 % interval `low` to `high`, `n_failed`, `n_missing`, the chosen nuisance setting, `shrunk` with
    `shrunk_low` and `shrunk_high`, `front_flops` and `front_params`, and `diff_...` as `differences` has them.
    """
    return named_for_files(plain_points(Study(frame(ledger, kernels=False)).table))


def differences(ledger: Ledger) -> pd.DataFrame:
    """A row a point that has a baseline: the paired difference of its error to the baseline's, in percentage points.

    Columns: `point`, `baseline`, `difference` (negative: less error than the baseline), its 95 % interval `low` to
    `high`, `all_low` to `all_high` (an interval that holds for all rows together), `seeds` that both have,
    `seeds_of_baseline` that it has beside these, `p` and `p_holm`, `shrunk` with its interval (drawn toward the others
    by as much as noise explains), and `seeds_needed` to tell a difference of this size from zero. Without a baseline
    there are no rows.
    """
    table = Study(frame(ledger, kernels=False)).table
    if "baseline" in table:
        table = table[(table["baseline"] != "") & (table["baseline"] != table["point"])]
    columns = {name: table.get(column, math.nan) for name, column in _DIFFERENCES.items()}
    return table.reindex(columns=["point", "baseline"]).assign(**columns).reset_index(drop=True)


def curves(ledger: Ledger) -> pd.DataFrame:
    """A row an epoch of each run that is in: its training loss, the mean over the epoch.

    Columns: `key` of the run, `point`, the axes, the nuisance setting, `epochs` where runs are of several lengths,
    `seed`, `status` of the run, `epoch` from 1, `loss` (NaN where it diverged). Of a search all that it explored.
    """
    return named_for_files(curves_of(frame(ledger, kernels=False), ledger))


def curves_of(sweep: SweepFrame, ledger: Ledger) -> pd.DataFrame:
    """The learning curves of the runs of a frame, whose ledger is given as well."""
    losses = {key: values for key, (values, _) in ledger.curves().items()}
    described = ["key", "point", *tell_apart(sweep), "seed", "status"]
    runs = all_runs(sweep)
    runs = runs.loc[runs["key"].isin(list(losses)), described].reset_index(drop=True)
    lengths = [len(losses[key]) for key in runs["key"]]
    rows = runs.loc[runs.index.repeat(lengths)].reset_index(drop=True)
    return rows.assign(
        epoch=[epoch for length in lengths for epoch in range(1, length + 1)],
        loss=[loss for key in runs["key"] for loss in losses[key]],
    ).astype({"epoch": int, "loss": float})
