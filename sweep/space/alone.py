"""A space.yaml of one point at one setting of its recipe, so that a point of a page can be run again."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sweep.space.nuisance import with_setting
from sweep.space.point import Point, plain

#: A text that YAML 1.2 and 1.1 read as itself without quotes.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./:-]*[A-Za-z0-9_]|[A-Za-z_]")
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def text(sweep: str, label: str, values: Mapping[str, Any], data: Mapping[str, Any], setting: Mapping[str, Any]) -> str:
    """Write the space of a point at a setting, in the same way as the page's script.

    Args:
        sweep: the name of its sweep.
        label: of the point.
        values: as `blocks` tells them.
        data: the plain values of the sweep's space.
        setting: as `recipe` takes it.
    """
    return title(sweep, label) + network(data) + grid(values) + recipe(data, setting)


def blocks(points: Iterable[tuple[Point, Mapping[str, Any]]], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make, for each point, a grid block with that point only.

    Args:
        points: as the plan resolved them, each with its canonical values.
        data: the plain values of the space that they are points of.

    Returns:
        Every key that a block of that space sets, with the point's value; M and G in place of lambda.
    """
    network = data.get("network") or {}
    grid_keys = tuple(dict.fromkeys(key for entry in data["grid"] for key in entry))
    all_keys = tuple(dict.fromkeys(("family", "M", "G", *grid_keys)))
    result = []
    for point, canonical in points:
        if point.own_network:
            own_values = {key: value for key, value in canonical.items() if not point.is_own(key)} | canonical.get(
                "options", {}
            )
            values = {key: own_values[key] for key in grid_keys if key in own_values}
        else:
            values = {key: canonical[key] for key in all_keys if key in canonical}
            for key in grid_keys:
                # the family's own default, where the network section has another value
                if key not in values and key in network and point.value(key) is not None:
                    values[key] = plain(point.value(key))
        # a list would be several values
        result.append({key: [value] if isinstance(value, list) else value for key, value in values.items()})
    return result


def title(sweep: str, label: str) -> str:
    """Write the name of a single point's space, and what it is about."""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", label).strip("-.").lower()
    name = f"{sweep[:50]}-{slug[:49]}".rstrip("-.")
    return f"name: {_flow(name)}\nabout: {_flow(f'{label} of {sweep}')}\n"


def network(data: Mapping[str, Any]) -> str:
    """Write the section of what is the same for every point of a space."""
    return _sections(data, ("network",))


def grid(values: Mapping[str, Any]) -> str:
    """Write the grid that has one block."""
    return f"grid:\n  - {_flow(values)}\n"


def recipe(data: Mapping[str, Any], setting: Mapping[str, Any] | None) -> str:
    """Write the sections after the grid, with one setting in place of those that the sweep tunes over.

    Args:
        data: the plain values of the sweep's space.
        setting: a value for each of its `nuisance`; None to tune as the sweep does.
    """
    proxy = data["proxy"] if setting is None else with_setting(data["proxy"], dict(setting))
    if isinstance(dataset := proxy["dataset"], Mapping):
        # facts of the user's own images are looked up again
        proxy = {**proxy, "dataset": {key: value for key, value in dataset.items() if key != "known"}}
    changed = {**data, "proxy": proxy}
    if isinstance(seeds := data.get("seeds"), Mapping):
        # a single point is compared with nothing
        changed["seeds"] = seeds["all"]
    tuned = ("nuisance",) if setting is None and data.get("nuisance") else ()
    return _sections(changed, ("proxy", *tuned, "seeds", "resources"))


def _sections(data: Mapping[str, Any], names: Sequence[str]) -> str:
    """Write the sections that a space has, a line for each key of theirs."""
    lines = []
    for section in names:
        value = data.get(section)
        if isinstance(value, Mapping) and value:
            lines += [f"{section}:", *(f"  {_flow(key)}: {_flow(inner)}" for key, inner in value.items())]
        elif value not in (None, {}):
            lines.append(f"{section}: {_flow(value)}")
    return "".join(f"{line}\n" for line in lines)


def _flow(value: Any) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_flow(str(key))}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def is_plain(text: str) -> bool:
    """Whether YAML reads a text as itself without quotes."""
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS_OF_YAML


@lru_cache(maxsize=4096, typed=True)
def _scalar(value: str | float | bool | None) -> str:
    if isinstance(value, str):
        usual = is_plain(value)
        # JSON writes what lies beyond 16 bits in two halves, which YAML does not join
        if usual or max(value, default="") <= "\uffff":
            return value if usual else json.dumps(value)
        return "".join(char if char > "\uffff" else json.dumps(char)[1:-1] for char in value).join('""')
    return json.dumps(plain(value))
