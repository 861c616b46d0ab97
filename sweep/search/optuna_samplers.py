"""Optuna's samplers, made for one ask each: they are given facts that they would compute from all trials."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

#: With NSGA-II's default of 50 a search of 150 runs would have three generations only.
POPULATION = 12
#: Samplers whose only state is random numbers -> Optuna's name of their attributes.
GENETIC = {"nsga2": "NSGAIISampler", "nsga3": "NSGAIIISampler"}

Distributions = Mapping[str, "BaseDistribution"]


def sampler_of(name: str, seed: int, distributions: Distributions, complete: Mapping[int, int]) -> "BaseSampler":
    """A sampler of a name in space.yaml, for one ask.

    Args:
        name: tpe, gp, nsga2 or nsga3.
        seed: of its random numbers.
        distributions: what all trials have in common.
        complete: generation -> how many of its trials are complete, kept up to date; genetic samplers read it.
    """
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    if name == "tpe":
        return samplers.TPESampler(seed=seed)
    if name == "gp":
        return _made(samplers.GPSampler, _fixed(distributions), seed=seed)
    genetic = samplers.NSGAIISampler if name == "nsga2" else samplers.NSGAIIISampler
    methods = _fixed(distributions) | _counted(complete)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return _made(genetic, methods, seed=seed, population_size=POPULATION)


def _made(sampler: type, methods: Mapping[str, Any], **settings: int) -> "BaseSampler":
    # attributes of trials begin with the name of the class
    instance: BaseSampler = type(sampler.__name__, (sampler,), dict(methods))(**settings)
    return instance


def _fixed(distributions: Distributions) -> dict[str, Any]:
    """Methods of a sampler that is given the search space.

    Optuna's own new sampler would compare all trials for it at every ask.
    """

    def reseed(self: Any, seed: int) -> None:
        # as a sampler of that seed begins, which takes ten times as long to make
        for numbers in (self._rng, self._random_sampler._rng):
            numbers.rng.seed(seed)

    def infer_relative_search_space(self: Any, study: "Study", trial: object) -> dict[str, Any]:
        # as Optuna's: nothing before there is a result, and in the order of names
        return dict(sorted(distributions.items())) if _any_complete(study) else {}

    return {"reseed": reseed, "infer_relative_search_space": infer_relative_search_space}


def _counted(complete: Mapping[int, int]) -> dict[str, Any]:
    """Methods of a genetic sampler that is given the number of complete trials of each generation.

    Optuna's own would count them in all trials at every ask.
    """

    def get_trial_generation(self: Any, study: "Study", trial: "FrozenTrial") -> int:
        key = self._get_generation_key()
        generation: int | None = trial.system_attrs.get(key)
        if generation is None:
            newest = max(complete, default=0)
            generation = newest + (complete.get(newest, 0) >= self._population_size)
            study._storage.set_trial_system_attr(trial._trial_id, key, generation)
        return generation

    return {"get_trial_generation": get_trial_generation}


def _any_complete(study: "Study") -> bool:
    from optuna.trial import TrialState

    return any(trial.state is TrialState.COMPLETE for trial in study._get_trials(deepcopy=False, use_cache=True))
