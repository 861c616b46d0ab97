"""Sweeps whose baseline has more seeds than the other points, against loops over their runs."""

import math
from dataclasses import replace
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from report.frames import RATES, quick

from sweep.analysis.naive import naive
from sweep.analysis.nuisance import tune
from sweep.analysis.pairs import pairs
from sweep.analysis.study import Study
from sweep.analysis.verdict import more_runs

NINE = quick(seeds=9)


def with_more(extra=(3, 4, 5, 6, 7, 8), runs=NINE.runs):
    """The first three seeds of all points, and others of the static network."""
    at = (runs["seed"] < 3) | ((runs["point"] == "static") & runs["seed"].isin(extra))
    return replace(NINE, seeds=(0, 1, 2), extra_seeds=tuple(extra), runs=runs[at])


MORE, FEW = with_more(), with_more(extra=())
ERRORS = NINE.runs.set_index(["point", "optimizer.lr", "seed"])["error"].to_dict()


def chosen(point, seed):
    """The rate that is best on the other common seeds."""
    others = [other for other in range(3) if other != seed]
    return min(RATES, key=lambda rate: fmean(ERRORS[point, rate, other] for other in others))


def test_an_extra_seed_is_judged_at_the_setting_of_a_common_one_in_turn():
    rows = tune(MORE).rows
    expected = [("static", seed, ERRORS["static", chosen("static", seed % 3), seed]) for seed in range(9)]
    found = rows[rows["point"] == "static"][["point", "seed", "error"]].itertuples(index=False, name=None)
    assert list(found) == expected
    assert (rows[rows["point"] != "static"].groupby("point").size() == 3).all()


def test_differences_use_them_and_only_those():
    few, more = (Study(frame).table.set_index("point") for frame in (FEW, MORE))
    own = {seed: ERRORS["static", chosen("static", seed % 3), seed] for seed in range(9)}
    apart = fmean(own[seed] for seed in range(3, 9)) - fmean(own[seed] for seed in range(3))
    assert apart != 0
    shares = (few["diff_mean"] - more["diff_mean"]).drop("static") / apart
    assert shares.std() < 1e-9
    assert 0 < shares.iloc[0] <= 6 / 9
    assert (more["mean"] - few["mean"])["static"] == pytest.approx(shares.iloc[0] * apart)
    assert (more["mean"] == few["mean"]).drop("static").all()
    # what the table says of points is what it says of differences
    assert (more["mean"] - more["mean"]["static"] - more["diff_mean"]).drop("static").abs().max() < 1e-9
    assert more["n_extra"].to_dict() == {point: 6 * (point == "static") for point in more.index}
    assert (more["diff_extra"].drop("static") == 6).all()
    assert (more["n"] == 3).all()
    width = ((more["diff_high"] - more["diff_low"]) / (few["diff_high"] - few["diff_low"])).drop("static")
    assert width.max() < 1
    assert (more["diff_common_error"] > more["diff_error"]).drop("static").all()
    assert (more["shrunk"] != few["shrunk"]).all()
    apart = [more["diff_shrunk_high"] - more["diff_shrunk_low"], few["diff_shrunk_high"] - few["diff_shrunk_low"]]
    assert apart[0].median() < 0.97 * apart[1].median()
    assert more["sd"]["static"] == pytest.approx(np.std(list(own.values()), ddof=1))


def test_points_other_than_the_baseline_are_compared_as_before():
    few, more = (Study(frame) for frame in (FEW, MORE))
    labels = [label for label in few.tuned.samples if label != "static"]
    for one, two in combinations(labels[:4], 2):
        before, after = (study.tuned.samples[one] - study.tuned.samples[two] for study in (few, more))
        assert before.mean == after.mean


def test_pairs_of_all_points_are_those_of_the_table():
    study = Study(MORE)
    found = pairs(study.tuned, list(study.tuned.samples))
    told = {
        (found.points[a], found.points[b]): (mean, half)
        for a, b, mean, half in zip(found.first, found.second, found.mean, found.half, strict=True)
    }
    for row in study.table.to_dict("records"):
        if row["point"] != "static":
            mean, half = told.get((row["point"], "static"), (math.nan, math.nan))
            if math.isnan(mean):
                mean, half = told["static", row["point"]]
                mean = -mean
            assert mean == pytest.approx(row["diff_mean"])
            assert half == pytest.approx((row["diff_high"] - row["diff_low"]) / 2)


def test_seeds_that_are_not_in_yet_or_failed_change_nothing():
    few = Study(FEW).table
    for status in ("missing", "failed"):
        runs = NINE.runs.copy()
        runs.loc[runs["seed"] > 2, ["status", "error"]] = status, math.nan
        none = Study(with_more(runs=runs)).table
        for column in ("mean", "low", "high", "diff_mean", "diff_low", "diff_high", "diff_all_low", "diff_seeds"):
            assert none[column].equals(few[column]), column
        assert (none["n_extra"] == 0).all()
        lost = none.set_index("point")[f"n_{status}"]
        assert lost.to_dict() == {point: 6 * (point == "static") for point in lost.index}


def test_at_a_shared_rate_each_seed_counts():
    (few, *_), (more, *_) = (naive(frame, tune(frame)) for frame in (FEW, MORE))
    own = [ERRORS["static", RATES[0], seed] for seed in range(9)]
    apart = fmean(own[3:]) - fmean(own[:3])
    changes = [few.effects[point].naive.mean - more.effects[point].naive.mean for point in few.effects]
    assert np.ptp(changes) < 1e-9
    assert 0 < changes[0] / apart <= 6 / 9


def test_everything_of_a_study_is_computed():
    study = Study(MORE)
    assert study.best.point["point"] == Study(FEW).best.point["point"]
    assert study.verdicts
    assert study.chances
    assert study.curves
    assert study.isolations is not None
    assert study.counts.total == len(MORE.runs) == 10 * 3 * 3 + 3 * 6


def test_more_runs_leave_out_what_the_baseline_has():
    assert more_runs(FEW, 5) == 2 * 10 * 3
    assert more_runs(MORE, 5) == 2 * 9 * 3
    assert more_runs(MORE, 9) == 6 * 9 * 3
    assert more_runs(MORE, 11) == 6 * 9 * 3 + 2 * 10 * 3
