"""A Gaussian process over points and nuisance settings, with a seed's effect shared by all runs of that seed.

    value = f(point, setting) + b(seed) + noise
    f = point effect + setting effect + their product + a little of each cell

The point effect and the product follow the points' features (near points have near errors) and have a part that is the
point's own; both follow the settings' features. Without sharing over features a race needs twice the runs.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtrs

from sweep.search.posterior_scale import Array, Runs, Scale

#: Length scales that a fit chooses from. A numeric axis is 2 long; neighbouring settings are 1 apart.
POINT_LENGTHS = (0.4, 0.8, 1.6, 3.2)
SETTING_LENGTHS = (0.7, 1.2, 2.0, 3.5, 6.0)
#: Deviations that a fit chooses, in units of the scale: names, prior medians, and prior deviations of the logarithms.
#: A point's own part is a little more than half of what it shares: with less a race believes too much in smooth fronts.
NAMES = ("setting", "point", "point_own", "both", "both_own", "cell", "noise", "seed")
MEDIANS = np.log([1.0, 0.5, 0.3, 0.5, 0.25, 0.05, 0.35, 0.35])
DEVIATIONS = np.array([1.0, 1.0, 0.7, 1.0, 0.7, 0.5, 0.7, 0.7])
#: Variance of the level of all errors: wide, so that the data decide it.
LEVEL = 25.0
#: Keeps a matrix of nearly equal rows positive definite.
JITTER = 1e-8
#: A fit moves one logarithm at a time by this much. Coarse, so that the last bits of a sum decide nothing.
STEP = 0.5
LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class Hyper:
    """Logarithms of the deviations in the order of `NAMES`, and places of the two length scales."""

    logs: tuple[float, ...] = tuple(MEDIANS)
    point_length: int = 2
    setting_length: int = 2

    @property
    def variances(self) -> Array:
        """Of shape (8,), in the order of `NAMES`."""
        variances: Array = np.exp(2 * np.array(self.logs))
        return variances

    @property
    def noise(self) -> float:
        """Deviation of a run, on the scale."""
        return float(np.exp(self.logs[NAMES.index("noise")]))


class Model:
    """The prior of all points and settings.

    Args:
        point_features: of shape (points, features), as `racing_features.point_features` makes them.
        setting_features: of shape (settings, features).
    """

    def __init__(self, point_features: Array, setting_features: Array) -> None:
        self.points, self.settings = len(point_features), len(setting_features)
        self.point_correlations = [_rbf(point_features, length) for length in POINT_LENGTHS]
        self.setting_correlations = [_rbf(setting_features, length) for length in SETTING_LENGTHS]

    def point_covariances(self, hyper: Hyper) -> tuple[Array, Array]:
        """Covariances of the points' own effects and of the points in the product, each of shape (points, points)."""
        _, point, point_own, both, both_own, *_ = hyper.variances
        shared = self.point_correlations[hyper.point_length]
        own = np.eye(self.points)
        return point * shared + point_own * own, both * shared + both_own * own

    def covariance(self, hyper: Hyper, runs: Runs) -> Array:
        """Prior covariance of f in every cell with f in the cells of runs, of shape (points * settings, runs)."""
        of_point, of_both = (each[:, None, runs.point] for each in self.point_covariances(hyper))
        of_setting = self.setting_correlations[hyper.setting_length][:, runs.setting]
        setting, *_, cell, _, _ = hyper.variances
        covariance = LEVEL + of_point + of_setting * (setting + of_both)
        covariance[runs.point, runs.setting, np.arange(len(runs))] += cell
        flat: Array = covariance.reshape(self.points * self.settings, len(runs))
        return flat

    def fit(self, start: Hyper, runs: Runs, scale: Scale, sweeps: int) -> Hyper:
        """The most probable deviations and length scales near `start`, moved one at a time, each `sweeps` times."""
        density = _Density(self, runs, scale)
        best, highest = start, density(start)
        for _ in range(sweeps):
            for attempts in MOVES:
                for name, place, step in attempts:
                    candidate = _moved(best, name, place, step)
                    value = density(candidate) if candidate is not None else -np.inf
                    if candidate is not None and value > highest + LEAST_GAIN:
                        best, highest = candidate, value
                        break
        return best


#: What a sweep of a fit tries: each tuple up, and down where that is no gain.
MOVES = tuple(
    tuple((name, place, sign * step) for sign in (1, -1))
    for name, place, step in (
        *(("logs", place, STEP) for place in range(len(NAMES))),
        ("setting_length", 0, 1),
        ("point_length", 0, 1),
    )
)
LENGTHS = {"setting_length": len(SETTING_LENGTHS), "point_length": len(POINT_LENGTHS)}


def _moved(hyper: Hyper, name: str, place: int, step: float) -> Hyper | None:
    """A neighbour of some hyper-parameters; None where there is no further length scale."""
    if name == "logs":
        logs = tuple(value + step if each == place else value for each, value in enumerate(hyper.logs))
        return replace(hyper, logs=logs)
    moved = getattr(hyper, name) + int(step)
    return replace(hyper, **{name: moved}) if 0 <= moved < LENGTHS[name] else None


class _Density:
    """Logarithm of the posterior density of hyper-parameters given runs, up to a constant."""

    def __init__(self, model: Model, runs: Runs, scale: Scale) -> None:
        point, setting = runs.point, runs.setting
        self._value, kept = scale.apply(runs.error)
        self._kept = kept**2
        self._same_point = (point[:, None] == point).astype(float)
        self._same_cell = self._same_point * (setting[:, None] == setting)
        self._same_seed = (runs.seed[:, None] == runs.seed).astype(float)
        self._points = [each[point[:, None], point] for each in model.point_correlations]
        self._settings = [each[setting[:, None], setting] for each in model.setting_correlations]

    def __call__(self, hyper: Hyper) -> float:
        setting, point, point_own, both, both_own, cell, noise, seed = hyper.variances
        near, rates = self._points[hyper.point_length], self._settings[hyper.setting_length]
        covariance = (setting + both * near + both_own * self._same_point) * rates
        covariance += (
            point * near + point_own * self._same_point + cell * self._same_cell + seed * self._same_seed + LEVEL
        )
        covariance[np.diag_indices_from(covariance)] += noise * self._kept
        factor, failed = dpotrf(covariance, lower=1, overwrite_a=1)
        if failed:
            return -np.inf
        white, _ = dtrtrs(factor, self._value, lower=1)
        prior = ((np.array(hyper.logs) - MEDIANS) / DEVIATIONS) ** 2
        return float(-(white @ white) / 2 - np.log(np.diag(factor)).sum() - prior.sum() / 2)


def _rbf(features: Array, length: float) -> Array:
    """Correlations exp(-d^2 / (2 length^2)) of rows, of shape (rows, rows)."""
    squared = ((features[:, None] - features[None]) ** 2).sum(axis=-1)
    correlations: Array = np.exp(-squared / (2 * length**2)) + JITTER * np.eye(len(features))
    return correlations
