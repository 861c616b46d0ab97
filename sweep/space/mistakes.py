"""Pydantic's errors in the words of space.yaml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sweep.space.source import Source, Where, did_you_mean

#: Words of DESIGN that a later version will know; better said than answered with "did you mean".
NOT_YET = {
    "strategy": {"random", "tpe", "nsga2", "racing"},
}

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping",
}


def translate(error: ValidationError, model: type[BaseModel], source: Source, under: Where = ()) -> list[str]:
    """One line per mistake: `file:line: path: what is wrong; what was meant`."""
    return [source.mistake(under + where, what) for where, what in told(error.errors(include_url=False), model)]


def told(errors: Iterable[Any], model: type[BaseModel]) -> Iterator[tuple[Where, str]]:
    """Where each of pydantic's errors is, and what to say of it."""
    for item in errors:
        # pydantic adds steps for validators and union members, such as 'function-before[...]'; the file has none
        where = tuple(s for s in item["loc"] if isinstance(s, int) or not re.match(r"function-|.*\[", s))
        yield where, _what(item["type"], item["input"], item.get("ctx", {}), item["msg"], where, model)


def _what(kind: str, value: Any, context: Mapping[str, Any], message: str, where: Where, model: type[BaseModel]) -> str:
    name = str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        if name == "search":
            return "searches are not in this version yet; list the values under grid:"
        return f"unknown key '{name}'{did_you_mean(name, _fields(model, where[:-1]))}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        known = _literals(model, where)
        subject = str(where[-2]) if name == "name" and len(where) > 1 else name
        return unknown_word(subject, value, known)
    if kind.endswith(("_type", "_from_float")) or kind == "int_parsing":
        wanted = _KINDS.get(kind.split("_")[0], kind.split("_")[0])
        return f"needs {wanted}, found {describe(value)}"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        sign = {"greater_than": "over", "greater_than_equal": "at least"}.get(kind)
        sign = sign or {"less_than": "under", "less_than_equal": "at most"}[kind]
        return f"must be {sign} {next(iter(context.values()))}, found {describe(value)}"
    if kind == "string_pattern_mismatch":
        return f"{describe(value)} names files: use letters, digits, '.', '_' and '-', beginning with a letter or digit"
    if kind == "too_short":
        return "needs at least one value"
    return message.removeprefix("Value error, ")


def unknown_word(subject: str, value: object, known: list[str]) -> str:
    """What to say of a word that is none of the known ones."""
    if isinstance(value, str) and value in NOT_YET.get(subject, ()):
        return f"{subject} '{value}' is not in this version yet (known: {', '.join(known)})"
    return f"{describe(value)} is not a known {subject}{did_you_mean(value, known)}"


def describe(value: object) -> str:
    """A value of the file in a few words."""
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _model_at(model: type[BaseModel], where: Where) -> type[BaseModel] | None:
    """The model that describes the mapping at `where`."""
    current: type[BaseModel] | None = model
    for step in where:
        if current is None:
            return None
        field = current.model_fields.get(str(step))
        found = (
            [t for t in _types(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)] if field else []
        )
        current = found[0] if found else current if not field else None
    return current


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _fields(model: type[BaseModel], where: Where) -> list[str]:
    found = _model_at(model, where)
    return list(found.model_fields) if found else []


def _literals(model: type[BaseModel], where: Where) -> list[str]:
    owner = _model_at(model, where[:-1])
    field = owner.model_fields.get(str(where[-1])) if owner else None
    if field is None:
        return []
    return [str(word) for t in _types(field.annotation) if get_origin(t) is Literal for word in get_args(t)]
