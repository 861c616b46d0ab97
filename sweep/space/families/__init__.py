"""The families of kernels, each a file with the model of its keys; a new one is a file and a line below.

Its module and its cost are a file and a line in `sweep/networks/`.
"""

from typing import TYPE_CHECKING

from sweep.space.families.condconv import CondConvKeys
from sweep.space.families.keys import FamilyKeys, PlaneKeys
from sweep.space.families.se import SEKeys
from sweep.space.families.sk import SKKeys
from sweep.space.families.static import StaticKeys
from sweep.space.families.weightnet import WeightNetKeys
from sweep.space.model import Choice, union

CHOICE = Choice.of(
    "family",
    StaticKeys,
    CondConvKeys,
    SEKeys,
    SKKeys,
    WeightNetKeys,
    default="static",
)

#: Name of a family -> the model of its keys.
FAMILIES: dict[str, type[FamilyKeys]] = CHOICE.members

if TYPE_CHECKING:
    AnyFamily = FamilyKeys
else:
    AnyFamily = union(CHOICE)

__all__ = ["CHOICE", "FAMILIES", "AnyFamily", "FamilyKeys", "PlaneKeys"]
