"""The section `nuisance`: settings of the recipe that are tuned for each point."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sweep.space.mistakes import describe, messages
from sweep.space.schema import INDECISIVE, Proxy
from sweep.space.source import Source, Where

#: Settings at which each point is trained; more are a mistake.
MOST_SETTINGS = 10_000
#: Sections of a recipe that decide what is learnt rather than how: errors under different ones are not comparable.
WHAT_IS_LEARNT = {"dataset": "the data set", "task": "the task"}


def with_setting(proxy: Any, setting: Mapping[str, Any]) -> dict[str, Any]:
    """The proxy section with dotted paths replaced."""
    changed = dict(proxy) if isinstance(proxy, Mapping) else {}
    for path, value in setting.items():
        head, _, remaining_path = path.partition(".")
        inner = changed.get(head)
        changed[head] = (
            with_setting({"name": inner} if isinstance(inner, str) else inner, {remaining_path: value})
            if remaining_path
            else value
        )
    return changed


def nuisance_mistakes(data: Mapping[str, Any], source: Source, within: Where = ("nuisance",)) -> list[str]:
    """Messages about settings that the recipe does not have, or that make it invalid; `within` is their section."""
    nuisance, proxy = data.get("nuisance"), data.get("proxy")
    if not isinstance(nuisance, Mapping) or not isinstance(proxy, Mapping):
        return []
    settings = math.prod(len(values) for values in nuisance.values() if isinstance(values, list))
    if settings > MOST_SETTINGS:
        message = f"has {settings:,} settings, more than the {MOST_SETTINGS:,} at which a point can be trained"
        return [source.mistake(within, message)]
    base = {(error["loc"], error["type"]) for error in recipe_errors(proxy)}
    mistakes: list[str] = []
    for path, values in nuisance.items():
        where: Where = (*within, path)
        inner = next((other_path for other_path in nuisance if other_path.startswith(f"{path}.")), None)
        if inner is not None:
            mistakes.append(source.mistake(where, f"overlaps with {inner}, which is tuned too"))
        elif (head := path.split(".")[0]) in WHAT_IS_LEARNT:
            mistakes.append(source.mistake(where, f"{WHAT_IS_LEARNT[head]} cannot be tuned"))
        elif path in INDECISIVE:
            mistakes.append(source.mistake(where, f"{path} does not change results, so it cannot be tuned"))
        elif not all(path.split(".")):
            mistakes.append(source.mistake(where, "is not a setting of the recipe"))
        elif isinstance(values, list):
            if len(values) > len({repr(value) for value in values}):
                mistakes.append(source.mistake(where, "has a value twice"))
            for index, value in enumerate(values):
                mistakes += _value_mistakes(proxy, path, value, (*where, index), base, source)
    return list(dict.fromkeys(mistakes))


def _value_mistakes(
    proxy: Mapping[str, Any], path: str, value: Any, at: Where, base: set[Any], source: Source
) -> list[str]:
    """Messages about a value that makes the recipe invalid, without mistakes of the recipe itself."""
    if not isinstance(value, bool | int | float | str):
        return [source.mistake(at, f"needs a number, a word, true or false, found {describe(value)}")]
    mistakes = []
    for error in recipe_errors(with_setting(proxy, {path: value})):
        if (error["loc"], error["type"]) not in base:
            ((_, message),) = messages([error], Proxy)
            # an unknown setting is one mistake, however many values it has
            mistakes.append(source.mistake(at[:2] if "unknown key" in message else at, message))
    return mistakes


def recipe_errors(proxy: Mapping[str, Any]) -> list[Any]:
    """What pydantic says is wrong with the values of a recipe."""
    try:
        Proxy(**proxy)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []
