"""The seeds of a space: a number of them, or a list; for the baseline more than for the other points, if it says so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweep.space.mistakes import describe
from sweep.space.source import Source, did_you_mean

#: Keys of `seeds` where the baseline has more of them.
ALL, BASELINE = "all", "baseline"
KEYS = (ALL, BASELINE)


def listed_seeds(value: object) -> tuple[int, ...]:
    """The seeds that a number or a list means; raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 10_000:
            raise ValueError(f"needs between 1 and 10000 seeds, found {value}")
        return tuple(range(value))
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("needs at least one seed")
        if any(isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31 for seed in value):
            raise ValueError("needs whole numbers from 0 to 2147483647")
        if len(set(value)) < len(value):
            raise ValueError("names a seed twice")
        return tuple(value)
    raise ValueError(f"needs a whole number or a list of them, found {describe(value)}")


def seeds_of_all(value: object) -> object:
    """The seeds of every point; raises ValueError. What is wrong within a mapping `seed_mistakes` tells."""
    if not isinstance(value, Mapping):
        return listed_seeds(value)
    try:
        return listed_seeds(value.get(ALL))
    except ValueError:
        return (0,)


def extra_seeds(value: object) -> tuple[int, ...]:
    """The seeds that baselines have beside those of every point, of a value without mistakes."""
    if not isinstance(value, Mapping):
        return ()
    common = set(listed_seeds(value[ALL]))
    return tuple(seed for seed in listed_seeds(value[BASELINE]) if seed not in common)


def written_seeds(every: Sequence[int], extra: Sequence[int]) -> object:
    """The shortest value of `seeds` that means these."""
    if not extra:
        return _shortest(every)
    return {ALL: _shortest(every), BASELINE: _shortest([*every, *extra])}


def _shortest(seeds: Sequence[int]) -> object:
    return len(seeds) if list(seeds) == list(range(len(seeds))) else list(seeds)


def seed_mistakes(data: Mapping[str, Any], source: Source) -> list[str]:
    """Messages about seeds of the baseline that do not fit those of the others, or the rest of the space."""
    value = data.get("seeds")
    if not isinstance(value, Mapping):
        return []
    return [source.mistake(("seeds", *where), message) for where, message in _mistakes(value, data)]


def _mistakes(value: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    listed: dict[str, tuple[int, ...]] = {}
    for key in value:
        if key not in KEYS:
            yield (str(key),), f"unknown key '{key}'{did_you_mean(key, KEYS)}"
    for key in KEYS:
        if key not in value:
            yield (key,), "is missing: write seeds: {all: 3, baseline: 9}, or seeds: 3 for all alike"
            continue
        try:
            listed[key] = listed_seeds(value[key])
        except ValueError as error:
            yield (key,), str(error)
    if len(listed) == len(KEYS):
        lacking = [seed for seed in listed[ALL] if seed not in listed[BASELINE]]
        if lacking:
            named = ", ".join(map(str, lacking[:5])) + ", ..." * (len(lacking) > 5)
            yield (BASELINE,), f"lacks seed {named} of seeds.all; list all of those, and more"
    if not data.get("baseline"):
        yield (BASELINE,), "needs a baseline: say which point it is, such as baseline: {family: static}"
    strategy = data.get("strategy", "grid")
    name = strategy.get("name", "grid") if isinstance(strategy, Mapping) else strategy
    if name != "grid":
        meant = "a search gives its finalists and their baselines fresh seeds (confirm); write seeds: 3"
        yield (BASELINE,), f"goes with strategy grid, not with {name}: {meant}"
