"""A space: what space.yaml says, checked as a whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError

from sweep.errors import SpaceError
from sweep.space.backbones import BACKBONES
from sweep.space.mistakes import describe, told, translate
from sweep.space.own import OwnNetwork, own_network, search
from sweep.space.point import Point, plain
from sweep.space.published import find_published
from sweep.space.ranges import Range
from sweep.space.schema import INDECISIVE, Bound, Model, Proxy, Resources, look_again
from sweep.space.source import Source, Where, did_you_mean, read

#: What can be an axis: every field of a point, lambda in place of M or G, and whatever the user's own network takes.
AXES = [*(name for name in Point.model_fields if name != "options"), "lambda"]
#: Axes whose values are ordered, so that a constraint can bound them.
NUMERIC_AXES = [a for a in AXES if a not in {"family", "backbone", "stem", "repeats", "stages", "depthwise"}]
COSTS = ["params", "flops", "activations"]
#: Sections of a recipe that say what is learnt, not how: errors under different ones are not comparable.
_WHAT_IS_LEARNT = {"dataset": "the data set", "task": "the task"}


def _seeds(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 10_000:
            raise ValueError(f"needs between 1 and 10000 seeds, found {value}")
        return tuple(range(value))
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("needs at least one seed")
        if any(isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31 for seed in value):
            raise ValueError("needs whole numbers from 0 to 2147483647")
        if len(set(value)) < len(value):
            raise ValueError("names a seed twice")
        return tuple(value)
    raise ValueError(f"needs a whole number or a list of them, found {describe(value)}")


class Space(Model):
    """A design space: the points, how they are trained, and what they are compared with.

    Made by `Space.load(path)` or `Space.parse(mapping)`, which check what the schema alone cannot and raise SpaceError
    with one line per mistake.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    about: str = ""
    network: dict[str, Any] = {}
    grid: Annotated[list[dict[str, Any]], Field(min_length=1)]
    constraints: dict[str, Bound] = {}
    proxy: Proxy
    nuisance: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    seeds: Annotated[tuple[int, ...], BeforeValidator(_seeds)] = (0, 1, 2)
    baseline: dict[str, Any] = {}
    strategy: Literal["grid"] = "grid"
    resources: Resources = Resources()
    #: published rows that a plan lays beside its points: a name that ships, or a CSV beside the space
    published: str | None = None

    _source: Source = PrivateAttr(default_factory=Source)
    _data: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The space in a file; raises SpaceError with `file:line: path: what` for each mistake."""
        return cls.parse(*read(Path(path)))

    @classmethod
    def parse(cls, data: Mapping[str, Any], source: Source | None = None) -> Self:
        """The space in a mapping of plain values; raises SpaceError."""
        source = source or Source()
        look_again()
        data = _placed(dict(data), source)
        mistakes = _dynamic_mistakes(data, source)
        try:
            space = cls(**data)
        except ValidationError as error:
            mistakes = translate(error, cls, source) + mistakes
        if mistakes:
            raise SpaceError(*dict.fromkeys(sorted(mistakes, key=_line)))
        if space.proxy.dataset.of_the_user:
            # what is known now is what a ledger keeps, what workers are told, and what runs are keyed on
            data["proxy"] = {**data["proxy"], "dataset": plain(space.proxy.dataset.settled)}
            space = cls(**data)
        space._source, space._data = source, data
        if space.published is not None:
            try:
                find_published(space.published, source.file)
            except ValueError as error:
                raise SpaceError(source.mistake(("published",), str(error))) from None
        try:
            recipes = [recipe for _, recipe in space.recipes()]
        except ValidationError as error:
            raise SpaceError(*translate(error, Proxy, source, ("nuisance",))) from None
        if len(recipes) > len(set(recipes)):
            raise SpaceError(source.mistake(("nuisance",), "two settings make the same recipe"))
        return space

    @property
    def source(self) -> Source:
        """Where the space was read, for messages."""
        return self._source

    @property
    def data(self) -> dict[str, Any]:
        """The plain values that the space was made of; `Space.parse(space.data)` is the space again."""
        return self._data

    def recipes(self) -> list[tuple[dict[str, Any], Proxy]]:
        """Every nuisance setting with the recipe that it makes, in the order of the file."""
        settings: list[dict[str, Any]] = [{}]
        for path, values in self.nuisance.items():
            settings = [{**setting, path: value} for setting in settings for value in values]
        return [(setting, Proxy(**_with(self._data["proxy"], setting))) for setting in settings]


def _line(mistake: str) -> int:
    parts = mistake.split(":", 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def _with(proxy: Any, setting: Mapping[str, Any]) -> dict[str, Any]:
    """The proxy section with dotted paths replaced."""
    changed = dict(proxy) if isinstance(proxy, Mapping) else {}
    for path, value in setting.items():
        head, _, rest = path.partition(".")
        inner = changed.get(head)
        changed[head] = _with({"name": inner} if isinstance(inner, str) else inner, {rest: value}) if rest else value
    return changed


def _placed(data: dict[str, Any], source: Source) -> dict[str, Any]:
    """The space with the path of its data set from the root on, and the image size that the network says if no other.

    A path is relative to the space's own file; one that is not there may be a name on the Hugging Face hub.
    """
    proxy, network = data.get("proxy"), data.get("network")
    dataset = proxy.get("dataset") if isinstance(proxy, Mapping) else None
    if not isinstance(proxy, Mapping) or not isinstance(dataset, Mapping):
        return data
    placed = dict(dataset)
    if isinstance(path := placed.get("path"), str) and path:
        there = (Path(source.file).parent / Path(path).expanduser()).absolute()
        placed["path"] = str(there) if there.exists() or placed.get("name") != "huggingface" else path
    if placed.get("name") in ("imagefolder", "huggingface") and isinstance(network, Mapping):
        size = network.get("image_size")
        if size is not None and placed.get("image_size") is None:
            placed["image_size"] = size
    return {**data, "proxy": {**proxy, "dataset": placed}}


def _dynamic_mistakes(data: Mapping[str, Any], source: Source) -> list[str]:
    """Mistakes in the sections whose keys are axes or paths, which the schema takes as they come."""
    own, mistakes = _own_networks(data, source)
    known = [*AXES, *dict.fromkeys(name for network in own for name in network.parameters if name not in AXES)]
    for where, block, lists in _axis_sections(data):
        for key, value in block.items():
            if key in known or any(network.takes_any for network in own):
                strict = not any(network.takes(key) for network in own)
                mistakes += _axis_mistakes(key, value, (*where, key), lists, source, strict=strict)
            else:
                mistakes.append(source.mistake((*where, key), f"unknown axis '{key}'{did_you_mean(key, known)}"))
    constraints = data.get("constraints")
    numeric = [*COSTS, *NUMERIC_AXES, *(name for name in known if name not in AXES)]
    for key in constraints if isinstance(constraints, Mapping) else ():
        if key not in numeric:
            mistakes.append(
                source.mistake(("constraints", key), f"'{key}' cannot be bounded{did_you_mean(key, numeric)}")
            )
    return mistakes + _nuisance_mistakes(data, source)


def _own_networks(data: Mapping[str, Any], source: Source) -> tuple[list[OwnNetwork], list[str]]:
    """The user's own networks that the sections name, and what is wrong with them."""
    search(".")
    if Path(source.file).is_file():
        search(Path(source.file).parent)
    found: dict[str, OwnNetwork] = {}
    mistakes = []
    for where, block, _ in _axis_sections(data):
        named = block.get("backbone")
        for reference in named if isinstance(named, list) else [named]:
            if isinstance(reference, str) and ":" in reference and reference not in BACKBONES:
                try:
                    found[reference] = own_network(reference)
                except ValueError as error:
                    mistakes.append(source.mistake((*where, "backbone"), str(error)))
    return list(found.values()), mistakes


def _axis_sections(data: Mapping[str, Any]) -> list[tuple[Where, Mapping[str, Any], bool]]:
    grid = data.get("grid")
    blocks = [(("grid", i), block, True) for i, block in enumerate(grid if isinstance(grid, list) else [])]
    sections: list[tuple[Where, Any, bool]] = [(("network",), data.get("network"), False), *blocks]
    sections.append((("baseline",), data.get("baseline"), False))
    return [section for section in sections if isinstance(section[1], Mapping)]


def _axis_mistakes(key: str, value: Any, where: Where, lists: bool, source: Source, *, strict: bool) -> list[str]:
    """Mistakes in the values of an axis; without `strict` their kind is left to the user's own network."""
    if isinstance(value, Mapping):
        if not lists:
            return [source.mistake(where, "needs a value, found a mapping")]
        try:
            value = list(Range(**value).values())
        except ValidationError as error:
            return translate(error, Range, source, where)
    # repeats is a list itself, so that a list of them is a list of lists
    several = lists and isinstance(value, list) and (key != "repeats" or all(isinstance(v, list) for v in value))
    if several and not value:
        return [source.mistake(where, "needs at least one value")]
    mistakes = []
    for index, one in enumerate(value if several else [value]):
        at = (*where, index) if several else where
        if one is None:
            mistakes.append(source.mistake(at, "has no value"))
        elif isinstance(one, Mapping) or (isinstance(one, list) and any(isinstance(v, list | Mapping) for v in one)):
            mistakes.append(source.mistake(at, f"needs a value, found {describe(one)}"))
        elif strict:
            mistakes += _value_of_axis_mistakes(key, one, at, source)
    return mistakes


def _value_of_axis_mistakes(key: str, value: Any, at: Where, source: Source) -> list[str]:
    field = "M" if key == "lambda" else key
    try:
        Point(**{field: value})
    except ValidationError as error:
        here = Source(source.file, {(field,): source.lines[at]} if at in source.lines else {})
        return [
            source.mistake(at, what.split(f" {field}", 1)[-1].split(": ", 1)[-1])
            for what in translate(error, Point, here)
        ]
    return []


def _nuisance_mistakes(data: Mapping[str, Any], source: Source) -> list[str]:
    nuisance, proxy = data.get("nuisance"), data.get("proxy")
    if not isinstance(nuisance, Mapping) or not isinstance(proxy, Mapping):
        return []
    base = {(error["loc"], error["type"]) for error in _recipe_errors(proxy)}
    mistakes: list[str] = []
    for path, values in nuisance.items():
        where: Where = ("nuisance", path)
        if any(other.startswith(f"{path}.") for other in nuisance):
            mistakes.append(source.mistake(where, "another setting to tune is a part of this one"))
        elif (head := path.split(".")[0]) in _WHAT_IS_LEARNT:
            mistakes.append(source.mistake(where, f"{_WHAT_IS_LEARNT[head]} is not a setting to tune"))
        elif path in INDECISIVE:
            mistakes.append(source.mistake(where, f"{INDECISIVE[path]} decides no outcome: there is nothing to tune"))
        elif not all(path.split(".")):
            mistakes.append(source.mistake(where, "names no setting of the recipe"))
        elif isinstance(values, list):
            if len(values) > len({repr(value) for value in values}):
                mistakes.append(source.mistake(where, "names a value twice"))
            for index, value in enumerate(values):
                mistakes += _value_mistakes(proxy, path, value, (*where, index), base, source)
    return list(dict.fromkeys(mistakes))


def _value_mistakes(
    proxy: Mapping[str, Any], path: str, value: Any, at: Where, base: set[Any], source: Source
) -> list[str]:
    """What a value does to the recipe that was not wrong with it before."""
    if not isinstance(value, bool | int | float | str):
        return [source.mistake(at, f"needs a number, a word, true or false, found {describe(value)}")]
    mistakes = []
    for error in _recipe_errors(_with(proxy, {path: value})):
        if (error["loc"], error["type"]) not in base:
            ((_, what),) = told([error], Proxy)
            # an unknown setting is one mistake, however many values it has
            mistakes.append(source.mistake(at[:2] if "unknown key" in what else at, what))
    return mistakes


def _recipe_errors(proxy: Mapping[str, Any]) -> list[Any]:
    try:
        Proxy(**proxy)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []
