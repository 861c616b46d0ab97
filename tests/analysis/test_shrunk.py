import math

import numpy as np
import pytest

from sweep.analysis.nuisance import tune
from sweep.analysis.replicates import table
from sweep.analysis.shrunk import draw, drawn
from sweep.statistics import hierarchy

from .frames import FAILED, MISSING, sweep_frame


def errors(points=6, seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return {f"p{i}": (10 + i + rng.normal(0, 1, (2, seeds))).tolist() for i in range(points)}


def test_it_is_the_draw_of_the_arrays():
    """By points in the order of their errors, since names shall change nothing."""
    known = errors()
    frame = sweep_frame(known, baseline=dict.fromkeys(known, "p0"))
    order = sorted(known, key=lambda point: [x for row in known[point] for x in row])
    expected = hierarchy.draw(np.array([known[p] for p in order]), np.random.default_rng(0), [order.index("p0")])
    found = drawn(frame, tune(frame))
    for at, point in enumerate(order):
        assert found[point] == pytest.approx(expected[:, at])


def test_the_table_has_its_mean_and_interval():
    frame = sweep_frame(errors(), baseline=dict.fromkeys(errors(), "p0"))
    found, rows = drawn(frame, tune(frame)), table(frame, tune(frame)).set_index("point")
    low, high = np.quantile(found["p3"] - found["p0"], [0.025, 0.975])
    told = rows.loc["p3", ["diff_shrunk", "diff_shrunk_low", "diff_shrunk_high"]].tolist()
    assert told == pytest.approx([(found["p3"] - found["p0"]).mean(), low, high])
    assert rows.loc["p3", "shrunk"] == pytest.approx(found["p3"].mean())
    assert math.isnan(rows.loc["p0", "diff_shrunk"])


def test_a_setting_that_failed_more_often_is_not_chosen():
    known = errors()
    known["p1"] = [[1.0, 1.2, FAILED], [11.0, 12.0, 11.5]]
    frame = sweep_frame(known)
    assert draw(frame, list(known))[:, 1].mean() > 9


def test_points_that_are_not_settled_are_left_out():
    known = errors()
    known["p2"] = [[1.0, 1.2, 1.1], [MISSING] * 3]
    frame = sweep_frame(known, baseline=dict.fromkeys(known, "p2"))
    assert set(drawn(frame, tune(frame))) == set(known) - {"p2"}
    rows = table(frame, tune(frame)).set_index("point")
    assert math.isnan(rows.loc["p2", "shrunk"])
    assert rows["diff_shrunk"].isna().all()


def test_names_and_their_order_change_no_draw():
    known = errors()
    other = {f"q{9 - i}": known[f"p{i}"] for i in reversed(range(6))}
    one, two = sweep_frame(known), sweep_frame(other)
    before, after = drawn(one, tune(one)), drawn(two, tune(two))
    for i in range(6):
        assert (before[f"p{i}"] == after[f"q{9 - i}"]).all()


@pytest.mark.parametrize("survivors", [1, 2])
@pytest.mark.parametrize("covariate", [None, np.log(np.arange(1.0, 7.0))])
def test_a_setting_that_few_points_have_is_drawn_by_the_noise_of_the_others(survivors, covariate):
    """All points but one or two fail at the highest rate, which is the best one for these."""
    rng = np.random.default_rng(3)
    known = {}
    for i in range(6):
        low, middle, high = ((level - i + rng.normal(0, 0.3, 3)).tolist() for level in (10.0, 9.5, 9.0))
        known[f"p{i}"] = [low, middle, high if i >= 6 - survivors else [FAILED, FAILED, high[2]]]
    frame = sweep_frame(known)
    found = draw(frame, list(known), covariate=covariate)
    assert np.isfinite(found).all()
    mean = np.mean(known["p5"][2])
    assert found[:, 5].mean() == pytest.approx(mean, abs=0.3)
    low, high = np.quantile(found[:, 5], [0.005, 0.995])
    assert mean - 3 < low < high < mean + 3
