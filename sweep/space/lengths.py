"""The key `lengths`: how long runs are trained, each length a complete schedule and a recipe of its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from sweep.space.mistakes import describe, messages
from sweep.space.model import Model
from sweep.space.nuisance import nuisance_mistakes, recipe_errors
from sweep.space.schema import Proxy
from sweep.space.source import Source

#: More lengths than these are a mistake.
MOST = 10


class Length(Model):
    """Epochs of training, and the nuisance settings to try at them where they are others than elsewhere."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000, description="Passes over the training images.")]
    nuisance: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1)]],
        Field(description="Values of settings of nuisance that are tried at this length, if others."),
    ] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | Mapping):
            raise ValueError(f"needs a number of epochs, or a mapping with epochs, found {describe(value)}")
        return {"epochs": value} if isinstance(value, int) else value


def ordered(lengths: Sequence[Length]) -> tuple[Length, ...]:
    """The lengths by their epochs; raises ValueError in words if two are the same."""
    epochs = [length.epochs for length in lengths]
    if len(set(epochs)) < len(epochs):
        raise ValueError("names a number of epochs twice")
    return tuple(sorted(lengths, key=lambda length: length.epochs))


def with_epochs(data: Mapping[str, Any]) -> dict[str, Any]:
    """The space with the epochs of its longest length, where `proxy` gives none."""
    proxy = data.get("proxy")
    epochs = [epochs for epochs in map(_epochs, _listed(data)) if epochs is not None]
    if not epochs or not isinstance(proxy, Mapping) or "epochs" in proxy:
        return dict(data)
    return {**data, "proxy": {**proxy, "epochs": max(epochs)}}


def length_mistakes(data: Mapping[str, Any], source: Source) -> list[str]:
    """Messages about lengths that do not fit the rest of the space."""
    listed = _listed(data)
    if not listed:
        return []
    mistakes: list[str] = []
    proxy, nuisance = data.get("proxy"), data.get("nuisance")
    nuisance = nuisance if isinstance(nuisance, Mapping) else {}
    judged = proxy.get("epochs") if isinstance(proxy, Mapping) else None
    if isinstance(judged, int) and judged not in [_epochs(length) for length in listed]:
        mistakes.append(source.mistake(("lengths",), f"lacks the {judged} epochs of proxy.epochs, which are judged"))
    longest = max((epochs for epochs in map(_epochs, listed) if epochs is not None), default=None)
    strategy = data.get("strategy", "grid")
    name = strategy.get("name", "grid") if isinstance(strategy, Mapping) else strategy
    if name == "halving" and isinstance(judged, int) and longest is not None and judged < longest:
        message = f"must be {longest}, the longest of lengths: halving ends there, and judges by that"
        mistakes.append(source.mistake(("proxy", "epochs"), message))
    if "epochs" in nuisance:
        mistakes.append(source.mistake(("nuisance", "epochs"), "cannot be tuned where lengths are given"))
    if name not in STRATEGIES:
        mistakes.append(source.mistake(("lengths",), f"goes with strategy {' or '.join(STRATEGIES)}, not with {name}"))
    base = _kinds(recipe_errors(proxy)) if isinstance(proxy, Mapping) else set()
    for index, length in enumerate(listed):
        epochs, at_length = _epochs(length), data
        if isinstance(proxy, Mapping) and epochs is not None and epochs != judged:
            at_length = {**data, "proxy": {**proxy, "epochs": epochs}}
            errors = [error for error in recipe_errors(at_length["proxy"]) if not _kinds([error]) <= base]
            mistakes += [source.mistake(("lengths", index), message) for _, message in messages(errors, Proxy)]
        own_nuisance = length.get("nuisance") if isinstance(length, Mapping) else None
        if not isinstance(own_nuisance, Mapping):
            continue
        unknown = [path for path in own_nuisance if path not in nuisance]
        where = ("lengths", index, "nuisance")
        mistakes += [source.mistake((*where, path), "is not tuned: it is not in nuisance") for path in unknown]
        at_length = {
            **at_length,
            "nuisance": {path: values for path, values in own_nuisance.items() if path in nuisance},
        }
        mistakes += nuisance_mistakes(at_length, source, where)
    return mistakes


#: Strategies that train at several lengths.
STRATEGIES = ("grid", "halving")


def _kinds(errors: Iterable[Any]) -> set[Any]:
    return {(error["loc"], error["type"]) for error in errors}


def _listed(data: Mapping[str, Any]) -> list[Any]:
    lengths = data.get("lengths")
    return list(lengths) if isinstance(lengths, list | tuple) else []


def _epochs(length: Any) -> int | None:
    epochs = length.get("epochs") if isinstance(length, Mapping) else length
    return epochs if isinstance(epochs, int) and not isinstance(epochs, bool) else None
