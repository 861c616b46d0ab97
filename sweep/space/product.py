"""A block of the grid: every combination of its values, tabulated axis by axis and never listed."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sweep.space.backbones import BACKBONES
from sweep.space.families import CHOICE, FAMILIES, PlaneKeys
from sweep.space.mistakes import messages, unknown_word
from sweep.space.own import own_network
from sweep.space.point import BACKBONE_KEYS, FAMILY_KEYS, WHERE_DEFAULTS, Point
from sweep.space.ranges import Range
from sweep.space.source import Where
from sweep.space.values import MOST, ratio

DEFAULT_BACKBONE: str = Point.model_fields["backbone"].default
#: Axes that cost arithmetic takes as arrays; every other one makes a part of its own.
ARITHMETIC = {
    *(key for keys in FAMILIES.values() for key in keys.arithmetic),
    "lambda",
    "width",
    "image_size",
    "stem_channels",
    "last_channels",
}
#: The names of what a point of ours may vary in.
NAMES = tuple(
    dict.fromkeys(
        ("family", "M", "G", "lambda", *FAMILY_KEYS, *(n for n in Point.model_fields if n not in {"chosen", "options"}))
    )
)


@dataclass(frozen=True)
class Part:
    """The points of a product that agree in all that is no arithmetic; all of a backbone of the user's own (`own`).

    `at` places them in the product: a whole number for each axis that they agree in, and a slice for each other one.
    """

    product: "Product"
    at: tuple[int | slice, ...]
    own: bool = False

    @cached_property
    def _points(self) -> dict[tuple[int, ...], Point]:
        return {}

    @property
    def first(self) -> Point:
        """The first of them."""
        return self.product.point_at(tuple(0 if isinstance(at, slice) else at for at in self.at))

    def values(self, name: str) -> NDArray[np.object_]:
        """The value of `name` at each point: an array with a dimension for each free axis, of length 1 where
        the value does not depend on it.

        Raises ValueError in words if some combination makes no point.
        """
        axes = self.product.axes
        depends = {name} if self.own else _depends(name, axes)
        free = [axis for axis, at in zip(axes, self.at, strict=True) if isinstance(at, slice)]
        values = np.empty(tuple(len(axes[axis]) if axis in depends else 1 for axis in free), dtype=object)
        for index in np.ndindex(values.shape):
            step = iter(index)
            at = tuple(next(step) if isinstance(a, slice) else a for a in self.at)
            if at not in self._points:
                self._points[at] = self.product.point_at(at)
            values[index] = self._points[at].value(name)
        return values

    @cached_property
    def lam_makes_sense(self) -> NDArray[np.bool_]:
        """Whether lambda is whole and not too large, where there is one; as `values`."""
        if self.own:
            return np.array(True)
        sound = np.frompyfunc(lambda lam: lam is None or (lam.denominator == 1 and lam <= MOST), 1, 1)
        return np.asarray(sound(self.values("lambda")), dtype=bool)


@dataclass(frozen=True)
class Product:
    """Every combination of a grid block's values over what the network says, the last axis fastest."""

    where: Where
    network: Mapping[str, Any]
    #: name -> values, in the order of the file
    axes: Mapping[str, list[Any]]
    #: side of the data set's images
    image_size: int

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(values) for values in self.axes.values())

    def __len__(self) -> int:
        return math.prod(self.shape)

    def point(self, index: int) -> Point:
        """The point at a place; raises ValueError in words if there is none."""
        return self.point_at(tuple(int(i) for i in np.unravel_index(index, self.shape)) if self.shape else ())

    def point_at(self, index: tuple[int, ...]) -> Point:
        """The point with the given value of each axis; raises ValueError in words if there is none."""
        values = {name: choices[i] for (name, choices), i in zip(self.axes.items(), index, strict=True)}
        return make_point(self.network, values).resolved(self.image_size)

    @property
    def own(self) -> bool:
        """Whether some of its points are networks of the user's own."""
        return any(":" in str(backbone) for backbone in backbones_of(self.axes, self.network))

    def parts(self) -> Iterator[Part]:
        """The product in parts whose points differ in arithmetic alone."""
        names = list(self.axes)
        for place, backbone in enumerate(backbones_of(self.axes, self.network)):
            own = only_own([backbone])
            given = {names.index("backbone"): place} if "backbone" in names else {}
            split = [i for i, name in enumerate(names) if i not in given and not (own or name in ARITHMETIC)]
            for chosen in itertools.product(*(range(self.shape[i]) for i in split)):
                fixed = given | dict(zip(split, chosen, strict=True))
                yield Part(self, tuple(fixed.get(i, slice(None)) for i in range(len(names))), own)


def backbones_of(block: Mapping[str, Any], network: Any) -> list[Any]:
    """The backbones that a block of the grid names, or else the network."""
    usual = network.get("backbone", DEFAULT_BACKBONE) if isinstance(network, Mapping) else DEFAULT_BACKBONE
    named = block.get("backbone", usual)
    return named if isinstance(named, list) else [named]


def only_own(backbones: Sequence[Any]) -> bool:
    """Whether all backbones are networks of the user's own, so that no key has the meaning that ours give it."""
    return all(isinstance(backbone, str) and backbone not in BACKBONES for backbone in backbones)


def is_list(key: str, value: Any, *, own: bool) -> bool:
    """Whether a value is a list of values; `repeats` of ours is one value, unless it is a list of lists."""
    return isinstance(value, list) and (own or key != "repeats" or all(isinstance(v, list) for v in value))


def listed(key: str, value: Any, *, own: bool = False) -> list[Any]:
    """The values of an axis: those of a range or a list; `own` as `only_own` says."""
    if isinstance(value, Mapping):
        return list(Range(**value).values())
    return value if is_list(key, value, own=own) else [value]


def length(key: str, value: Any, *, own: bool = False) -> int:
    """How many values `listed` gives, without making them; 1 for a range that makes no sense."""
    if isinstance(value, Mapping):
        try:
            return Range(**value).length
        except ValidationError:
            return 1
    return len(value) if is_list(key, value, own=own) else 1


def make_point(network: Mapping[str, Any], values: Mapping[str, Any]) -> Point:
    """A block's values over the network's; what the network says for another family or backbone is left out.

    Raises ValueError in words.
    """
    backbone = values.get("backbone", network.get("backbone", DEFAULT_BACKBONE))
    try:
        if backbone not in BACKBONES:
            return _own_point(backbone, network, values)
        return Point(**_fields(network, values, backbone))
    except ValidationError as error:
        mistakes = messages(error.errors(include_url=False), Point)
        raise ValueError(
            "; ".join(f"{where[0]} {message}" if where else message for where, message in mistakes)
        ) from None


def _own_point(backbone: str, network: Mapping[str, Any], values: Mapping[str, Any]) -> Point:
    own = own_network(backbone)
    given = {name: value for name, value in network.items() if own.takes(name)} | dict(values)
    given.pop("backbone", None)
    size = {"image_size": given.pop("image_size")} if "image_size" in given else {}
    if wrong := own.mistakes(set(given)):
        raise ValueError("; ".join(wrong))
    return Point(**{"backbone": backbone, "options": given, **size})


def _fields(network: Mapping[str, Any], values: Mapping[str, Any], backbone: str) -> dict[str, Any]:
    family = values.get("family", network.get("family", CHOICE.default))
    if not isinstance(family, str) or family not in FAMILIES:
        raise ValueError(unknown_word("family", family, list(FAMILIES)))
    plane, foreign = _meanings(family, backbone)
    if "lambda" in values and not plane:
        raise ValueError(f"lambda is not supported with family {family}")
    # two of M, G and lambda say it all: what the network says of the third is overridden
    overridden = foreign | plane if sum(name in values for name in plane) > 1 else foreign
    fields = {k: v for k, v in network.items() if k not in overridden} | dict(values)
    if "lambda" in fields:
        lam = ratio(fields.pop("lambda"))
        if "M" in fields and "G" in fields:
            m, g = ratio(fields["M"]), ratio(fields["G"])
            if plane <= values.keys() or m != g * lam:
                raise ValueError(f"lambda is M/G: give two of M, G and lambda, found {m}, {g} and {lam}")
        if "M" in values or ("M" in fields and "G" not in fields):
            fields["G"] = ratio(fields["M"]) / lam
        elif "G" in fields:
            fields["M"] = ratio(fields["G"]) * lam
    # where a family applies may be given for any family, as long as it is the default
    for key, usual in WHERE_DEFAULTS.items():
        if key in foreign and fields.get(key) == usual:
            del fields[key]
    fields["family"] = family
    return fields


@cache
def _meanings(family: str, backbone: str) -> tuple[frozenset[str], frozenset[str]]:
    """M, G and lambda if the family is on their plane, and the keys that mean nothing to family or backbone."""
    keys = FAMILIES[family]
    plane = frozenset({"M", "G", "lambda"} if issubclass(keys, PlaneKeys) else ())
    foreign = {*FAMILY_KEYS, "lambda"} - {*keys.model_fields, *plane}
    return plane, frozenset(foreign | BACKBONE_KEYS - set(BACKBONES[backbone].own))


def _depends(name: str, axes: Mapping[str, Any]) -> set[str]:
    """The arithmetic axes that decide a value."""
    if name == "M":
        return {"M"} if "M" in axes else {"lambda", "G"}
    if name == "G":
        return {"G"} if "G" in axes else {"lambda", "M"}
    return {
        "lambda": {"M", "G", "lambda"},
        "stem": {"image_size"},
        "stem_channels": {"stem_channels", "width"},
        "last_channels": {"last_channels", "width"},
    }.get(name, {name})
