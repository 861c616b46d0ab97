"""Labels of points, the axes that vary, and the baselines that points are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SpaceError
from sweep.space.backbones import BACKBONES
from sweep.space.grid import Listing, Numbers
from sweep.space.point import FAMILY_KEYS, NULL, WHERE_DEFAULTS, Point, text_of
from sweep.space.space import Space
from sweep.space.values import ratio, stages

#: Axes that say how the kernels come about; a baseline is compared with all of them.
FAMILY_AXES = {"family", "lambda", *FAMILY_KEYS}


def axes(listing: Listing, numbers: Numbers) -> tuple[str, ...]:
    """The names of what varies over the points, family first; M, G and lambda whenever there are any.

    A value that follows from other axes, as the stem does from the image size, is not an axis.
    """
    always = ("family", "M", "G", "lambda")
    listed_axes = {name for product in listing.products for name in product.axes}
    names = [name for name in listing.names if name in listed_axes or name in always]
    counts = {name: _values(listing, numbers, name) for name in names}
    return tuple(name for name, count in counts.items() if count > 1 or (count and name in always))


def varying(listing: Listing, numbers: Numbers, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some axes that have two values or more over the points."""
    return tuple(name for name in names if _values(listing, numbers, name) > 1)


def _values(listing: Listing, numbers: Numbers, name: str) -> int:
    """How many values an axis has over the points; where it does not apply it has none."""
    column = listing.column(name)
    if len(column.values) == 1:
        return len(set(column.values) - {None})
    present = np.bincount(column.codes[numbers], minlength=len(column.values)) > 0
    return len({value for value, is_present in zip(column.values, present, strict=True) if is_present} - {None})


def label(point: Point, names: Sequence[str]) -> str:
    """A point's name among the points that vary in `names`, such as 'weightnet M=2 G=2'."""
    own = point.own_network
    parts = (said_of(name, point.value(name), own=own) for name in names if name != "family")
    return head(point.backbone, point.value("family")) + "".join(parts)


def head(backbone: str, family: Any) -> str:
    """The first part of a label: the family, or the function that builds the user's own network."""
    if backbone in BACKBONES:
        return str(family)
    return backbone.rpartition(":")[2] + said_of("family", family, own=True)


def said_of(name: str, value: Any, *, own: bool) -> str:
    """The part of a label about an axis; for built-in networks empty for lambda, which M and G give, and for defaults.

    `own`: whether it is an axis of the user's own network, whose names mean nothing special.
    """
    usual = not own and (name == "lambda" or value == WHERE_DEFAULTS.get(name))
    return "" if value is None or usual else f" {name}={text_of(value)}"


@dataclass(frozen=True)
class Baselines:
    """What each point is compared with: the baseline that agrees with it on every axis but the family's own.

    A network of the user's own has no family: its baseline agrees with it on every axis that the baseline leaves open.
    """

    listing: Listing
    shared: tuple[str, ...]
    #: values of `shared` -> number of the baseline
    by_shared: dict[tuple[Any, ...], int]

    def of(self, number: int) -> int | None:
        """The number of the point that a point is compared with, if there is one."""
        return self.by_shared.get(_shared_values(self.listing, self.shared, number))

    def among(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Which of these points others are compared with."""
        return np.isin(numbers, list(self.by_shared.values()))


def baselines(space: Space, listing: Listing, numbers: Numbers, twins: Mapping[int, int] | None = None) -> Baselines:
    """The baselines among the points of a space; raises SpaceError if there is none, or several of one point.

    `twins` are points that are the network of another one, which stands for them.
    """
    if not space.baseline:
        return Baselines(listing, (), {})
    matching = numbers
    for name, value in space.baseline.items():
        column, values = listing.column(name), _as_values(name, value)
        is_it = np.array([cell in values for cell in column.values])
        matching = matching[is_it[column.codes[matching]]]
    if not len(matching):
        raise SpaceError(space.source.mistake(("baseline",), "no remaining grid point matches the baseline"))
    names = axes(listing, numbers)
    shared = tuple(name for name in names if name not in space.baseline)
    by_shared: dict[tuple[Any, ...], int] = {}
    stands_for = twins or {}
    for number in (stands_for.get(number, number) for number in matching.tolist()):
        earlier = by_shared.setdefault(_shared_values(listing, shared, number), number)
        if earlier != number:
            names_text = " and ".join(f"'{label(listing.point(value), names)}'" for value in (earlier, number))
            message = f"matches both {names_text}; add keys to make it unique"
            raise SpaceError(space.source.mistake(("baseline",), message))
    return Baselines(listing, shared, by_shared)


def _shared_values(listing: Listing, shared: Sequence[str], number: int) -> tuple[Any, ...]:
    """The values that a baseline and a point must share; for built-in networks without the axes of the kernels."""
    own = listing.has_own and listing.column("backbone")[number] not in BACKBONES
    return tuple(listing.column(name)[number] if own or name not in FAMILY_AXES else None for name in shared)


def _as_values(name: str, value: Any) -> list[Any]:
    """The possible values of an axis for a value of the baseline: as built-in keys read it, and as it is written."""
    written = NULL if value is None else tuple(value) if isinstance(value, list) else value
    read = {"M": ratio, "G": ratio, "lambda": ratio, "stages": stages}.get(name)
    try:
        return [written] if read is None else [written, read(value)]
    except ValueError:
        # not a value of ours, so one of the user's own network
        return [written]
