"""The points of a space's grid: the union of its blocks' products, less what constraints on axes reject.

A grid may have millions of points, so it is kept as numbers and codes, and a point is made when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SpaceError
from sweep.space.crops import check_crops
from sweep.space.grid_mistakes import alike, insist, insist_on_some, no_such_values, senseless
from sweep.space.lazy import Lazy
from sweep.space.listing import Column, Listing, Numbers
from sweep.space.point import Point
from sweep.space.product import Product, backbones_of, listed, only_own
from sweep.space.schema import Bound
from sweep.space.space import COSTS, Space

__all__ = [
    "IMPOSSIBLE",
    "Column",
    "Grid",
    "Listing",
    "Numbers",
    "Rejected",
    "Rejection",
    "divide",
    "expand",
    "miss",
    "no_point",
]

#: What rejects a combination of values that makes no network; no constraint can have the name.
IMPOSSIBLE = "impossible combinations"


@dataclass(frozen=True)
class Rejection:
    """A point that a constraint rejects, with the constraint and by how much it is missed.

    A combination that makes no network has IMPOSSIBLE in the constraint's place, and the reason why it makes none.
    """

    point: Point
    constraint: str
    reason: str


@dataclass(frozen=True)
class Rejected:
    """Numbers of the points that constraints reject, and which constraint rejects each of them."""

    numbers: Numbers
    names: tuple[str, ...]
    constraint_codes: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.numbers)

    def name(self, index: int) -> str:
        """The constraint that rejects one of them."""
        return self.names[int(self.constraint_codes[index])]


@dataclass(frozen=True)
class Grid:
    """The points of a space in the order of the file, each once, and what is rejected before costs are known."""

    listing: Listing
    #: numbers of the points that no constraint rejects
    kept: Numbers
    rejected: Rejected
    bounds: dict[str, Bound]
    #: numbers of combinations that no constraint rejects and that make no sense, such as an M that is no multiple of G
    impossible: Numbers

    @property
    def points(self) -> Sequence[Point]:
        """The points that no constraint rejects."""
        return Lazy(len(self.kept), lambda index: self.listing.point(int(self.kept[index])))

    @property
    def rejections(self) -> Sequence[Rejection]:
        """The rejected points, each with the reason."""
        return Lazy(len(self.rejected), self._rejection)

    def _rejection(self, index: int) -> Rejection:
        point, name = self.listing.point(int(self.rejected.numbers[index])), self.rejected.name(index)
        return Rejection(point, name, miss(name, point.value(name), self.bounds[name]) or "")


def expand(space: Space) -> Grid:
    """The grid of a space; raises SpaceError for values that no point has, a block that makes none, and no point."""
    size = space.proxy.dataset.facts.image_size
    products = []
    for index, block in enumerate(space.grid):
        own = only_own(backbones_of(block, space.network))
        axes = {key: listed(key, value, own=own) for key, value in block.items()}
        products.append(Product(("grid", index), space.network, axes, size))
    listing = Listing(products)
    insist(space, no_such_values(listing))
    insist(space, alike(listing))
    check_crops(space, (value or size for value in listing.column("image_size").values))
    bounds = {name: bound for name, bound in space.constraints.items() if name not in COSTS}
    once = _first_of_each(listing)
    numbers = np.flatnonzero(once)
    outside = {}
    for name, bound in bounds.items():
        column = listing.column(name)
        outside[name] = np.array([miss(name, value, bound) is not None for value in column.values])[
            column.codes[numbers]
        ]
    kept, rejected = divide(numbers, outside)
    lost = senseless(listing, kept)
    insist_on_some(space, listing, kept, lost, lambda number: listing.point(number).mistakes())
    grid = Grid(listing, kept[~lost], rejected, bounds, kept[lost])
    if not len(grid.kept):
        raise no_point(space, grid.rejections)
    return grid


def divide(numbers: Numbers, outside: dict[str, NDArray[np.bool_]]) -> tuple[Numbers, Rejected]:
    """The points that no constraint rejects, and the others, each by the first that does."""
    first_constraint = np.full(len(numbers), -1, dtype=np.int16)
    for position, missed in reversed([*enumerate(outside.values())]):
        first_constraint[missed] = position
    lost = first_constraint >= 0
    return numbers[~lost], Rejected(numbers[lost], tuple(outside), first_constraint[lost])


def has_order(value: Any) -> bool:
    """Whether a value of an axis is a number, which constraints are about."""
    return value is not None and not isinstance(value, str | bool | tuple)


def miss(name: str, value: Any, bound: Bound) -> str | None:
    """By how much a value lies outside `bound`, in words; None if it does not, or if it is no number."""
    if not has_order(value):
        return None
    for limit, over in ((bound.max, True), (bound.min, False)):
        if limit is not None and (value > limit if over else value < limit):
            by = abs(float(value) - limit)
            share = f" ({by / abs(limit):.1%})" if limit else ""
            side = "over the maximum of" if over else "under the minimum of"
            return f"{name} {_number(value)} is {side} {_number(limit)} by {_number(by)}{share}"
    return None


def no_point(space: Space, rejected: Sequence[Rejection]) -> SpaceError:
    """The error for constraints that leave nothing, with a rejection as an example."""
    example = f"; for example: {rejected[0].reason}" if rejected else ""
    message = f"constraints reject all {len(rejected):,} points{example}"
    return SpaceError(space.source.mistake(("constraints", rejected[0].constraint) if rejected else ("grid",), message))


def _first_of_each(listing: Listing) -> NDArray[np.bool_]:
    """Whether a number is the first of its point: blocks may overlap, and spellings may agree."""
    code = np.zeros(len(listing), dtype=np.int64)
    for column in map(listing.column, listing.names):
        if len(column.values) > 1:
            # numbers anew, so that they stay small whatever the number of axes
            code = code * len(column.values) + column.codes
            if code.max(initial=0) > 1 << 40:
                code = np.unique(code, return_inverse=True)[1]
    once = np.zeros(len(listing), dtype=bool)
    once[np.unique(code, return_index=True)[1]] = True
    return once


def _number(value: Any) -> str:
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() or abs(number) >= 10_000 else f"{number:g}"
