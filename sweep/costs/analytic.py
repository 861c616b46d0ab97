"""What points cost, in closed form: one, or all of a grid at once."""

from dataclasses import dataclass, fields
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.networks import Cost, family_of, table_of
from sweep.networks.cost import Fractions
from sweep.networks.network import demands, insist, stem_cost, total_cost
from sweep.space import Listing, Part, Point


def count(point: Point, channels: int, classes: int) -> Cost:
    """Parameters, multiply-adds and activations of a resolved point's network; raises NetworkError if there is none."""
    table, family = table_of(point, channels, classes), family_of(point)
    insist(table, family)
    return total_cost(table, family)


@dataclass(frozen=True)
class Counts:
    """The cost of every point of a listing, an array each."""

    params: NDArray[np.int64]
    flops: NDArray[np.int64]
    activations: NDArray[np.int64]
    #: multiply-adds of the first layer, which are among `flops`
    first: NDArray[np.int64]
    #: whether there is such a network
    exists: NDArray[np.bool_]
    #: whether it is the user's own, and not counted here
    own: NDArray[np.bool_]
    #: whether the cost of it is known; that of the user's own may be counted when it is needed
    known: NDArray[np.bool_]

    def __getitem__(self, number: int) -> Cost:
        return Cost(int(self.params[number]), int(self.flops[number]), int(self.activations[number]))


def count_all(listing: Listing, channels: int, classes: int) -> Counts:
    """Count every point of a listing.

    A part of the grid is counted by one evaluation of the closed form over arrays, with a dimension for each axis: what
    depends on width alone is computed once a width.
    """
    parts = [_count_part(part, channels, classes) for _, part in listing.parts]
    dtypes = {"exists": np.bool_, "own": np.bool_, "known": np.bool_}
    return Counts(
        **{
            f.name: listing.spread([part[f.name] for part in parts], dtypes.get(f.name, np.int64))
            for f in fields(Counts)
        }
    )


def _count_part(part: Part, channels: int, classes: int) -> dict[str, Any]:
    point = part.first
    if point.own_network:
        return dict.fromkeys(("params", "flops", "activations", "first"), 0) | {
            "exists": True,
            "own": True,
            "known": False,
        }
    columns: Any = _columns(part, point)
    table, family = table_of(columns, channels, classes), family_of(columns)
    exists: Any = True
    for demand in demands(table, family):
        exists = exists & np.asarray(demand.holds)
    cost = total_cost(table, family)
    return {**vars(cost), "first": stem_cost(table).flops, "exists": exists, "own": False, "known": True}


def _columns(part: Part, point: Point) -> SimpleNamespace:
    """What `Point` has, with arrays for what varies: all that tables and families ask of a point."""
    columns = SimpleNamespace(**dict(point), applies=point.applies)
    columns.chosen = SimpleNamespace(
        **dict(point.chosen), everywhere=point.chosen.everywhere, on_depthwise=point.chosen.on_depthwise
    )
    for name in ("width", "stem", "image_size", "stem_channels", "last_channels"):
        values = part.values(name)
        # a parameter that a backbone does not have is None throughout
        if values.size > 1 and values.flat[0] is not None:
            setattr(columns, name, _array(values))
    for name in point.chosen.arithmetic:
        values = part.values(name)
        if values.size > 1 or isinstance(values.flat[0], Fraction):
            setattr(columns.chosen, name, _array(values))
    return columns


def _array(values: NDArray[Any]) -> Any:
    """Values of one kind as an array: whole numbers, floats, words, or fractions."""
    kind = type(values.flat[0])
    return _fractions(values) if kind is Fraction else values.astype({int: np.int64, float: float, str: str}[kind])


def _fractions(values: NDArray[Any]) -> Fractions:
    return Fractions(
        np.array([value.numerator for value in values.flat], dtype=np.int64).reshape(values.shape),
        np.array([value.denominator for value in values.flat], dtype=np.int64).reshape(values.shape),
    )
