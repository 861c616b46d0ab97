"""The posterior beside conditioning written out cell by cell, and its draws beside the covariance in closed form."""

import itertools

import numpy as np
import pytest
from scipy import stats

from sweep.search.posterior import RandomNumbers, condition, prior_draws
from sweep.search.posterior_model import (
    DEVIATIONS,
    JITTER,
    LEVEL,
    MEDIANS,
    POINT_LENGTHS,
    SETTING_LENGTHS,
    Hyper,
    Model,
    _Density,
)
from sweep.search.posterior_scale import Runs, Scale

POINTS, SETTINGS, SEEDS = 4, 3, 3
HYPER = Hyper(tuple(np.log([0.8, 0.6, 0.3, 0.5, 0.2, 0.1, 0.4, 0.35])), 1, 2)
#: Nothing is compressed.
PLAIN = Scale(cap=1e9, spread=1.0, center=10.0, unit=2.0)


def features():
    generator = np.random.default_rng(5)
    return generator.normal(size=(POINTS, 2)), np.arange(SETTINGS, dtype=float)[:, None]


def made_runs(count=9):
    generator = np.random.default_rng(6)
    cells = list(itertools.product(range(POINTS), range(SETTINGS), range(SEEDS)))
    chosen = [cells[place] for place in generator.permutation(len(cells))[:count]]
    point, setting, seed = np.array(chosen).T
    return Runs(point, setting, seed, np.arange(count), generator.normal(10, 2, count))


def covariance_of_cells(hyper):
    """Prior covariance of f over all cells, one pair of cells at a time."""
    points, settings = features()
    setting, point, point_own, both, both_own, cell, _, _ = np.exp(2 * np.array(hyper.logs))
    cells = list(itertools.product(range(POINTS), range(SETTINGS)))
    result = np.zeros((len(cells), len(cells)))
    for (i, (p, s)), (j, (q, r)) in itertools.product(enumerate(cells), repeat=2):
        near = np.exp(-((points[p] - points[q]) ** 2).sum() / (2 * POINT_LENGTHS[hyper.point_length] ** 2))
        rate = np.exp(-((settings[s] - settings[r]) ** 2).sum() / (2 * SETTING_LENGTHS[hyper.setting_length] ** 2))
        near, rate = near + JITTER * (p == q), rate + JITTER * (s == r)
        result[i, j] = LEVEL + point * near + point_own * (p == q) + setting * rate
        result[i, j] += (both * near + both_own * (p == q)) * rate + cell * (i == j)
    return result


def conditioned(hyper, runs):
    """Mean and covariance of f in all cells and of the seeds' effects, given runs: the textbook formula."""
    cells = covariance_of_cells(hyper)
    noise, seed = hyper.variances[6], hyper.variances[7]
    joint = np.block([[cells, np.zeros((len(cells), SEEDS))], [np.zeros((SEEDS, len(cells))), seed * np.eye(SEEDS)]])
    reads = np.zeros((len(runs), len(joint)))
    for row, (p, s, k) in enumerate(zip(runs.point, runs.setting, runs.seed, strict=True)):
        reads[row, p * SETTINGS + s] = reads[row, len(cells) + k] = 1
    gain = joint @ reads.T @ np.linalg.inv(reads @ joint @ reads.T + noise * np.eye(len(runs)))
    value = (runs.error - PLAIN.center) / PLAIN.unit
    return gain @ value, joint - gain @ reads @ joint


def test_mean_is_that_of_conditioning_written_out():
    runs = made_runs()
    posterior = condition(Model(*features()), HYPER, runs, PLAIN, SEEDS, RandomNumbers(0, 8))
    mean, _ = conditioned(HYPER, runs)
    np.testing.assert_allclose(posterior.mean.ravel(), mean[: POINTS * SETTINGS], rtol=1e-6, atol=1e-8)


def test_draws_have_the_mean_and_the_covariance_of_conditioning_written_out():
    runs, count = made_runs(), 40_000
    posterior = condition(Model(*features()), HYPER, runs, PLAIN, SEEDS, RandomNumbers(1, count))
    drawn = np.concatenate([posterior.draws.reshape(-1, count), posterior.seeds])
    mean, covariance = conditioned(HYPER, runs)
    deviation = np.sqrt(np.diag(covariance))
    assert np.abs((drawn.mean(1) - mean) / deviation).max() < 5 / np.sqrt(count)
    correlation = covariance / np.outer(deviation, deviation)
    np.testing.assert_allclose(np.cov(drawn) / np.outer(deviation, deviation), correlation, atol=5 * np.sqrt(2 / count))


def test_prior_draws_have_the_prior_covariance():
    count = 40_000
    drawn = prior_draws(Model(*features()), HYPER, RandomNumbers(2, count)).reshape(-1, count)
    expected = covariance_of_cells(HYPER)
    np.testing.assert_allclose(np.cov(drawn), expected, atol=5 * np.sqrt(2 / count) * expected.max())


def test_fewer_degrees_of_freedom_widen_the_draws_about_the_same_mean():
    runs = made_runs()
    normal, wide = (
        condition(Model(*features()), HYPER, runs, PLAIN, SEEDS, RandomNumbers(0, 20_000), dof) for dof in (np.inf, 5.0)
    )
    np.testing.assert_array_equal(normal.mean, wide.mean)
    # the variance of a t distribution with 5 degrees of freedom is 5 / 3
    np.testing.assert_allclose(wide.draws.var(axis=2) / normal.draws.var(axis=2), 5 / 3, rtol=0.15)


def test_a_compressed_error_says_less_only_as_far_as_its_noise_is_kept():
    scale = Scale(cap=12.0, spread=1.0, center=10.0, unit=2.0)
    value, kept = scale.apply(np.array([5.0, 12.0, 13.0, 30.0]))
    np.testing.assert_allclose(value, [-2.5, 1.0, (2 + np.log(2)) / 2, (2 + np.log(19)) / 2])
    np.testing.assert_allclose(kept, [1.0, 1.0, 1.0, 0.2])


@pytest.mark.parametrize("moved", [(0, 0.5), (3, -0.5), (6, 0.5), (7, 1.0)])
def test_density_is_that_of_a_multivariate_normal_and_the_priors(moved):
    place, step = moved
    runs = made_runs(12)
    density = _Density(Model(*features()), runs, PLAIN)
    logs = list(HYPER.logs)
    logs[place] += step

    def expected(hyper):
        cells = runs.point * SETTINGS + runs.setting
        matrix = covariance_of_cells(hyper)[np.ix_(cells, cells)] + hyper.variances[6] * np.eye(len(runs))
        matrix += hyper.variances[7] * (runs.seed[:, None] == runs.seed)
        value = (runs.error - PLAIN.center) / PLAIN.unit
        prior = stats.norm.logpdf(np.array(hyper.logs), MEDIANS, DEVIATIONS).sum()
        return stats.multivariate_normal.logpdf(value, np.zeros(len(runs)), matrix) + prior

    other = Hyper(tuple(logs), 0, 3)
    assert density(other) - density(HYPER) == pytest.approx(expected(other) - expected(HYPER), abs=1e-4)


def test_fit_finds_the_noise_that_was_planted():
    generator = np.random.default_rng(3)
    point, setting, seed = (each.ravel() for each in np.indices((12, 1, 8)))
    quality = generator.normal(0, 1, 12)
    effect = generator.normal(0, 0.1, 8)
    error = 20 + quality[point] + effect[seed] + generator.normal(0, 0.5, len(point))
    runs = Runs(point, setting, seed, np.arange(len(point)), error)
    scale = Scale.of(error, point)
    hyper = Model(np.zeros((12, 0)), np.zeros((1, 0))).fit(Hyper(), runs, scale, 4)
    # a step of the fit is half a unit of the logarithm
    assert abs(np.log(hyper.noise * scale.unit / 0.5)) < 0.3


def test_random_numbers_do_not_depend_on_how_many_are_asked_for():
    few, many = RandomNumbers(7, 5), RandomNumbers(7, 5)
    first = few.rows("noise", 3).copy()
    np.testing.assert_array_equal(first, many.rows("noise", 500)[:3])
    np.testing.assert_array_equal(few.rows("noise", 500), many.rows("noise", 500))
    assert not np.array_equal(few.rows("cell", 3), first)
