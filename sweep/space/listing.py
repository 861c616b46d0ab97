"""Every combination of a grid's blocks, by number: arrays of values and codes, and points made when asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.space.point import Null, Point
from sweep.space.product import NAMES, Part, Product
from sweep.space.source import Where

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """An axis of a grid: its values, in the order in which they first come, and the code of each point's."""

    values: tuple[Any, ...]
    codes: NDArray[np.int32]

    def __getitem__(self, index: int) -> Any:
        return self.values[self.codes[index]]


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
        """The names of all axes, including the parameters of the user's own networks."""
        own = [name for p in self.products if p.own for name in (*p.network, *p.axes)]
        return tuple(dict.fromkeys((*NAMES, *own)))

    @cached_property
    def has_own(self) -> bool:
        """Whether some points are networks of the user's own."""
        return any(product.own for product in self.products)

    def _home(self, number: int) -> tuple[Product, int]:
        position = int(np.searchsorted(self.offsets, number, side="right")) - 1
        return self.products[position], int(number - self.offsets[position])

    def point(self, number: int) -> Point:
        """The point of a number; raises ValueError in words if there is none."""
        product, place = self._home(number)
        return product.point(place)

    def where(self, number: int) -> Where:
        """Path of the grid block that a point comes from, for messages."""
        return self._home(number)[0].where

    def spread(self, pieces: Iterable[Any], dtype: Any) -> NDArray[Any]:
        """An array over all points from one for each part, as `Part.values` shapes them."""
        result = np.empty(len(self), dtype=dtype)
        for (offset, part), piece in zip(self.parts, pieces, strict=True):
            result[offset : offset + len(part.product)].reshape(part.product.shape)[part.at] = piece
        return result

    def column(self, name: str) -> Column:
        """The values of an axis at every point."""
        if name not in self._columns:
            # as dict keys True equals 1, so that one of them would be lost; null has the text 'null'
            apart = (bool, Null) if self.has_own else ()
            codes: dict[Any, int] = {}
            coder = np.frompyfunc(lambda value: codes.setdefault((type(value) in apart, value), len(codes)), 1, 1)
            pieces = [np.asarray(coder(part.values(name)), dtype=np.int32) for _, part in self.parts]
            # most parameters have one value throughout, and need no memory
            column = self.spread(pieces, np.int32) if len(codes) > 1 else np.broadcast_to(np.int32(0), len(self))
            self._columns[name] = Column(tuple(value for _, value in codes), column)
        return self._columns[name]
