"""Extra seeds of a baseline, against generalised least squares by its normal equations, and against simulation."""

import numpy as np
import pytest

from sweep.statistics.extra_seeds import shares, with_extra
from sweep.statistics.noise import noise, quantile
from sweep.statistics.simultaneous import half_widths


def least_squares(values, extra, noise_variance, luck):
    """Fit a level for each point where values at a seed share its luck: levels, and their covariance."""
    points = len(values)
    columns = np.concatenate([values, extra], axis=1)
    cells = [(p, s) for p in range(points) for s in range(columns.shape[1]) if np.isfinite(columns[p, s])]
    design = np.array([[float(p == q) for q in range(points)] for p, _ in cells])
    seeds = np.array([s for _, s in cells])
    covariance = luck * (seeds[:, None] == seeds) + np.diag([noise_variance[p] for p, _ in cells])
    weight = np.linalg.inv(covariance)
    spread = np.linalg.inv(design.T @ weight @ design)
    return spread @ design.T @ weight @ np.array([columns[cell] for cell in cells]), spread


@pytest.mark.parametrize(("points", "n", "m"), [(2, 2, 1), (4, 3, 6), (5, 7, 2)])
@pytest.mark.parametrize("luck", [0.0, 0.3, 4.0])
def test_it_is_generalised_least_squares(points, n, m, luck):
    rng = np.random.default_rng((points, n, m))
    values = rng.normal(5, 1, (points, n))
    extra = np.full((points, m), np.nan)
    extra[0] = rng.normal(5, 1, m)
    variance = rng.uniform(0.3, 2, points)
    levels, covariance = least_squares(values, extra, variance, luck)
    found = shares(values, extra, variance, np.array(luck))
    shift, saved = found.shift, found.saved
    assert (shift[1:] == 0).all()
    assert (saved[1:] == 0).all()
    means = values.mean(1) + shift
    for point in range(1, points):
        contrast = np.zeros(points)
        contrast[[point, 0]] = 1, -1
        assert contrast @ means == pytest.approx(contrast @ levels)
        expected = variance[point] / n + variance[0] * (1 / n - saved[0])
        assert expected == pytest.approx(contrast @ covariance @ contrast)
    others = np.zeros(points)
    others[1:] = rng.normal(size=points - 1)
    others[0] = -others.sum()
    assert others @ means == pytest.approx(others @ levels)
    per_point = variance / n - variance * saved
    assert (others**2 * per_point).sum() == pytest.approx(others @ covariance @ others)


def drawn(rng, sweeps, points, n, m, luck, baseline=1.0):
    scale = np.ones(points)
    scale[0] = baseline
    values = rng.normal(size=(sweeps, points, n)) * scale[:, None] + luck * rng.normal(size=(sweeps, 1, n))
    extra = np.full((sweeps, points, m), np.nan)
    extra[:, 0] = baseline * rng.normal(size=(sweeps, m)) + luck * rng.normal(size=(sweeps, m))
    return values, extra


@pytest.mark.parametrize("luck", [0.0, 0.5, 1.5])
def test_variances_are_right_on_average(luck):
    rng = np.random.default_rng(1)
    values, extra = drawn(rng, 4000, 10, 3, 6, luck, baseline=1.5)
    seen = noise(values)
    found = with_extra(values, extra, seen.own, seen.degrees, np.ones(seen.own.shape), seen.moderated()[0])
    # too little by a twentieth from a noisy point's residuals, too much where what is left of a spread is cut at 0
    assert 0.94 <= found.own[:, 0].mean() / 1.5**2 <= 1.09
    assert found.own[:, 1:] == pytest.approx(seen.own[:, 1:])
    assert found.luck.mean() == pytest.approx(luck**2, rel=0.05, abs=0.07)
    assert found.degrees[:, 0].max() <= 7 + 1e-9
    assert np.median(found.degrees[:, 0]) == pytest.approx({0.0: 7, 0.5: 6, 1.5: 3}[luck], abs=0.7)
    assert found.own[:, 0].std() < {0.0: 0.6, 0.5: 0.7, 1.5: 0.95}[luck] * seen.own[:, 0].std()


@pytest.mark.parametrize(("luck", "baseline", "narrower"), [(0, 1, 0.84), (0.5, 1, 0.87), (1, 1, 0.93), (0.5, 2, 0.84)])
def test_intervals_cover_and_are_narrower(luck, baseline, narrower):
    rng = np.random.default_rng(2)
    values, extra = drawn(rng, 3000, 10, 3, 6, luck, baseline)
    halves, off = {}, {}
    for name, more in (("common", None), ("all", extra)):
        seen = noise(values, extra=more)
        error, freedom = seen.differences(np.arange(1, 10), 0, 3)
        means = values.mean(-1) + seen.shift
        halves[name], off[name] = quantile(freedom) * error, means[:, 1:] - means[:, :1]
    covered = (np.abs(off["all"]) <= halves["all"]).mean()
    assert 0.94 <= covered <= 0.98
    assert np.median(halves["all"]) <= narrower * np.median(halves["common"])
    assert (off["all"] ** 2).mean() < (off["common"] ** 2).mean()


def test_of_no_extra_seeds_nothing_changes():
    values, extra = drawn(np.random.default_rng(3), 20, 5, 3, 4, 0.5)
    plain = noise(values)
    for nothing in (None, extra[..., :0], np.full_like(extra, np.nan)):
        seen = noise(values, extra=nothing)
        for point in range(1, 5):
            for a, b in zip(seen.differences(point, 0, 3), plain.differences(point, 0, 3), strict=True):
                assert (a == b).all()
        assert not seen.shift.any()


def test_where_little_is_known():
    values, extra = drawn(np.random.default_rng(4), 1, 4, 3, 5, 0.5)
    values, extra = values[0], extra[0]
    one = extra.copy()
    one[0, 1:] = np.nan
    seen, plain = noise(values, extra=one), noise(values)
    assert seen.own == pytest.approx(plain.own, nan_ok=True)
    assert seen.shift[0] != 0
    # a single common seed tells of no noise
    assert not noise(values[:, :1], extra=extra).shift.any()
    missing = values.copy()
    missing[2, 0] = np.nan
    seen = noise(missing, extra=extra)
    error, _ = seen.differences(np.array([1, 2]), 0, np.array([3.0, 2.0]))
    variance, _ = seen.moderated()
    expected = variance[2] / 2 + variance[0] / 2 - variance[0] * seen.saved[0]
    assert error[1] ** 2 == pytest.approx(expected)
    assert np.isfinite(half_widths(seen, np.array([1, 2]), 0, np.array([3.0, 2.0]))).all()
    equal = noise(np.ones((3, 3)), extra=np.ones((3, 2)))
    assert not equal.shift.any()


def test_baselines_share_the_luck_of_their_extra_seeds():
    """Two pairs, each with a baseline of its own: the variance of the estimate, from its weights on every run."""
    n, m, luck, points = 3, 5, 0.8, 4
    rng = np.random.default_rng(5)
    values = rng.normal(size=(points, n))
    extra = np.full((points, m), np.nan)
    extra[:2] = rng.normal(size=(2, m))
    variance = np.array([1.3, 0.7, 0.9, 1.1])
    found = shares(values, extra, variance, np.array(luck))
    contrast = np.array([-0.5, -0.5, 0.5, 0.5])
    w = found.saved * n
    assert w[:2] == pytest.approx(m / (n + m) * variance[:2] / (variance[:2] + luck))
    at_common, at_extra = contrast * (1 - w) / n, contrast * w / m
    expected = (variance * (n * at_common**2 + m * at_extra**2)).sum()
    expected += luck * (n * at_common.sum() ** 2 + m * at_extra.sum() ** 2)
    told = (contrast**2 * variance * (1 / n - found.saved)).sum()
    told += (contrast @ found.luck) ** 2 - ((contrast * found.luck) ** 2).sum()
    assert told == pytest.approx(expected)
    seen = noise(values, extra=extra)
    error, _ = seen.contrast(np.arange(points), contrast, n)
    own, _ = seen.moderated()
    expected = (contrast**2 * own * (1 / n - seen.saved)).sum() + 2 * 0.25 * seen.luck[0] * seen.luck[1]
    assert error**2 == pytest.approx(expected)
