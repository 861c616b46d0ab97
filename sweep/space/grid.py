"""The points of a space's grid: the union of its blocks' products, less what constraints on axes reject.

A grid may have millions of points, so it is kept as numbers and codes, and a point is made when it is asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SpaceError
from sweep.space.crops import check_crops
from sweep.space.lazy import Lazy
from sweep.space.mistakes import describe
from sweep.space.point import Null, Point, text_of
from sweep.space.product import NAMES, Part, Product, backbones_of, listed, only_own
from sweep.space.schema import Bound
from sweep.space.source import Where
from sweep.space.space import COSTS, Space

#: Mistakes that are listed one by one.
MOST_LISTED = 20

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Rejection:
    """A point that a constraint rejects, with the constraint and by how much it is missed."""

    point: Point
    constraint: str
    reason: str


@dataclass(frozen=True)
class Column:
    """An axis of a grid: its values, in the order in which they first come, and the code of each point's."""

    values: tuple[Any, ...]
    codes: NDArray[np.int32]

    def __getitem__(self, index: int) -> Any:
        return self.values[self.codes[index]]


@dataclass(frozen=True)
class Rejected:
    """Numbers of the points that constraints reject, and which constraint rejects each of them."""

    numbers: Numbers
    names: tuple[str, ...]
    which: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.numbers)

    def name(self, index: int) -> str:
        """The constraint that rejects one of them."""
        return self.names[int(self.which[index])]


class Listing:
    """Every combination of every block of a grid, one block after the other; a point is known by its number in it."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = products
        self.offsets = np.cumsum([0, *(len(product) for product in products)])
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return int(self.offsets[-1])

    @cached_property
    def parts(self) -> list[tuple[int, Part]]:
        """Every part with the number of its product's first point."""
        return [
            (int(offset), part)
            for offset, product in zip(self.offsets, self.products, strict=False)
            for part in product.parts()
        ]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What points may vary in, the parameters of the user's own networks included."""
        own = [name for p in self.products if p.own for name in (*p.network, *p.axes)]
        return tuple(dict.fromkeys((*NAMES, *own)))

    @cached_property
    def has_own(self) -> bool:
        """Whether some points are networks of the user's own."""
        return any(product.own for product in self.products)

    def _home(self, number: int) -> tuple[Product, int]:
        which = int(np.searchsorted(self.offsets, number, side="right")) - 1
        return self.products[which], int(number - self.offsets[which])

    def point(self, number: int) -> Point:
        """The point of a number; raises ValueError in words if there is none."""
        product, place = self._home(number)
        return product.point(place)

    def where(self, number: int) -> Where:
        """Path of the grid block that a point comes from, for messages."""
        return self._home(number)[0].where

    def spread(self, pieces: Iterable[Any], dtype: Any) -> NDArray[Any]:
        """An array over all points from one for each part, as `Part.values` shapes them."""
        whole = np.empty(len(self), dtype=dtype)
        for (offset, part), piece in zip(self.parts, pieces, strict=True):
            whole[offset : offset + len(part.product)].reshape(part.product.shape)[part.at] = piece
        return whole

    def column(self, name: str) -> Column:
        """The values of an axis at every point."""
        if name not in self._columns:
            # true is 1 to a dict, and null is 'null': they would be lost in it
            apart = (bool, Null) if self.has_own else ()
            codes: dict[Any, int] = {}
            coder = np.frompyfunc(lambda value: codes.setdefault((type(value) in apart, value), len(codes)), 1, 1)
            pieces = [np.asarray(coder(part.values(name)), dtype=np.int32) for _, part in self.parts]
            # most parameters have one value throughout, and need no memory
            column = self.spread(pieces, np.int32) if len(codes) > 1 else np.broadcast_to(np.int32(0), len(self))
            self._columns[name] = Column(tuple(value for _, value in codes), column)
        return self._columns[name]


@dataclass(frozen=True)
class Grid:
    """The points of a space in the order of the file, each once, and those that constraints on axes reject."""

    listing: Listing
    #: numbers of the points that no constraint rejects
    kept: Numbers
    rejected: Rejected
    bounds: dict[str, Bound]

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
    """The grid of a space; raises SpaceError for invalid points and for a grid without a point."""
    size = space.proxy.dataset.facts.image_size
    products = []
    for index, block in enumerate(space.grid):
        own = only_own(backbones_of(block, space.network))
        axes = {key: listed(key, value, own=own) for key, value in block.items()}
        products.append(Product(("grid", index), space.network, axes, size))
    listing = Listing(products)
    _insist(space, _impossible(listing))
    _insist(space, _alike(listing))
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
    grid = Grid(listing, kept, rejected, bounds)
    _insist(space, _senseless(listing, kept))
    if not len(kept):
        raise no_point(space, grid.rejections)
    return grid


def divide(numbers: Numbers, outside: dict[str, NDArray[np.bool_]]) -> tuple[Numbers, Rejected]:
    """The points that no constraint rejects, and the others, each by the first that does."""
    which = np.full(len(numbers), -1, dtype=np.int16)
    for position, missed in reversed([*enumerate(outside.values())]):
        which[missed] = position
    lost = which >= 0
    return numbers[~lost], Rejected(numbers[lost], tuple(outside), which[lost])


def miss(name: str, value: Any, bound: Bound) -> str | None:
    """By how much a value lies outside `bound`, in words; None if it does not, or if there is no value."""
    if value is None or isinstance(value, str | bool | tuple):
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
    what = f"constraints reject all {len(rejected):,} points{example}"
    return SpaceError(space.source.mistake(("constraints", rejected[0].constraint) if rejected else ("grid",), what))


def mistake_lines(space: Space, mistakes: Iterable[tuple[Where, str]], count: int | None = None) -> list[str]:
    """Mistakes with file and line, each once, MOST_LISTED at most; `count` is how many points have one."""
    lines: dict[str, None] = {}
    for where, what in mistakes:
        lines.setdefault(space.source.mistake(where, what))
        if len(lines) == MOST_LISTED and count is not None and count > MOST_LISTED:
            return [*lines, f"{space.source.file}: {count:,} points have such mistakes"]
    return list(lines)


def _insist(space: Space, mistakes: Iterable[tuple[Where, str]]) -> None:
    if lines := mistake_lines(space, mistakes):
        raise SpaceError(*lines[:MOST_LISTED])


def _impossible(listing: Listing) -> Iterator[tuple[Where, str]]:
    """Yield combinations of values that no point can have, such as an M of lambda x G that is too large."""
    for _, part in listing.parts:
        for name in listing.names:
            try:
                part.values(name)
            except ValueError as error:
                yield part.product.where, str(error)
                break


def _alike(listing: Listing) -> Iterator[tuple[Where, str]]:
    """Yield values of the user's own networks that labels or tables cannot tell apart, such as 8 and '8'."""
    for name in listing.names if listing.has_own else ():
        by_text: dict[str, Any] = {}
        by_value: dict[Any, Any] = {}
        for value in listing.column(name).values:
            other = by_text.setdefault(text_of(value), value)
            other = by_value.setdefault(value, value) if other is value else other
            if other is not value:
                both = " and ".join("null" if isinstance(v, Null) else describe(v) for v in (other, value))
                what = f"{name} has both {both}, which look alike: use one kind"
                yield ("grid",), what


def _senseless(listing: Listing, kept: Numbers) -> Iterator[tuple[Where, str]]:
    """Yield mistakes of points: one point of each part is checked, and every lambda that is not whole."""
    is_kept = np.zeros(len(listing), dtype=bool)
    is_kept[kept] = True
    for offset, part in listing.parts:
        product = part.product
        inside = is_kept[offset : offset + len(product)].reshape(product.shape)[part.at]
        sound = np.broadcast_to(part.lam_makes_sense, inside.shape)
        places = np.arange(len(product)).reshape(product.shape)[part.at]
        # the kept points of a part share their mistakes, except for that of lambda
        for place in (*places[inside][:1], *places[inside & ~sound][:1000]):
            for what in product.point(int(place)).mistakes():
                yield product.where, what


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
