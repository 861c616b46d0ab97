import numpy as np
import pytest
from scipy import stats

from sweep.analysis.front_chances import on_front
from sweep.statistics import hierarchy
from sweep.statistics.hierarchy import draw


def drawn(errors, **options):
    return draw(errors, np.random.default_rng(0), **options)


def posterior(means, variance, x=None):
    """Mean and deviation of each expected value by plain integration, for a known variance of the means.

    Expected values scatter normally about a level, or a line in x; level, slope and deviation of the scatter are as
    likely everywhere.
    """
    total, first, second = 0.0, np.zeros(len(means)), np.zeros(len(means))
    design = np.ones((len(means), 1)) if x is None else np.stack([np.ones(len(means)), x], 1)
    for scatter in np.linspace(0.01, 30, 1500) * np.sqrt(variance):
        both = variance + scatter**2
        line = np.linalg.lstsq(design, means, rcond=None)[0]
        inverse = np.linalg.inv(design.T @ design) * both
        # the chance of the means, the line integrated out
        log = stats.norm.logpdf(means, design @ line, both**0.5).sum() + np.log(np.linalg.det(inverse)) / 2
        keep = scatter**2 / both
        centre = (1 - keep) * (design @ line) + keep * means
        spread = keep * variance + (1 - keep) ** 2 * np.einsum("ij,jk,ik->i", design, inverse, design)
        weight = np.exp(log)
        total, first, second = total + weight, first + weight * centre, second + weight * (spread + centre**2)
    return first / total, np.sqrt(second / total - (first / total) ** 2)


@pytest.mark.parametrize(("scatter", "line"), [(0.5, False), (8.0, False), (2.0, True)])
def test_where_noise_is_known_it_is_the_posterior(scatter, line, monkeypatch):
    monkeypatch.setattr(hierarchy, "DRAWS", 8_000)
    rng = np.random.default_rng(1)
    points, seeds = 7, 1000
    means = rng.normal(50, scatter, points)
    noise = rng.normal(size=(points, seeds))
    # each row of residuals the same size and free of what seeds share, so that the noise is all but known
    noise -= noise.mean(1, keepdims=True)
    noise -= noise.mean(0)
    noise *= (seeds / (noise**2).mean(1, keepdims=True)) ** 0.5 * (1 - 1 / points) ** 0.5
    x = rng.normal(size=points) if line else None
    found = drawn((means[:, None] + noise)[:, None, :], covariate=x)
    mean, deviation = posterior(means, 1.0, x)
    assert found.mean(0) == pytest.approx(mean, abs=0.05)
    assert found.std(0) == pytest.approx(deviation, rel=0.05)


def test_errors_in_other_units_are_drawn_in_these():
    errors = np.random.default_rng(2).normal(10, 1, (6, 3, 4))
    assert drawn(3 * errors + 20) == pytest.approx(3 * drawn(errors) + 20, abs=1e-6)


def test_points_that_tie_are_drawn_together_and_those_apart_are_not():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(10, 2, 3))
    tied = drawn(20 + noise).mean(0)
    assert np.ptp(tied) < 0.5 * np.ptp((20 + noise).mean(2).min(1))
    apart = drawn(20 + 10 * np.arange(10.0)[:, None, None] + noise).mean(0)
    assert apart == pytest.approx(20 + 10 * np.arange(10.0), abs=1.5)


def test_a_point_is_judged_at_its_own_setting():
    rng = np.random.default_rng(4)
    cells = np.array([[5.0, 20.0], [20.0, 5.5], [6.0, 20.0], [20.0, 6.5], [5.8, 20.0]])
    found = drawn(cells[:, :, None] + rng.normal(0, 0.3, (5, 2, 4))).mean(0)
    assert found == pytest.approx(cells.min(1), abs=0.4)


def test_a_setting_without_errors_is_not_chosen():
    errors = np.random.default_rng(5).normal(10, 0.5, (5, 2, 3))
    errors[:, 1] -= 5
    errors[0, 1] = np.nan
    found = drawn(errors).mean(0)
    assert found[0] == pytest.approx(10, abs=1)
    assert found[1:] == pytest.approx([5] * 4, abs=1)


def test_few_missing_runs_change_little():
    errors = np.random.default_rng(6).normal(10, 1, (8, 2, 6)) + np.arange(8)[:, None, None]
    some = errors.copy()
    some[2, 0, 1] = some[5, 1, 3] = np.nan
    whole, less = drawn(errors), drawn(some)
    assert less.mean(0) == pytest.approx(whole.mean(0), abs=0.35)
    assert less.std(0) == pytest.approx(whole.std(0), rel=0.25)


def test_what_is_too_little():
    assert np.isnan(drawn(np.full((3, 2, 4), np.nan))).all()
    assert np.isnan(drawn(np.ones((3, 2, 4)))).all()
    assert np.isnan(drawn(np.random.default_rng(7).normal(size=(3, 2, 1)))).all()
    lacking = np.random.default_rng(8).normal(10, 1, (4, 2, 3))
    lacking[1] = np.nan
    lacking[2, :, 1:] = np.nan  # one seed alone has an error, and no spread
    found = drawn(lacking)
    assert np.isnan(found[:, 1]).all()
    assert np.isfinite(np.delete(found, 1, axis=1)).all()
    assert found[:, 2].std() > 0


def test_large_sweeps_have_fewer_draws(monkeypatch):
    monkeypatch.setattr(hierarchy, "MOST_CELLS", 3000)
    assert drawn(np.random.default_rng(9).normal(size=(5, 2, 3))).shape == (300, 5)
    assert drawn(np.random.default_rng(9).normal(size=(50, 2, 3))).shape == (200, 50)


def tuned_sweep(rng, n):
    """A sweep of three settings; errors of points fall along a line in the logarithm of the cost."""
    points, scatter = int(rng.integers(6, 21)), np.exp(rng.uniform(np.log(0.5), np.log(4)))
    cost = np.exp(rng.uniform(0, 2, points))
    shape = rng.normal(0, 1, points) if rng.random() < 0.5 else rng.uniform(-1.7, 1.7, points)
    truth = 20 - rng.uniform(0, 1) * np.log(cost) + scatter * shape
    level = rng.uniform(0, 2, 3)
    cells = truth[:, None] + level + rng.normal(0, rng.uniform(0, 0.7), (points, 3))
    size, correlation = np.exp(rng.normal(0, 0.2, (points, 1, 1))), rng.uniform(0, 0.6)

    def luck(seeds):
        shared, own = rng.normal(size=(points, 1, seeds)), rng.normal(size=(points, 3, seeds))
        return size * (correlation**0.5 * shared + (1 - correlation) ** 0.5 * own)

    chosen = (cells[..., None] + luck(100) / (n - 1) ** 0.5).argmin(1)
    return cells[..., None] + luck(n) + rng.normal(0, 0.7, n), np.take_along_axis(cells, chosen, 1).mean(1), cost


@pytest.mark.parametrize("n", [3, 4, 6])
def test_chances_to_be_on_the_front_come_true_as_often_as_they_say_on_tuned_sweeps(n, monkeypatch):
    monkeypatch.setattr(hierarchy, "DRAWS", 300)
    rng = np.random.default_rng((3, n))
    told, true = [], []
    for _ in range(1200):
        errors, truth, cost = tuned_sweep(rng, n)
        told += on_front(drawn(errors, covariate=np.log(cost)), cost).mean(0).tolist()
        true += on_front(truth[None], cost)[0].tolist()
    told, true = np.array(told), np.array(true)
    bins = np.digitize(told, [0.1, 0.3, 0.5, 0.7, 0.9])
    for at in range(6):
        assert (bins == at).sum() > 500
        assert true[bins == at].mean() == pytest.approx(told[bins == at].mean(), abs=0.05)
