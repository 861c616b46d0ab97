"""Joint posterior draws of every point's error at every setting, given the finished runs.

A draw from the prior is corrected by how far it misses the runs (Matheron's rule): exact, and without a matrix of all
cells. The same random numbers serve every ask of a race, so that a claim changes only where the runs changed it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from sweep.search.posterior_model import LEVEL, NAMES, Hyper, Model
from sweep.search.posterior_scale import Array, Places, Runs, Scale


@dataclass(frozen=True)
class Posterior:
    """The posterior of all points and settings, on the scale of `scale`.

    mean: of shape (points, settings), the expected f.
    draws: of shape (points, settings, draws), joint.
    seeds: of shape (seeds, draws), the seeds' effects in the same draws.
    noise: deviation of a run.
    runs: number of runs of each point and setting, of shape (points, settings).
    """

    mean: Array
    draws: Array
    seeds: Array
    noise: float
    scale: Scale
    runs: Places

    @property
    def best_setting(self) -> Places:
        """Place of the setting with the lowest expected error, for each point."""
        best: Places = self.mean.argmin(axis=1)
        return best

    @property
    def lowest(self) -> Array:
        """Error at a point's best setting, of shape (points, draws)."""
        lowest: Array = self.draws.min(axis=1)
        return lowest


class RandomNumbers:
    """Standard normal numbers that depend on a seed alone; rows are added as they are asked for."""

    def __init__(self, seed: int, draws: int) -> None:
        self.seed, self.draws = seed, draws
        self._made: dict[str, Array] = {}

    def rows(self, name: str, count: int) -> Array:
        """The first `count` rows, of shape (count, draws), of the numbers of that name."""
        numbers = self._made.get(name)
        if numbers is None or len(numbers) < count:
            generator = np.random.default_rng([self.seed, *name.encode()])
            numbers = self._made[name] = generator.standard_normal(
                (max(count, 64 if numbers is None else 2 * len(numbers)), self.draws)
            )
        return numbers[:count]


def condition(
    model: Model, hyper: Hyper, runs: Runs, scale: Scale, seeds: int, random: RandomNumbers, dof: float = np.inf
) -> Posterior:
    """Draw from the posterior given runs.

    Args:
        model: the prior.
        hyper: its deviations and length scales.
        runs: the runs that are in; at least one.
        scale: the scale of their errors.
        seeds: number of seeds, fresh ones included.
        random: the random numbers; those of a run's noise go by the number of its ask.
        dof: degrees of freedom of the deviations, which few runs do not determine exactly: every draw is stretched
            about the mean by one factor, so that it follows a t distribution; infinite for a normal distribution.
    """
    value, kept = scale.apply(runs.error)
    seed_deviation = float(np.exp(hyper.logs[NAMES.index("seed")]))
    effects, seed_effects = prior_draws(model, hyper, random), seed_deviation * random.rows("seeds", seeds)
    noise_deviation = hyper.noise * kept
    noise = noise_deviation[:, None] * random.rows("noise", int(runs.number.max()) + 1)[runs.number]

    covariance = model.covariance(hyper, runs)
    own = covariance[runs.point * model.settings + runs.setting]
    own = own + seed_deviation**2 * (runs.seed[:, None] == runs.seed)
    own[np.diag_indices_from(own)] += noise_deviation**2
    factor, failed = dpotrf(own, lower=1)
    if failed:
        raise np.linalg.LinAlgError("the covariance of the runs is not positive definite")
    missed = value[:, None] - effects[runs.point, runs.setting] - seed_effects[runs.seed] - noise
    weights, _ = dpotrs(factor, np.column_stack([value, missed]), lower=1)

    shape = model.points, model.settings
    correction = covariance @ weights
    mean = correction[:, 0].reshape(shape)
    draws = effects + correction[:, 1:].reshape(*shape, -1)
    of_seed = np.zeros((seeds, len(runs)))
    of_seed[runs.seed, np.arange(len(runs))] = seed_deviation**2
    seed_draws = seed_effects + of_seed @ weights[:, 1:]
    if np.isfinite(dof):
        stretch = np.sqrt(dof / np.random.default_rng([random.seed, len(runs)]).chisquare(dof, random.draws))
        draws = mean[..., None] + (draws - mean[..., None]) * stretch
    counts = np.bincount(runs.point * model.settings + runs.setting, minlength=model.points * model.settings)
    return Posterior(mean, draws, seed_draws, hyper.noise, scale, counts.reshape(shape))


def prior_draws(model: Model, hyper: Hyper, random: RandomNumbers) -> Array:
    """Draw f of every point and setting from the prior, of shape (points, settings, draws)."""
    points, settings, cells = model.points, model.settings, model.points * model.settings
    of_point, of_both = (np.linalg.cholesky(covariance) for covariance in model.point_covariances(hyper))
    of_setting = np.linalg.cholesky(model.setting_correlations[hyper.setting_length])
    setting, *_, cell, _, _ = np.sqrt(hyper.variances)
    point_effect = of_point @ random.rows("point", points)
    setting_effect = setting * (of_setting @ random.rows("setting", settings))
    product_effect = (of_both @ random.rows("both", cells).reshape(points, -1)).reshape(points, settings, -1)
    product_effect = np.einsum("st,ptd->psd", of_setting, product_effect)
    level = np.sqrt(LEVEL) * random.rows("level", 1)[0]
    of_cell = cell * random.rows("cell", cells).reshape(points, settings, -1)
    draws: Array = level + point_effect[:, None] + setting_effect + product_effect + of_cell
    return draws
