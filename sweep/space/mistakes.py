"""Pydantic's errors in the words of space.yaml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sweep.space.model import Choice, Flat
from sweep.space.source import Source, Where, did_you_mean

#: What is added to the message about a key that is missing.
_HINTS = {
    "optimizer": ": give a learning rate (lr: 0.01), or tune it (nuisance: {lr: [0.003, 0.01, 0.03]})",
    "lr": ": give a learning rate (lr: 0.01), or tune it (nuisance: {lr: [0.003, 0.01, 0.03]})",
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
    return [
        source.mistake(under + where, message) for where, message in messages(error.errors(include_url=False), model)
    ]


def messages(errors: Iterable[Any], model: type[BaseModel] | None, name: str = "") -> Iterator[tuple[Where, str]]:
    """Yield where each of pydantic's errors is, and a message; `name` is that of a single value."""
    lacking: dict[tuple[Where, str], list[str]] = {}
    for item in errors:
        where, owner, tag = _place(item["loc"], model)
        choice = owner.choice if owner and issubclass(owner, Flat) else None
        if choice and tag and item["type"] == "missing":
            # one message for all keys that are missing
            lacking.setdefault((where[:-1], tag), []).append(str(where[-1]))
        elif choice and item["type"] == "union_tag_not_found":
            yield (*where, choice.tag), "is missing"
        elif choice and item["type"] == "union_tag_invalid":
            value = item["input"][choice.tag]
            yield (*where, choice.tag), unknown_word(choice.noun, value, list(choice.members))
        elif choice and tag and item["type"] == "extra_forbidden" and where[-1] in choice.keys:
            allowed = ", ".join(f"'{name}'" for name in choice.keys[str(where[-1])])
            yield where, f"{where[-1]} is not supported with {choice.noun} {tag}, only with {allowed}"
        else:
            context = item.get("ctx", {})
            yield where, _message(item["type"], item["input"], context, item["msg"], where or (name,), owner)
    for (where, tag), names in lacking.items():
        choice = _choice_of(model, where)
        yield where, f"{choice.noun} {tag} needs {' and '.join(names)}{getattr(choice.members[tag], 'hint', '')}"


def _place(
    loc: tuple[int | str, ...], model: type[BaseModel] | None
) -> tuple[Where, type[BaseModel] | None, str | None]:
    """Where in the file an error is, the model of the section that it is in, and the value of its tag if it has one.

    Pydantic adds steps for validators and members of unions, such as 'function-before[...]'; the file has none.
    """
    where: Where = ()
    owner: type[BaseModel] | None = model
    inner: type[BaseModel] | None = model
    tag = None
    steps = iter(loc)
    for step in steps:
        if isinstance(step, str) and re.match(r"function-|.*\[", step):
            continue
        if step == "chosen" and inner is not None and issubclass(inner, Flat):
            value = next(steps, None)
            owner, tag = inner, None if value is None else str(value)
            continue
        if isinstance(step, int):
            # an item of a list: the list's key says which values are allowed
            where = (*where, step)
            continue
        if inner is not owner:
            tag = None
        owner = inner
        where = (*where, step)
        inner = _model_of(owner, str(step))
    return where, owner, tag


def _message(
    kind: str, value: Any, context: Mapping[str, Any], message: str, where: Where, owner: type[BaseModel] | None
) -> str:
    name = str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        if name == "search":
            return "unknown key 'search'; for a search write strategy: tpe (docs/search.md)"
        return f"unknown key '{name}'{did_you_mean(name, keys_of(owner) if owner else [])}"
    if kind == "missing":
        return "is missing" + _HINTS.get(name, "")
    if kind == "literal_error":
        key = next((str(step) for step in reversed(where) if isinstance(step, str)), name)
        return unknown_word(key if key == name else key.removesuffix("s"), value, _literals(owner, key))
    if kind.endswith(("_type", "_from_float")) or kind == "int_parsing":
        expected = _KINDS.get(kind.split("_")[0], kind.split("_")[0])
        return f"needs {expected}, found {describe(value)}{near_boolean(value) if kind == 'bool_type' else ''}"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        sign = {"greater_than": "over", "greater_than_equal": "at least"}.get(kind)
        sign = sign or {"less_than": "under", "less_than_equal": "at most"}[kind]
        return f"must be {sign} {next(iter(context.values()))}, found {describe(value)}"
    if kind == "string_pattern_mismatch":
        allowed = "letters, digits, '.', '_' and '-', starting with a letter or digit"
        return f"{describe(value)} is used in file names: use {allowed}"
    if kind == "too_short":
        return "needs at least one value"
    return message.removeprefix("Value error, ")


def near_boolean(value: object) -> str:
    """A hint about a word that older YAML read as true or false; '' for any other value."""
    is_near = isinstance(value, str) and value.lower() in {"on", "off", "yes", "no", "y", "n"}
    return f"; in YAML 1.2 {value} is text: write true or false" if is_near else ""


def unknown_word(subject: str, value: object, known: list[str]) -> str:
    """A message about an unknown word."""
    return f"{describe(value)} is not a known {subject}{did_you_mean(value, known)}"


def describe(value: object) -> str:
    """A value in a few words, for messages."""
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


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a section may have."""
    if issubclass(model, Flat):
        choice = model.choice
        return [*(name for name in model.model_fields if name != "chosen"), choice.tag, *choice.keys]
    return list(model.model_fields)


def _choice_of(model: type[BaseModel] | None, where: Where) -> Choice:
    current = model
    for step in where:
        current = _model_of(current, str(step)) if current else None
    assert current is not None
    assert issubclass(current, Flat)
    return current.choice


def _annotation(model: type[BaseModel], name: str) -> Any:
    if name in model.model_fields:
        return model.model_fields[name].annotation
    if issubclass(model, Flat):
        for member in model.choice.members.values():
            if name in member.model_fields:
                return member.model_fields[name].annotation
    return None


def _model_of(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """The model of the mapping under a key of a section, if it has one."""
    types = types_in(_annotation(model, name)) if model else iter(())
    return next((t for t in types if isinstance(t, type) and issubclass(t, BaseModel)), None)


def types_in(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and every type within it."""
    yield annotation
    for inner in get_args(annotation):
        yield from types_in(inner)


def _literals(model: type[BaseModel] | None, name: str) -> list[str]:
    types = types_in(_annotation(model, name)) if model else iter(())
    return [str(word) for t in types if get_origin(t) is Literal for word in get_args(t)]
