"""What is judged on the test split, and that its intervals know of the tuning as those of validation do."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.frames import quick

from sweep.analysis.final import final_table, judged_runs
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Final


def with_final(frame, errors, **more):
    return dataclasses.replace(frame, final=Final(errors, 1000, ("2026-01-01T00:00:00+00:00",), **more))


def told(frame):
    study = Study(frame)
    return final_table(frame, study.table, study.tuned).set_index("point")


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), seeds=st.integers(2, 4))
def test_if_the_test_split_said_the_same_its_intervals_would_be_the_same(seed, seeds):
    frame = quick(seeds)
    noise = np.random.default_rng(seed).normal(0, 2, len(frame.runs))
    frame = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs["error"] + noise))
    wanted = judged_runs(frame)
    errors = {key: e for key, e in zip(frame.runs["key"], frame.runs["error"], strict=True) if key in wanted}
    found, table = told(with_final(frame, errors)), Study(frame).table.set_index("point")
    for name in ("n", "mean", "sd", "low", "high"):
        assert found[f"test_{name}"].tolist() == pytest.approx(table[name].tolist(), nan_ok=True)
        assert found[f"diff_{name}"].tolist() == pytest.approx(table[f"diff_{name}"].tolist(), nan_ok=True)
    assert found["gap_mean"].tolist() == pytest.approx([0.0] * len(found))


def test_likewise_where_the_baseline_has_more_seeds():
    every = quick(7)
    runs = every.runs[(every.runs["seed"] < 3) | (every.runs["point"] == "static")]
    frame = dataclasses.replace(every, runs=runs, seeds=(0, 1, 2), extra_seeds=(3, 4, 5, 6))
    wanted = judged_runs(frame)
    assert {7, 3} == set(runs[runs["key"].isin(wanted)].groupby("point")["seed"].nunique())
    errors = {key: e for key, e in zip(runs["key"], runs["error"], strict=True) if key in wanted}
    found, table = told(with_final(frame, errors)), Study(frame).table.set_index("point")
    for name in ("mean", "low", "high"):
        assert found[f"test_{name}"].tolist() == pytest.approx(table[name].tolist())
        assert found[f"diff_{name}"].tolist() == pytest.approx(table[f"diff_{name}"].tolist(), nan_ok=True)
    assert found["gap_mean"].tolist() == pytest.approx([0.0] * len(found))


def test_not_every_run_is_judged():
    frame = quick()
    wanted = judged_runs(frame)
    assert 30 <= len(wanted) < len(frame.runs)
    assert wanted <= set(frame.runs["key"])


def test_one_setting_is_judged_at_every_seed():
    frame = quick()
    runs = frame.runs[frame.runs["optimizer.lr"] == 0.03].reset_index(drop=True)
    one = dataclasses.replace(frame, runs=runs, nuisance={})
    assert judged_runs(one) == set(runs["key"])
    errors = {key: error + 1 for key, error in zip(runs["key"], runs["error"], strict=True)}
    found = told(with_final(one, errors))
    assert found["gap_mean"].tolist() == pytest.approx([1.0] * 10)
    for point, mine in runs.groupby("point"):
        assert found.loc[point, "test_mean"] == pytest.approx(mine["error"].mean() + 1)


def test_what_was_not_judged_is_left_out_and_failures_are_none():
    frame = quick()
    runs = frame.runs.assign(
        status=frame.runs["status"].mask(frame.runs["point"] == "se", "failed"),
        error=frame.runs["error"].mask(frame.runs["point"] == "se"),
    )
    lost = dataclasses.replace(frame, runs=runs)
    wanted = judged_runs(lost)
    assert not wanted & set(runs.loc[runs["point"] == "se", "key"])
    errors = dict.fromkeys(wanted, 5.0)
    static = sorted(wanted & set(runs.loc[(runs["point"] == "static") & (runs["seed"] == 0), "key"]))
    found = told(with_final(lost, {**errors, **dict.fromkeys(static, math.nan)}))
    assert found.loc["se", "test_n"] == 0
    assert found.loc["static", "test_n"] == 2
