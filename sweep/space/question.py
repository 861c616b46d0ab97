"""The keys `main`, `hypothesis` and `smallest`: the question of a sweep. They are not part of any run's key."""

from collections.abc import Mapping, Sequence
from typing import Any

from sweep.space.axes import AXES
from sweep.space.mistakes import describe
from sweep.space.own import OwnNetwork
from sweep.space.source import Source, Where, did_you_mean

#: Keys of a space that state its question.
QUESTION = ("main", "hypothesis", "smallest")


def named_axes(value: object) -> object:
    """The axes that `main` names: one, or a list of them; raises ValueError in words."""
    named = value if isinstance(value, list | tuple) else [value]
    if not named:
        raise ValueError("needs at least one axis")
    for name in named:
        if not isinstance(name, str) or not name:
            raise ValueError(f"needs the name of an axis or a list of them, found {describe(name)}")
    if len(set(named)) < len(named):
        raise ValueError("names an axis twice")
    return tuple(named)


def question_mistakes(data: Mapping[str, Any], source: Source, networks: Mapping[str, OwnNetwork | None]) -> list[str]:
    """Messages about names in `main` that are not an axis, built-in or of the user's own networks.

    `networks` is as in `axis_mistakes`.
    """
    if None in networks.values():
        return []
    own_networks = [network for network in networks.values() if network is not None]
    known_axes = [
        *AXES,
        *dict.fromkeys(name for network in own_networks for name in network.parameters if name not in AXES),
    ]
    return [
        source.mistake(where, f"unknown axis '{name}'{did_you_mean(name, known_axes)}")
        for where, name in _named(data.get("main"))
        if name not in known_axes and not any(network.takes(name) for network in own_networks)
    ]


def unvaried_mistakes(data: Mapping[str, Any], source: Source, varying: Sequence[str]) -> list[str]:
    """Messages about axes that `main` names and that have less than two values over the points of a plan."""
    hint = f"; these vary: {', '.join(varying)}" if varying else "; no axis varies"
    return [
        source.mistake(where, f"'{name}' has less than two values in this grid{hint}")
        for where, name in _named(data.get("main"))
        if name not in varying
    ]


def _named(main: object) -> list[tuple[Where, str]]:
    """What `main` names, each with its place in the file."""
    if isinstance(main, str):
        return [(("main",), main)]
    listed = main if isinstance(main, list | tuple) else ()
    return [(("main", index), name) for index, name in enumerate(listed) if isinstance(name, str)]
