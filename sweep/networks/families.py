"""The families by name, each a file with its module and its cost; a new one is a file and a line below.

Its keys are a file and a line in `sweep/space/families/`.
"""

from dataclasses import fields
from typing import Any

from sweep.networks.condconv import CondConv
from sweep.networks.family import Family
from sweep.networks.partly import Partly
from sweep.networks.se import SE
from sweep.networks.sk import SK
from sweep.networks.static import Static
from sweep.networks.weightnet import WeightNet
from sweep.space import Point

#: Name -> a dataclass whose fields are keys of the family.
FAMILIES: dict[str, type[Family]] = {
    "static": Static,
    "condconv": CondConv,
    "se": SE,
    "sk": SK,
    "weightnet": WeightNet,
}


def bare_family(point: Point) -> Family:
    """The family of a resolved point, wherever it applies; its parameters may be arrays."""
    family: Any = FAMILIES[point.family]
    result: Family = family(**{field.name: getattr(point.chosen, field.name) for field in fields(family)})
    return result


def numerics_of(point: Point) -> dict[str, int]:
    """The version of what computes a resolved point's family, by the family's name, where it has one of its own."""
    numerics = None if point.own_network else FAMILIES[point.family].numerics(point)
    return {} if numerics is None else {point.family: numerics}


def family_of(point: Point) -> Family:
    """The family of a resolved point, where it applies; its parameters may be arrays."""
    family, keys = bare_family(point), point.chosen
    return family if keys.everywhere else Partly(family, point.applies, keys.on_depthwise)
