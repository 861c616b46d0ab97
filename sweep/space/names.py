"""How points are called and compared: what varies, labels, baselines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweep.errors import SpaceError
from sweep.space.backbones import BACKBONES
from sweep.space.grid import Column, Listing, Numbers
from sweep.space.point import FAMILY_KEYS, WHERE_DEFAULTS, Point, plain
from sweep.space.space import Space
from sweep.space.values import ratio, stages

#: Axes that say how the kernels come about; a baseline is compared with all of them.
FAMILY_AXES = {"family", "lambda", *FAMILY_KEYS}


def axes(listing: Listing, numbers: Numbers) -> tuple[str, ...]:
    """The names of what varies over the points, family first; M, G and lambda whenever there are any.

    What follows from other axes, as the stem does from the size of the image, is no axis of its own.
    """
    always = ("family", "M", "G", "lambda")
    said = {name for product in listing.products for name in product.axes}
    found = []
    for name in listing.names:
        if name not in said and name not in always:
            continue
        column = listing.column(name)
        if len(column.values) > 1:
            present = np.bincount(column.codes[numbers], minlength=len(column.values)) > 0
            values = {value for value, there in zip(column.values, present, strict=True) if there}
        else:
            values = set(column.values)
        values -= {None}
        if len(values) > 1 or (values and name in always):
            found.append(name)
    return tuple(found)


def label(point: Point, names: Sequence[str]) -> str:
    """A point's name among the points that vary in `names`, such as 'weightnet M=2 G=2'."""
    said = (said_of(name, point.value(name)) for name in names if name != "family")
    return head(point.backbone, point.value("family")) + "".join(said)


def head(backbone: str, family: Any) -> str:
    """How a label begins: with the family, or with the function that builds the user's own network."""
    if backbone in BACKBONES:
        return str(family)
    return backbone.rpartition(":")[2] + said_of("family", family)


def said_of(name: str, value: Any) -> str:
    """What a label says of an axis; nothing of lambda, which M and G tell, and of what is so if nobody says."""
    if value is None or name == "lambda" or value == WHERE_DEFAULTS.get(name):
        return ""
    return f" {name}={'-'.join(map(str, value)) if isinstance(value, tuple) else plain(value)}"


@dataclass(frozen=True)
class Baselines:
    """What each point is compared with: the baseline that agrees with it on every axis but the family's own."""

    listing: Listing
    shared: tuple[str, ...]
    #: values of `shared` -> number of the baseline
    by_shared: dict[tuple[Any, ...], int]

    def of(self, number: int) -> int | None:
        """The number of the point that a point is compared with, if there is one."""
        return self.by_shared.get(tuple(self.listing.column(name)[number] for name in self.shared))


def baselines(space: Space, listing: Listing, numbers: Numbers) -> Baselines:
    """The baselines among the points of a space; raises SpaceError if there is none, or several of one point."""
    if not space.baseline:
        return Baselines(listing, (), {})
    wanted = {name: _as_value(name, value) for name, value in space.baseline.items()}
    matching = numbers
    for name, value in wanted.items():
        column = listing.column(name)
        is_it = np.array([one == value for one in column.values])
        matching = matching[is_it[column.codes[matching]]]
    if not len(matching):
        raise SpaceError(space.source.mistake(("baseline",), "no point that is left of the grid is this"))
    names = axes(listing, numbers)
    shared = tuple(name for name in names if name not in FAMILY_AXES and name not in wanted)
    found: dict[tuple[Any, ...], int] = {}
    columns: list[Column] = [listing.column(name) for name in shared]
    for number in matching.tolist():
        other = found.setdefault(tuple(column[number] for column in columns), number)
        if other != number:
            both = " and ".join(f"'{label(listing.point(one), names)}'" for one in (other, number))
            raise SpaceError(space.source.mistake(("baseline",), f"{both} are both this; say more of it"))
    return Baselines(listing, shared, found)


def _as_value(name: str, value: Any) -> Any:
    if name in {"M", "G", "lambda"}:
        return ratio(value)
    if name == "stages":
        return stages(value)
    return tuple(value) if isinstance(value, list) else value
