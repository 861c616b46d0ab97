import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.analysis.nuisance import tune
from sweep.analysis.replicates import table
from sweep.analysis.significance import holm, p_value, seeds_to_resolve
from sweep.analysis.study import Study
from sweep.report.cards.evidence import cards

from .frames import sweep_frame


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8).filter(lambda v: np.ptp(v) > 1e-3))
def test_p_is_students(values):
    expected = stats.ttest_1samp(values, 0).pvalue
    assert p_value(float(np.mean(values)), float(stats.sem(values)), len(values) - 1) == pytest.approx(expected)


def test_without_an_error_there_is_no_p():
    assert math.isnan(p_value(1.0, math.nan, math.nan))
    assert math.isnan(p_value(1.0, 0.0, 2.0))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=8))
def test_holm_rejects_as_its_steps_do(ps):
    """At any level: sort, and reject while p stays below level / (number left)."""
    corrected = holm(ps)
    for level in (0.01, 0.05, 0.2, 0.7):
        left = sorted((p, i) for i, p in enumerate(ps) if not math.isnan(p))
        rejected = set()
        while left and left[0][0] * len(left) <= level:
            rejected.add(left.pop(0)[1])
        assert {i for i, p in enumerate(corrected) if p <= level} == rejected
    assert [math.isnan(p) for p in corrected] == [math.isnan(p) for p in ps]


@pytest.fixture
def pair():
    """Two points alone: the noise of their difference is that of the four numbers 1.0, 2.5, -0.5, 1.2."""
    frame = sweep_frame({"a": [[11.0, 12.5, 9.5, 11.2]], "b": [[10.0] * 4]}, baseline={"a": "b"})
    return table(frame, tune(frame)).set_index("point", drop=False).loc[["a"]].to_dict("records")


@pytest.mark.parametrize("difference", [0.7, 1.5, -3.0])
def test_so_many_seeds_resolve_a_difference_in_four_of_five_sweeps(pair, difference):
    (n,), sd = seeds_to_resolve(pair, difference), np.std([1.0, 2.5, -0.5, 1.2], ddof=1)
    rng = np.random.default_rng(7)
    for seeds, above in ((int(n), True), (int(n) - 1, False)):
        draws = rng.normal(difference, sd, (200_000, seeds))
        power = (stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05).mean()
        assert (power >= 0.8 - 0.003) if above else (power <= 0.8 + 0.003)


def test_what_the_seeds_at_hand_resolve(pair):
    sd = np.std([1.0, 2.5, -0.5, 1.2], ddof=1)
    draws = np.random.default_rng(8).normal(pair[0]["diff_resolves"], sd, (200_000, 4))
    assert (stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05).mean() == pytest.approx(0.8, abs=0.005)


def test_what_no_seeds_resolve(pair):
    assert seeds_to_resolve([], 1.0) == []
    assert seeds_to_resolve(pair, 0.0) == [math.inf]
    assert seeds_to_resolve(pair, 100.0) == [2]
    alone = sweep_frame({"a": [[11.0]], "b": [[10.0]]}, baseline={"a": "b"})
    rows = table(alone, tune(alone)).to_dict("records")
    assert np.isnan(seeds_to_resolve(rows, 1.0)).all()


def test_the_sentence_counts_what_holds_for_all_points_together():
    rng = np.random.default_rng(9)
    errors = {f"p{i}": [(10 + rng.normal(0, 0.5, 4)).tolist()] for i in range(5)}
    errors["far"] = [(5 + rng.normal(0, 0.5, 4)).tolist()]
    study = Study(sweep_frame(errors, baseline={name: "p0" for name in errors if name != "p0"}))
    (card,) = cards(study)
    assert card.says[0] == (
        "Of 5 points compared with p0 by seed, 1 has less error and none has more by intervals that exclude zero "
        "together; for 4 the data do not show a difference."
    )
    rows = study.table.set_index("point")
    assert rows.loc["far", "diff_all_high"] < 0
    inside = rows.drop("p0")
    assert (inside["diff_all_low"] < inside["diff_low"]).all()
    assert (inside["diff_high"] < inside["diff_all_high"]).all()
