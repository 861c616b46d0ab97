"""The values that a function accepts, according to its annotations and defaults."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from sweep.space.mistakes import describe, near_boolean

_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "null"}


@dataclass(frozen=True)
class Accepts:
    """The types and words that a parameter takes, and why: its annotation, or its default."""

    types: tuple[type, ...]
    words: tuple[Any, ...]
    #: 'it is annotated int' or 'its default is True'
    reason: str

    def mistake(self, value: Any) -> str | None:
        """What is wrong with a value, in words; None if nothing is. Lists are left to the function."""
        if isinstance(value, list | tuple) or type(value) in self.types:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and float in self.types:
            return None
        if any(type(value) is type(word) and value == word for word in self.words):
            return None
        expected = [_NAMES.get(kind, kind.__name__) for kind in self.types] + [repr(word) for word in self.words]
        hint = near_boolean(value) if bool in self.types else ""
        return f"needs {' or '.join(expected)}, found {describe(value)} ({self.reason}){hint}"


def accepts(function: Callable[..., Any], parameters: Mapping[str, inspect.Parameter]) -> dict[str, Accepts]:
    """Parameter -> accepted values, for parameters with an annotation or a default that limits them."""
    try:
        hints = typing.get_type_hints(function.__init__ if inspect.isclass(function) else function)
    except Exception:
        # names that only a type checker sees; whatever evaluating them raises
        hints = {}
    result = {}
    for name, parameter in parameters.items():
        accepted = _by_annotation(hints[name]) if name in hints else None
        if name not in hints and parameter.default is not parameter.empty:
            accepted = _by_default(parameter.default)
        if accepted is not None:
            result[name] = accepted
    return result


def _by_annotation(annotation: Any) -> Accepts | None:
    leaves = _leaves(annotation)
    kinds = tuple(leaf for leaf in leaves if leaf in _NAMES)
    words = tuple(word for leaf in leaves if get_origin(leaf) is Literal for word in get_args(leaf))
    if len(kinds) + sum(get_origin(leaf) is Literal for leaf in leaves) < len(leaves):
        return None
    name = getattr(annotation, "__name__", None) if isinstance(annotation, type) else None
    return Accepts(kinds, words, f"it is annotated {name or str(annotation).replace('typing.', '')}")


def _leaves(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [leaf for argument in get_args(annotation) for leaf in _leaves(argument)]
    if get_origin(annotation) is typing.Annotated:
        return _leaves(get_args(annotation)[0])
    return [type(None) if annotation is None else annotation]


def _by_default(default: Any) -> Accepts | None:
    """A default of true or false asks for one of them; a number for anything but these and text that is a number."""
    if isinstance(default, bool):
        return Accepts((bool, type(None)), (), f"its default is {str(default).lower()}")
    if isinstance(default, int | float):
        return _Number((float, type(None)), (), f"its default is {default}")
    return None


@dataclass(frozen=True)
class _Number(Accepts):
    def mistake(self, value: Any) -> str | None:
        if isinstance(value, str) and not _is_number(value) and not near_boolean(value):
            return None
        return super().mistake(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
