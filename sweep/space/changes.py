"""The differences between two spaces, in words: the reasons why their runs differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from sweep.space.datasets.dataset import PLACE
from sweep.space.datasets.keys import Known
from sweep.space.question import QUESTION
from sweep.space.schema import INDECISIVE

#: Sections, and keys within them, that do not change the outcome of a run.
_NO_OUTCOME = {
    *("name", "about", "baseline", "resources", "strategy", "published", "metric", "truth", "constraints"),
    *QUESTION,
    *(f"proxy.{key}" for key in INDECISIVE),
    *(f"proxy.dataset.{key}" for key in PLACE if key != "known"),
    # the fingerprint covers all facts of the images
    *(f"proxy.dataset.known.{key}" for key in Known.model_fields if key != "fingerprint"),
}
#: Differences that are listed.
_TOLD = 3


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The differences that can make runs of `old` no runs of `new`, such as 'proxy.epochs 10 -> 3'; '' if none."""
    lines = [
        f"{path} {_short(before)} -> {_short(after)}"
        for section in dict.fromkeys((*old, *new))
        for path, before, after in _differences(section, old.get(section), new.get(section))
    ]
    more = f" and {len(lines) - _TOLD} more" if len(lines) > _TOLD else ""
    return ", ".join(lines[:_TOLD]) + more


def _differences(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if path in _NO_OUTCOME:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _differences(f"{path}.{key}", old.get(key), new.get(key))
    elif old != new:
        yield path, old, new


def _short(value: Any) -> str:
    text = "nothing" if value is None else _yaml(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _yaml(value: Any) -> str:
    """A value on one line, as a space.yaml has it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
