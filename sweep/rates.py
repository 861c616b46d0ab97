"""Learning rates: proposed where a space gives none, extended where points are best at an end of the list."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.statistics.ends import ends

#: The setting that is proposed, and the factor between two rates.
PATH, OCTAVE = "optimizer.lr", 2.0
#: Settings that have no largest value and no smallest but 0: the next value beyond a list is proposed for these alone.
_SCALES = frozenset({"lr", "weight_decay"})


def proposed(rate: float) -> tuple[float, ...]:
    """The rate of a recipe and one octave below and above it."""
    return tuple(_plain(rate * OCTAVE**step) for step in (-1, 0, 1))


def proposal(nuisance: Mapping[str, Sequence[Any]], rate: float) -> str:
    """A line that proposes rates to a space that tunes none; '' to one that does."""
    if PATH in nuisance:
        return ""
    listed = ", ".join(f"{value:g}" for value in proposed(rate))
    return (
        f"No learning rate is tuned: a comparison shows which points {rate:g} suits. To tune it for each point, add "
        f"'{PATH}: [{listed}]' to nuisance; after the first seed `wn-sweep status` says which way to go on"
    )


@dataclass(frozen=True)
class Extension:
    """How many of the points that have a result at every setting are best at an end of a list, and what to add.

    at: the value at which they are best.
    add: the next value beyond it, as far away as the last step of the list, as a factor; None for settings other than
        learning rates and weight decay, of which the space may not take such a value.
    """

    path: str
    at: float
    add: float | None
    best: int
    points: int
    #: the length of training that this is about, where a space has several
    epochs: int | None = None

    def line(self) -> str:
        """The same in words."""
        points = f"point{'' if self.points == 1 else 's'} {'is' if self.best == 1 else 'are'}"
        add = f": add {self.add:g} to nuisance" if self.add is not None else ": extend the list"
        after = "" if self.epochs is None else f"after {self.epochs} epoch{'' if self.epochs == 1 else 's'} "
        return f"{after}{self.best} of {self.points} {points} best at {self.path} {self.at:g}, an end of the list{add}"


def extensions(
    nuisance: Mapping[str, Sequence[Any]],
    recipes: Sequence[str],
    results: Iterable[tuple[str, str, int, float | None]],
) -> tuple[Extension, ...]:
    """Find the ends of lists of numbers at which points are best so far, and what to add beyond them.

    The rules are those of the report (`sweep.analysis.nuisance`): settings are compared over the seeds at which all of
    them have a result, by failures and then by the mean, and of equally good ones one inside its list is preferred.

    Args:
        nuisance: setting -> its values, as in the space.
        recipes: canonical texts of the space's recipes, one a setting, all of one length of training.
        results: point, recipe, seed and error of runs; None for a failure, which counts as worst.
    """
    # where a list has words as well, what lies beyond its numbers is not known
    numeric = (path for path, values in nuisance.items() if all(isinstance(v, int | float) for v in values))
    lists = {path: list_ends for path in numeric if (list_ends := ends(nuisance[path]))}
    parsed = {recipe: json.loads(recipe) for recipe in recipes}
    at_ends = {
        recipe: sum(_at_end(_inside(content, path), list_ends) for path, list_ends in lists.items())
        for recipe, content in parsed.items()
    }
    errors: dict[str, dict[int, dict[str, float]]] = {}
    for point, recipe, seed, error in results:
        if recipe in parsed:
            errors.setdefault(point, {}).setdefault(seed, {})[recipe] = math.inf if error is None else error
    best = []
    for by_seed in errors.values():
        complete_seeds = [by_recipe for by_recipe in by_seed.values() if len(by_recipe) == len(parsed)]
        by_recipe = {recipe: [at_seed[recipe] for at_seed in complete_seeds] for recipe in parsed}
        if complete_seeds and any(math.isfinite(error) for row in by_recipe.values() for error in row):
            best.append(min(parsed, key=lambda recipe: (*_rank(by_recipe[recipe]), at_ends[recipe], recipe)))
    extended = []
    for path, list_ends in lists.items():
        chosen = [float(_inside(parsed[recipe], path)) for recipe in best]
        for at, near in list_ends.items():
            count = sum(math.isclose(value, at) for value in chosen)
            if count:
                goes_on = path.rpartition(".")[2] in _SCALES and at > 0 and near > 0
                extended.append(Extension(path, at, _plain(at * at / near) if goes_on else None, count, len(best)))
    return tuple(extended)


def _rank(errors: Sequence[float]) -> tuple[int, float]:
    """Failures, and the mean of the others: the least is the best."""
    done = [error for error in errors if math.isfinite(error)]
    return len(errors) - len(done), math.fsum(done) / len(done) if done else math.inf


def _at_end(value: Any, list_ends: Mapping[float, float]) -> bool:
    return any(math.isclose(float(value), at) for at in list_ends)


def _inside(recipe: Any, path: str) -> Any:
    for part in path.split("."):
        recipe = recipe[part]
    return recipe


def _plain(value: float) -> float:
    return float(f"{value:.6g}")
