"""Learning rates: proposed where a space gives none, extended where points are best at an end of the list."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The setting that is proposed, and the factor between two rates.
PATH, OCTAVE = "optimizer.lr", 2.0


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
    add: the next value beyond it; None for a list that does not go on evenly, or has one value.
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
    results: Iterable[tuple[str, str, float | None]],
) -> tuple[Extension, ...]:
    """Find the ends of lists of numbers at which points are best so far, and what to add beyond them.

    Args:
        nuisance: setting -> its values, as in the space.
        recipes: canonical texts of the space's recipes, one a setting, all of one length of training.
        results: point, recipe and error of runs; None for a failure, which counts as worst.
    """
    numbers = {path: _numbers(values) for path, values in nuisance.items()}
    lists = {path: values for path, values in numbers.items() if len(values) > 1}
    parsed = {recipe: json.loads(recipe) for recipe in recipes}
    errors: dict[str, dict[str, list[float]]] = {}
    for point, recipe, error in results:
        if recipe in parsed:
            errors_at_recipe = errors.setdefault(point, {}).setdefault(recipe, [])
            errors_at_recipe.append(math.inf if error is None else error)
    complete = {point: by_recipe for point, by_recipe in errors.items() if len(by_recipe) == len(parsed)}
    best = [_best(by_recipe) for by_recipe in complete.values() if _succeeds(by_recipe)]
    result = []
    for path, values in lists.items():
        chosen = [float(_inside(parsed[recipe], path)) for recipe in best]
        for at, near in ((values[0], values[1]), (values[-1], values[-2])):
            count = sum(math.isclose(value, at) for value in chosen)
            if count:
                beyond = _plain(at * at / near) if at > 0 and near > 0 else None
                result.append(Extension(path, at, beyond, count, len(best)))
    return tuple(result)


def _best(by_recipe: Mapping[str, Sequence[float]]) -> str:
    return min(by_recipe, key=lambda recipe: (sum(by_recipe[recipe]) / len(by_recipe[recipe]), recipe))


def _succeeds(by_recipe: Mapping[str, Sequence[float]]) -> bool:
    """Whether there is a setting at which every run succeeded: else all tie, and none is the best."""
    return any(all(map(math.isfinite, errors)) for errors in by_recipe.values())


def _inside(recipe: Any, path: str) -> Any:
    for part in path.split("."):
        recipe = recipe[part]
    return recipe


def _numbers(values: Sequence[Any]) -> list[float]:
    """The values by size; none unless all are numbers."""
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return []
    return sorted(map(float, values))


def _plain(value: float) -> float:
    return float(f"{value:.6g}")
