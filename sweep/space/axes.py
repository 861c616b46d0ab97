"""The sections whose keys are axes: `network`, the blocks of `grid` and `baseline`."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Literal, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sweep.space.backbones import BACKBONES
from sweep.space.families import CHOICE, FAMILIES
from sweep.space.mistakes import describe, messages, translate, types_in, unknown_word
from sweep.space.own import OwnNetwork
from sweep.space.point import Point
from sweep.space.product import NAMES, backbones_of, is_list, only_own
from sweep.space.ranges import Range
from sweep.space.source import Source, Where, did_you_mean

#: Wrong values of an axis that are listed; of a range only the first, since its values are computed.
MOST_TOLD, MOST_TOLD_OF_RANGE = 20, 1
#: What can be an axis, beside the parameters of the user's own network; lambda stands for M or G.
AXES = NAMES


@cache
def annotations(axis: str) -> tuple[Any, ...]:
    """The annotations that a value of an axis may have: one for each family that has it."""
    if axis == "family":
        return (Literal[tuple(FAMILIES)],)
    name = "M" if axis == "lambda" else axis
    if name in CHOICE.keys:
        fields = [FAMILIES[family].model_fields[name] for family in CHOICE.keys[name]]
    else:
        fields = [Point.model_fields[name]]
    return tuple(dict.fromkeys(Annotated[field.annotation, *field.metadata, axis] for field in fields))


@cache
def _adapters(axis: str) -> list[TypeAdapter[Any]]:
    config = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    return [TypeAdapter(annotation, config=config) for annotation in annotations(axis)]


def _numeric(axis: str) -> bool:
    types = {t for annotation in annotations(axis) for t in types_in(annotation)}
    ordered = bool(types & {int, float, Fraction})
    return ordered and str not in types and not any(get_origin(t) is tuple for t in types)


#: Axes whose values are ordered, so that a constraint can bound them; so are those of the user's own networks.
NUMERIC_AXES = tuple(axis for axis in AXES if _numeric(axis))


def axis_mistakes(data: Mapping[str, Any], source: Source, networks: Mapping[str, OwnNetwork | None]) -> list[str]:
    """Messages about mistakes in the keys and values of the sections.

    `networks` has the user's own networks by reference; None for one that cannot be loaded.
    """
    mistakes = []
    for where, block, several in axis_sections(data):
        backbones = list(networks) if where[0] != "grid" else backbones_of(block, data.get("network"))
        references = [name for name in backbones if isinstance(name, str) and name in networks]
        loaded = [network for name in references if (network := networks[name]) is not None]
        some_unknown = len(loaded) < len(references)
        flat = only_own(backbones) and where[0] == "grid"
        known_axes = [
            *AXES,
            *dict.fromkeys(name for network in loaded for name in network.parameters if name not in AXES),
        ]
        for key, value in block.items():
            takers = [network for network in loaded if network.takes(key)]
            if takers or key in AXES:
                mistakes += _values_mistakes(key, value, (*where, key), several, flat, source, takers)
            elif not some_unknown:
                mistakes.append(source.mistake((*where, key), f"unknown axis '{key}'{did_you_mean(key, known_axes)}"))
    return mistakes


def bound_mistakes(
    data: Mapping[str, Any], source: Source, networks: Mapping[str, OwnNetwork | None], costs: Sequence[str]
) -> list[str]:
    """Messages about constraints on axes that have no order."""
    own = [network for network in networks.values() if network is not None]
    names = dict.fromkeys(name for network in own for name in network.parameters if name not in AXES)
    numeric = [*costs, *NUMERIC_AXES, *names]
    constraints = data.get("constraints")
    given = constraints if isinstance(constraints, Mapping) and None not in networks.values() else ()
    return [
        source.mistake(("constraints", key), f"'{key}' cannot be bounded{did_you_mean(key, numeric)}")
        for key in given
        if key not in numeric and not any(network.takes(key) for network in own)
    ]


def axis_sections(data: Mapping[str, Any]) -> Iterator[tuple[Where, Mapping[str, Any], bool]]:
    """Yield each section whose keys are axes, with its path and whether lists and ranges may stand in it."""
    grid = data.get("grid")
    blocks = grid if isinstance(grid, list) else []
    sections = [(("network",), data.get("network")), *((("grid", i), block) for i, block in enumerate(blocks))]
    for where, section in [*sections, (("baseline",), data.get("baseline"))]:
        if isinstance(section, Mapping):
            yield where, section, where[0] == "grid"


def _values_mistakes(
    key: str, value: Any, where: Where, several: bool, flat: bool, source: Source, takers: Sequence[OwnNetwork]
) -> list[str]:
    limit = MOST_TOLD
    if isinstance(value, Mapping):
        if not several:
            return [source.mistake(where, "needs a value, found a mapping")]
        try:
            value, limit = Range(**value).values(), MOST_TOLD_OF_RANGE
        except ValidationError as error:
            return translate(error, Range, source, where)
    listed = several and is_list(key, value, own=flat)
    if listed and not value:
        return [source.mistake(where, "needs at least one value")]
    mistakes: list[str] = []
    for index, item in enumerate(value if listed else [value]):
        if len(mistakes) > limit:
            return [
                *mistakes[:limit],
                source.mistake(where, f"not all of its other {len(value) - limit:,} values are right either"),
            ]
        at = (*where, index) if listed else where
        if isinstance(item, Mapping) or (isinstance(item, list) and any(isinstance(v, list | Mapping) for v in item)):
            mistakes.append(source.mistake(at, f"needs a value, found {describe(item)}"))
        elif takers:
            mistakes += [
                source.mistake(at, message) for network in takers for message in network.value_mistakes(key, item)
            ]
        elif item is None:
            mistakes.append(source.mistake(at, "has no value"))
        elif (message := value_mistake(key, item)) is not None:
            mistakes.append(source.mistake(at, message))
    return mistakes


def value_mistake(axis: str, value: Any) -> str | None:
    """The message about a wrong value of a built-in axis; None if the value is right."""
    if axis == "family":
        return None if isinstance(value, str) and value in FAMILIES else unknown_word("family", value, list(FAMILIES))
    message = None
    for adapter in _adapters(axis):
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            message = "; ".join(
                dict.fromkeys(text for _, text in messages(error.errors(include_url=False), None, axis))
            )
        else:
            return None
    return message


def references(data: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """Yield each network of the user's own that a section names, with the path of its section."""
    for where, section, _ in axis_sections(data):
        named = section.get("backbone")
        for reference in named if isinstance(named, list) else [named]:
            if isinstance(reference, str) and ":" in reference and reference not in BACKBONES:
                yield where, reference
