"""Rules of the JSON schema between `network` and the blocks of `grid`: which keys mean something where."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from sweep.space.axes import AXES, NUMERIC_AXES
from sweep.space.backbones import BACKBONES
from sweep.space.families import CHOICE, FAMILIES, PlaneKeys
from sweep.space.point import BACKBONE_KEYS, WHERE_DEFAULTS
from sweep.space.product import DEFAULT_BACKBONE
from sweep.space.space import COSTS

Schema = dict[str, Any]

PLANE = ("M", "G", "lambda")


def rules() -> Iterator[Schema]:
    """Yield every rule, each a schema of the whole space."""
    yield from _names()
    yield _our_blocks({"not": {"required": list(PLANE)}})
    for name, keys in FAMILIES.items():
        on_plane = issubclass(keys, PlaneKeys)
        foreign = {*CHOICE.keys, "lambda"} - {*keys.model_fields, *(PLANE if on_plane else ())}
        yield from _blocks_of("family", name, CHOICE.default, _without(foreign))
        for key, field in keys.model_fields.items():
            if field.is_required() and key not in PLANE:
                needed = _blocks_of("family", name, CHOICE.default, {"required": [key]})
                yield {"if": _network_without(key), "then": {"allOf": list(needed)}}
        if on_plane:
            yield from _plane(name)
    for name, facts in BACKBONES.items():
        if foreign := BACKBONE_KEYS - set(facts.own):
            yield from _blocks_of("backbone", name, DEFAULT_BACKBONE, _without(foreign))


def _names() -> Iterator[Schema]:
    """Unknown keys are mistakes, unless a network of the user's own may take them."""
    own_in_a_block = {"properties": {"grid": {"type": "array", "contains": _OWN}}, "required": ["grid"]}
    axis_keys = {"propertyNames": {"enum": list(AXES)}}
    bounded = {"propertyNames": {"enum": [*COSTS, *NUMERIC_AXES]}}
    axis_names = {"enum": list(AXES)}
    main = {"anyOf": [axis_names, {"type": "array", "items": axis_names}]}
    sections = {"properties": {"network": axis_keys, "baseline": axis_keys, "constraints": bounded, "main": main}}
    yield {"if": {"anyOf": [_network(_OWN), own_in_a_block]}, "else": sections}
    yield _our_blocks(axis_keys)


def _plane(name: str) -> Iterator[Schema]:
    """A family on the plane needs two of M, G and lambda, of the network and the block together."""
    for keys_given in (subset for count in (0, 1) for subset in combinations(PLANE, count)):
        other_keys = [key for key in PLANE if key not in keys_given]
        enough = [{"required": list(keys)} for keys in combinations(other_keys, 2 - len(keys_given))]
        network = {"allOf": [_network_without(*other_keys), *(_network({"required": [key]}) for key in keys_given)]}
        needed = _blocks_of("family", name, CHOICE.default, {"anyOf": enough})
        yield {"if": network, "then": {"allOf": list(needed)}}


def _has(key: str, value: Schema) -> Schema:
    """A section whose key has such a value, or a list with one."""
    listed = {"type": "array", "contains": value}
    return {"type": "object", "required": [key], "properties": {key: {"anyOf": [value, listed]}}}


#: A section with a network of the user's own.
_OWN = _has("backbone", {"type": "string", "pattern": ":"})


def _lacks(key: str) -> Schema:
    return {"not": {"required": [key]}}


def _network(rule: Schema) -> Schema:
    """A space whose network is so."""
    return {"properties": {"network": rule}, "required": ["network"]}


def _network_without(*keys: str) -> Schema:
    """A space without a network, or whose network lacks these keys."""
    return {"properties": {"network": {"allOf": [_lacks(key) for key in keys]}}}


def _blocks(rule: Schema) -> Schema:
    return {"properties": {"grid": {"items": rule}}}


def _our_blocks(rule: Schema) -> Schema:
    """A rule for every block without a network of the user's own."""
    own_by_network = {"anyOf": [_OWN, _lacks("backbone")]}
    return {
        "if": _network(_OWN),
        "then": _blocks({"if": own_by_network, "else": rule}),
        "else": _blocks({"if": _OWN, "else": rule}),
    }


def _blocks_of(key: str, name: str, default: str | None, rule: Schema) -> Iterator[Schema]:
    """A rule for every block of a family or a backbone, whether the block says so, the network, or neither."""
    value = {"const": name}
    yield _our_blocks({"if": _has(key, value), "then": rule})
    by_network = (
        {"properties": {"network": {"properties": {key: value}}}}
        if name == default
        else _network({"required": [key], "properties": {key: value}})
    )
    yield {"if": by_network, "then": _our_blocks({"if": _lacks(key), "then": rule})}


def _without(foreign: set[str]) -> Schema:
    """A block without keys that it does not have; where a family applies may be given as the default."""
    rules: dict[str, Any] = {}
    for key in sorted(foreign):
        word = WHERE_DEFAULTS.get(key)
        rules[key] = False if word is None else {"enum": [word, [word]]}
    return {"properties": rules}
