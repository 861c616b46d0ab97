import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.shares import judge
from sweep.analysis.naive import Share
from sweep.analysis.nuisance import tune
from sweep.analysis.question import Contrast, Pair
from sweep.analysis.rate import best_settings, plausible, rate_effects
from tests.laboratory import laboratory

from .frames import FAILED, MISSING, sweep_frame


def contrast(point, other):
    return Contrast("point", point, other, (Pair(point, other, {}, math.nan, math.nan),))


ENDS = contrast("weightnet M=8 G=1", "weightnet M=1 G=1")


def test_a_contrast_at_each_shared_rate_is_that_of_a_plain_loop():
    frame = laboratory("short")
    (found,) = rate_effects(frame, tune(frame), [ENDS])
    errors = frame.runs.pivot(index=["point", "optimizer.lr"], columns="seed", values="error")
    for (rate,), effect in found.effects.items():
        expected = errors.loc["weightnet M=8 G=1", rate] - errors.loc["weightnet M=1 G=1", rate]
        assert effect.naive.values == pytest.approx(expected.to_dict())
    tuned = []
    for seed in errors:
        others = errors.drop(columns=seed).mean(axis=1)
        own = [errors.loc[(point, others[point].idxmin()), seed] for point in ENDS.weights]
        tuned.append(own[0] - own[1])
    assert list(found.effects[(0.01,)].tuned.values.values()) == pytest.approx(tuned)
    assert found.lowest == (0.01,)
    # FACTS of the laboratory: 0.84 points at 0.01
    assert np.mean(list(found.effects[(0.01,)].naive.values.values())) == pytest.approx(-0.84, abs=0.005)
    assert found.share.mean == pytest.approx(1 - np.mean(tuned) / -0.84, abs=0.005)


def test_points_at_the_edge_of_the_list_are_not_called_tuned():
    (found,) = rate_effects(frame := laboratory("short"), tune(frame), [ENDS])
    assert found.verdict == "not tuned"
    assert found.untuned == ("weightnet M=8 G=1", "weightnet M=1 G=1")


def test_a_contrast_waits_for_what_is_not_in():
    table = [[5.0, 5.2], [4.0, 4.1], [6.0, 6.2]]
    frame = sweep_frame({"a": table, "b": [[6.0, 6.1], [4.4, 4.2], [MISSING] * 2]})
    (found,) = rate_effects(frame, tune(frame), [contrast("b", "a")])
    assert (found.verdict, found.effects, found.lowest) == ("waits", {}, None)
    alone = sweep_frame({"a": [[5.0, 5.1]]})
    assert rate_effects(alone, tune(alone), []) == ()


def test_no_share_is_told_where_the_lowest_rate_failed():
    """The next rate is best for both points: nothing is left to take there, which says nothing of the lowest."""
    table = {"a": [[9.0, 9.1, 9.2], [5.0, 5.1, 5.2], [7.0, 7.1, 7.3]], "b": [[6.0, FAILED, FAILED]]}
    table["b"] += [[4.0, 4.2, 4.1], [7.0, 7.0, 7.1]]
    frame = sweep_frame(table)
    (found,) = rate_effects(frame, tune(frame), [contrast("b", "a")])
    assert (found.lowest, found.verdict) == ((2,), "lowest failed")
    assert math.isnan(found.share.mean)


def test_a_rate_that_a_point_is_not_asked_for_has_not_failed():
    """Of the laboratory's networks with SGD and of deeper ones some rates were run for some points only."""
    table = [[9.0, 9.1, 9.3, 9.2], [5.0, 5.1, 5.2, 5.1], [7.0, 7.1, 7.3, 7.2]]
    other = [[error + 1 + 0.01 * seed for seed, error in enumerate(row)] for row in table]
    frame = sweep_frame({"a": table, "b": other})
    part = replace(frame, runs=frame.runs[~((frame.runs["point"] == "b") & (frame.runs["lr"] == 1))])
    (found,) = rate_effects(part, tune(part), [contrast("b", "a")])
    assert found.lowest == (2,)
    assert found.verdict != "lowest failed"
    assert math.isfinite(found.share.mean)


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (Share(0.9, 0.51, 1.3), "mostly the rate"),
        (Share(0.9, 0.5, 1.3), "not decided"),
        (Share(0.2, -0.1, 0.49), "less than half"),
        (Share(0.2, -0.1, 0.6), "not decided"),
        (Share(math.nan, math.nan, math.nan), "no effect"),
        (Share(0.9, -math.inf, math.inf), "not decided"),
    ],
)
def test_a_verdict_follows_the_interval(share, verdict, monkeypatch):
    table = [[5.0, 5.2, 5.1], [4.0, 4.1, 4.3], [6.0, 6.2, 6.1]]
    frame = sweep_frame({"a": table, "b": (np.array(table) + 1).tolist()})
    monkeypatch.setattr("sweep.analysis.naive.Effect.share", share)
    (found,) = rate_effects(frame, tune(frame), [contrast("b", "a")])
    assert found.verdict == verdict


def test_planted_shares():
    rng = np.random.default_rng(1)
    assert sum(judge(0.25, rng).verdict == "mostly the rate" for _ in range(15)) <= 1
    assert sum(judge(1.0, rng).verdict == "mostly the rate" for _ in range(15)) >= 12


def test_the_true_best_setting_stays_plausible_and_far_ones_do_not():
    rng = np.random.default_rng(0)
    truth = np.array([0.4, 0.1, 0.0, 2.0])
    noise = rng.normal(size=(500, 10, 4, 3)) + 3 * rng.normal(size=(500, 10, 1, 3))
    stays = np.array([plausible(truth[:, None] + 0.25 * one) for one in noise])
    assert 0.94 <= stays[..., 2].mean() <= 0.995
    assert stays[..., 3].mean() < 0.01
    alone = np.array([plausible(truth[:, None] + 0.25 * one[:1]) for one in noise])
    assert alone[..., 2].mean() >= 0.94


def test_one_seed_rules_out_no_setting():
    assert plausible(np.arange(6.0).reshape(2, 3, 1)).all()


def test_best_settings_of_the_laboratory():
    frame = laboratory("long")
    found = {one.point: one for one in best_settings(frame, tune(frame))}
    assert found["static"].setting == (0.04,)
    assert not found["static"].edge
    assert found["weightnet M=2 G=2"].edge
    assert all(one.setting in one.plausible for one in found.values())
