"""The points of a space's grid: the union of its blocks' products, less what constraints on axes reject."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sweep.errors import SpaceError
from sweep.space.datasets import DATASETS
from sweep.space.point import FAMILIES, Point, plain, ratio
from sweep.space.schema import Bound
from sweep.space.source import Where
from sweep.space.space import FAMILY_AXES, NUMERIC_AXES, Space


@dataclass(frozen=True)
class Rejection:
    """A point that a constraint rejects, with the constraint and by how much it is missed."""

    point: Point
    constraint: str
    reason: str


@dataclass(frozen=True)
class Grid:
    """The points of a space in the order of the file, each once, and those that constraints on axes reject."""

    points: tuple[Point, ...]
    #: path of the grid block that each point came from, for messages
    origins: Mapping[Point, Where]
    rejected: tuple[Rejection, ...]


def expand(space: Space) -> Grid:
    """The grid of a space; raises SpaceError for a point that makes no sense and for a grid without a point."""
    origins: dict[Point, Where] = {}
    rejected: dict[Point, Rejection] = {}
    mistakes: list[str] = []
    size = DATASETS[space.proxy.dataset.name].image_size
    bounds = {name: bound for name, bound in space.constraints.items() if name in NUMERIC_AXES}
    for index, block in enumerate(space.grid):
        where = ("grid", index)
        for values in _product(block):
            try:
                point = _point(space.network, values).resolved(size)
            except ValueError as error:
                mistakes.append(space.source.mistake(where, str(error)))
                continue
            misses = [r for name, bound in bounds.items() if (r := miss(point, name, point.value(name), bound))]
            if misses:
                rejected.setdefault(point, misses[0])
                continue
            mistakes += [space.source.mistake(where, what) for what in point.mistakes()]
            origins.setdefault(point, where)
    if mistakes:
        raise SpaceError(*dict.fromkeys(mistakes))
    if not origins:
        raise no_point(space, tuple(rejected.values()))
    return Grid(tuple(origins), origins, tuple(rejected.values()))


def miss(point: Point, name: str, value: Any, bound: Bound) -> Rejection | None:
    """The rejection of a point whose value of `name` lies outside `bound`; a point without such a value passes."""
    if value is None:
        return None
    for limit, over in ((bound.max, True), (bound.min, False)):
        if limit is not None and (value > limit if over else value < limit):
            by = abs(float(value) - limit)
            share = f" ({by / abs(limit):.1%})" if limit else ""
            side = "over the most allowed," if over else "under the least allowed,"
            return Rejection(
                point, name, f"{name} {_number(value)} is {side} {_number(limit)}, by {_number(by)}{share}"
            )
    return None


def no_point(space: Space, rejected: tuple[Rejection, ...]) -> SpaceError:
    """The error for constraints that leave nothing, with the mildest rejection as an example."""
    example = f"; for example: {rejected[0].reason}" if rejected else ""
    what = f"no point is left of {len(rejected)}{example}"
    return SpaceError(space.source.mistake(("constraints", rejected[0].constraint) if rejected else ("grid",), what))


def axes(points: tuple[Point, ...]) -> tuple[str, ...]:
    """The names of what varies over the points, family first; lambda follows G."""
    order = ["family", "M", "G", "lambda", *(n for n in Point.model_fields if n not in {"family", "M", "G"})]
    found = {name: {value for p in points if (value := p.value(name)) is not None} for name in order}
    always = {"family", "M", "G", "lambda"}
    return tuple(name for name in order if len(found[name]) > 1 or (found[name] and name in always))


def label(point: Point, names: tuple[str, ...]) -> str:
    """A point's name among the points that vary in `names`, such as 'weightnet M=2 G=2'."""
    parts: list[str] = [point.family]
    for name in names:
        value = point.value(name)
        if name not in {"family", "lambda"} and value is not None:
            parts.append(f"{name}={'-'.join(map(str, value)) if isinstance(value, tuple) else plain(value)}")
    return " ".join(parts)


def baselines(space: Space, points: tuple[Point, ...]) -> dict[Point, Point]:
    """What each point is compared with: the baseline that agrees with it on every axis but the family's own."""
    if not space.baseline:
        return {}
    wanted = {name: ratio(value) if name in {"M", "G", "lambda"} else value for name, value in space.baseline.items()}
    wanted = {name: tuple(value) if isinstance(value, list) else value for name, value in wanted.items()}
    matching = [point for point in points if all(point.value(name) == value for name, value in wanted.items())]
    if not matching:
        raise SpaceError(space.source.mistake(("baseline",), "no point that is left of the grid is this"))
    shared = [name for name in axes(points) if name not in FAMILY_AXES and name not in wanted]
    by_shared: dict[tuple[Any, ...], Point] = {}
    for point in matching:
        other = by_shared.setdefault(tuple(point.value(name) for name in shared), point)
        if other is not point:
            names = axes(points)
            both = f"'{label(other, names)}' and '{label(point, names)}'"
            raise SpaceError(space.source.mistake(("baseline",), f"{both} are both this; say more of it"))
    pairs = {point: by_shared.get(tuple(point.value(name) for name in shared)) for point in points}
    return {point: base for point, base in pairs.items() if base is not None}


def _product(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lists = [
        value if isinstance(value, list) and (key != "repeats" or all(isinstance(v, list) for v in value)) else [value]
        for key, value in block.items()
    ]
    for values in itertools.product(*lists):
        yield dict(zip(block, values, strict=True))


def _point(network: Mapping[str, Any], values: Mapping[str, Any]) -> Point:
    """A block's values over the network's; what the network says of another family's parameters is left out."""
    family = values.get("family", network.get("family", "static"))
    plane = {"M", "G", "lambda"} if "M" in FAMILIES[family] else set()
    if "lambda" in values and not plane:
        raise ValueError(f"lambda means nothing to family {family}")
    own = {"family", *FAMILIES[family], *plane}
    # two of M, G and lambda say it all: what the network says of the third is overridden
    said = {*values, *(plane if len(plane & set(values)) > 1 else ())}
    fields = {k: v for k, v in network.items() if k not in said and (k not in FAMILY_AXES or k in own)} | dict(values)
    if "lambda" in fields:
        if "M" in values and "G" in values:
            raise ValueError("lambda is M/G: give two of M, G and lambda")
        lam = ratio(fields.pop("lambda"))
        if "M" in values or ("M" in fields and "G" not in fields):
            fields["G"] = ratio(fields["M"]) / lam
        elif "G" in fields:
            fields["M"] = ratio(fields["G"]) * lam
    return Point(**{"family": family, **fields})


def _number(value: Any) -> str:
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() or abs(number) >= 10_000 else f"{number:g}"
