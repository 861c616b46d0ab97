import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from sweep.analysis import truth as subject
from sweep.analysis.fidelity import ReferenceValue
from sweep.analysis.pairs import pairs
from sweep.analysis.study import Study
from sweep.analysis.truth import as_arrays, truth
from tests.laboratory import laboratory

RNG = np.random.default_rng(0)


def brute_tau(one, other, near=0.0):
    """Kendall's tau-b by all pairs; two of the other closer than `near` are tied."""
    concordant = ties_one = ties_other = total = 0
    for i, j in combinations(range(len(one)), 2):
        a, b = np.sign(one[i] - one[j]), np.sign(other[i] - other[j]) * (abs(other[i] - other[j]) > near + 1e-9)
        concordant += a * b
        total, ties_one, ties_other = total + 1, ties_one + (a == 0), ties_other + (b == 0)
    return concordant / math.sqrt((total - ties_one) * (total - ties_other))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(subject, "RESAMPLES", 200)


def sweep(number=100, seeds=3, deviation=0.3, link=0.8):
    target = RNG.normal(size=number)
    expected = link * target + math.sqrt(1 - link**2) * RNG.normal(size=number)
    return expected[:, None] + deviation * RNG.normal(size=(number, seeds)) + RNG.normal(size=seeds), target, expected


def test_tau_over_all_and_over_the_best_tenth_are_those_of_all_pairs():
    errors, target, _ = sweep()
    found = truth(errors, target)
    means = errors.mean(1)
    assert found.overall.value == pytest.approx(brute_tau(means, target))
    best = np.argsort(target)[:10]
    assert found.best.value == pytest.approx(brute_tau(means[best], target[best]))
    assert found.best.points == 10
    assert found.overall.low < found.overall.value < found.overall.high


def test_targets_closer_than_their_tolerances_are_ties():
    errors, target, _ = sweep(20)
    found = truth(errors, target, np.full(20, 0.2))
    assert found.overall.value == pytest.approx(brute_tau(errors.mean(1), target, 0.4))
    pairs = sum(abs(target[i] - target[j]) > 0.4 for i, j in combinations(range(20), 2))
    assert found.pairs.pairs == pairs


def test_fewer_than_eight_have_no_best_tenth():
    errors, target, _ = sweep(70)
    assert truth(errors, target).best is None
    assert math.isnan(truth(errors, target).best_ceiling)
    assert truth(errors[:2], target[:2]) is None


def test_pairs_are_decided_as_a_plain_t_test_would_and_mostly_right():
    errors, target, _ = sweep(40, seeds=8, deviation=0.5, link=1.0)
    found = truth(errors, target).pairs
    assert found.pairs == 40 * 39 // 2
    plain = sum(stats.ttest_rel(errors[i], errors[j]).pvalue < 0.05 for i, j in combinations(range(40), 2))
    assert found.decided == pytest.approx(plain, rel=0.1)
    wrong = found.decided - found.right
    assert wrong <= 0.025 * found.pairs


def test_the_ceiling_is_the_tau_of_means_with_their_expected_errors():
    errors, target, expected = sweep(400, seeds=3, deviation=0.8)
    found = truth(errors, target)
    assert found.ceiling == pytest.approx(brute_tau(errors.mean(1), expected), abs=0.04)
    assert found.overall.value < found.ceiling
    alone = truth(errors[:, :1], target)
    assert math.isnan(alone.ceiling)


def test_parameters_alone_rank_by_their_number():
    errors, target, _ = sweep(30)
    params = np.exp(-target)
    assert truth(errors, target, params=params).params == pytest.approx(1)
    assert math.isnan(truth(errors, target, params=np.full(30, 7.0)).params)
    assert math.isnan(truth(errors, target).params)


def test_missing_runs_and_points_are_left_out():
    errors, target, _ = sweep(30)
    errors[3], target[5] = math.nan, math.nan
    errors[7, 1] = math.nan
    found = truth(errors, target)
    assert found.overall.points == 28
    kept = [i for i in range(30) if i not in (3, 5)]
    assert found.overall.value == pytest.approx(brute_tau(additive_means(errors[kept]), target[kept]))


def additive_means(errors):
    """What each point would have over all seeds, by least squares on points and seeds."""
    number, seeds = errors.shape
    at = np.argwhere(np.isfinite(errors))
    design = np.zeros((len(at), number + seeds))
    design[np.arange(len(at)), at[:, 0]] = design[np.arange(len(at)), number + at[:, 1]] = 1
    fit = np.linalg.lstsq(design, errors[np.isfinite(errors)], rcond=None)[0]
    return fit[:number] + fit[number:].mean()


def test_the_luck_of_a_seed_that_some_points_lack_decides_no_pair():
    """All points are equal; one seed is bad for those that have it in."""
    rng = np.random.default_rng(1)
    decided = 0
    for _ in range(40):
        errors = 40 + rng.normal(0, 0.2, (8, 4))
        errors[:, 3] += 3.0
        errors[4:, 3] = np.nan
        found = truth(errors, np.arange(8.0)[::-1].copy())
        decided += found.pairs.decided
        assert abs(found.overall.value) < 1
    assert decided / (40 * 28) < 0.08


def test_a_pair_without_a_shared_seed_is_not_decided():
    errors = np.full((3, 4), np.nan)
    errors[0, :2], errors[1, 2:], errors[2] = [1.0, 1.1], [9.0, 9.1], [5.0, 5.1, 5.05, 5.0]
    found = truth(errors, np.array([1.0, 3.0, 2.0]))
    assert found.pairs.pairs == 3
    assert found.pairs.decided <= 2


def test_an_interval_needs_eight_points_two_seeds_and_draws_that_differ():
    errors, target, _ = sweep(30)
    assert math.isfinite(truth(errors, target).overall.low)
    for few in (errors[:7], target[:7]), (errors[:, :1], target), (target[:, None] + np.zeros((30, 3)), target):
        found = truth(*few).overall
        assert (math.isnan(found.low), math.isnan(found.high)) == (True, True)
        assert math.isfinite(found.value)


def test_intervals_hold_what_another_draw_of_points_gives():
    population, target, _ = sweep(20_000)
    expected = stats.kendalltau(population.mean(1), target).statistic
    inside = []
    for i in range(40):
        at = slice(60 * i, 60 * (i + 1))
        found = truth(population[at], target[at]).overall
        inside.append(found.low <= expected <= found.high)
    assert np.mean(inside) >= 0.85


def test_where_settings_were_chosen_pairs_are_decided_as_seldom_as_elsewhere_on_the_page():
    study = Study(laboratory("short"))
    told = {point: ReferenceValue(float(place), 0.0) for place, point in enumerate(study.tuned.samples)}
    names, errors, left_out, target, tolerance = as_arrays(study.tuned.samples, told, study.frame.seeds)
    found = truth(errors, target, tolerance, left_out=left_out)
    each = pairs(study.tuned, names)
    assert found.pairs.decided == (np.abs(each.mean) > each.half).sum()
    assert found.pairs.decided < truth(errors, target, tolerance).pairs.decided
