"""A YAML file as plain values, with the line of each."""

import difflib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, SequenceNode

from sweep.errors import SpaceError

Where = tuple[str | int, ...]

#: Tags of plain mappings and lists; no other tag is supported.
_PLAIN_TAG = re.compile("(tag:yaml.org,2002:(map|seq))?")
#: A file with more is a mistake, or aliases of aliases of aliases.
MOST_VALUES, MOST_BYTES = 100_000, 4 << 20

#: Levels of lists and mappings; what would be more in one go is seen before the parser, which takes long for it.
MOST_DEEP = 100
_DEEP = re.compile(rf"(?:(?:[\[{{]|-[ \t])\s*){{{MOST_DEEP},}}")
#: Whole numbers of 64 bits: larger ones are no sizes of anything.
MOST_WHOLE = 1 << 63


@dataclass(frozen=True)
class Source:
    """Where a space came from: a file's name and the line of each value, by its path."""

    file: str = "<space>"
    lines: dict[Where, int] = field(default_factory=dict)

    def mistake(self, where: Where, what: str) -> str:
        """`file:line: path: what`, at the closest line that is known."""
        closest = where
        while closest and closest not in self.lines:
            closest = closest[:-1]
        line = f":{self.lines[closest]}" if closest in self.lines else ""
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
        return f"{self.file}{line}: {path}: {what}" if path else f"{self.file}{line}: {what}"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known word is close, else a list of what is known."""
    words = list(known)
    close = difflib.get_close_matches(str(word), words, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f" (known: {', '.join(words)})"


def read(path: Path) -> tuple[dict[str, Any], Source]:
    """The mapping in a YAML file and its lines; raises SpaceError if there is none."""
    file, first = str(path), Source(str(path), {(): 1})
    content = b""
    try:
        with path.open("rb") as stream:
            # reading a device might never end
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise SpaceError(first.mistake((), "there is no such file")) from None
    except IsADirectoryError:
        raise SpaceError(first.mistake((), "this is a directory, not a file")) from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpaceError(f"{file}:{line}: not YAML: this is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise SpaceError(first.mistake((), f"cannot be read: {reason}")) from None
    if len(content) > MOST_BYTES:
        raise SpaceError(first.mistake((), f"more than {MOST_BYTES:,} bytes, which no space needs"))
    if _DEEP.search(text):
        raise SpaceError(first.mistake((), f"nested more than {MOST_DEEP} deep"))
    try:
        for event, depth in _events(text):
            if depth > MOST_DEEP:
                raise SpaceError(f"{file}:{event.start_mark.line + 1}: nested more than {MOST_DEEP} deep")
        count = _count(YAML(typ="rt").compose(text))
        if count > MOST_VALUES:
            message = f"stands for {count:,} values, more than the {MOST_VALUES:,} of a space"
            raise SpaceError(first.mistake((), message))
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = (error.problem or "cannot be parsed").split(" with value")[0].replace('"', "'")
        kind = "" if "duplicate key" in problem else "not YAML: "
        raise SpaceError(f"{file}:{line}: {kind}{problem}") from None
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # ruamel has no error of its own for a number of thousands of digits
        raise SpaceError(f"{file}:1: not YAML that can be read: {str(error).splitlines()[0]}") from None
    if data is None:
        raise SpaceError(first.mistake((), "the file is empty"))
    if not isinstance(data, CommentedMap):
        raise SpaceError(first.mistake((), "a space is a mapping of sections: name, network, grid, proxy, ..."))
    source = Source(file, {(): 1})
    mistakes: list[str] = []
    try:
        plain = _plain(data, (), source, mistakes)
    except RecursionError:
        raise SpaceError(first.mistake((), "refers to itself, or is nested too deeply")) from None
    if mistakes:
        raise SpaceError(*mistakes)
    return plain, source


def _events(text: str) -> Iterator[tuple[Any, int]]:
    """Yield the parser's events with how deep each is; unlike what builds values, it does not recurse."""
    depth = 0
    for event in YAML(typ="rt").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        yield event, depth


def _count(root: Any) -> int:
    """How many values a document stands for, its aliases and merges written out; raises RecursionError for no end.

    An alias is counted as often as it is used without being walked again: ten in each of ten are a short file.
    """
    counts: dict[int, int] = {}

    def count(node: Any) -> int:
        if id(node) not in counts:
            # a node within itself counts for nothing
            counts[id(node)] = 0
            pairs = isinstance(node, MappingNode)
            inner = [part for pair in node.value for part in pair] if pairs else node.value
            counts[id(node)] = 1 + (sum(map(count, inner)) if pairs or isinstance(node, SequenceNode) else 0)
        return counts[id(node)]

    return count(root) if root is not None else 0


def _plain(node: Any, where: Where, source: Source, mistakes: list[str]) -> Any:
    """Plain values for ruamel's, filling in `source.lines`; whole numbers become int however they are spelled."""
    if isinstance(node, CommentedMap | CommentedSeq) and not _PLAIN_TAG.fullmatch(node.tag.value or ""):
        mistakes.append(source.mistake(where, f"the tag {node.tag.value} is not supported"))
        return None
    if isinstance(node, CommentedMap):
        result = {}
        for key, value in node.items():
            name = str(key)
            # a key that came in through a YAML merge has no line of its own
            if key in (node.lc.data or {}):
                source.lines[*where, name] = node.lc.key(key)[0] + 1
            result[name] = _plain(value, (*where, name), source, mistakes)
        return result
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            source.lines[*where, index] = node.lc.item(index)[0] + 1 if index in (node.lc.data or {}) else 1
        return [_plain(value, (*where, index), source, mistakes) for index, value in enumerate(node)]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, float):
        if not math.isfinite(node):
            mistakes.append(source.mistake(where, f"{float(node)} is not a number that can be used"))
        return int(node) if node.is_integer() and abs(node) < 2**53 else float(node)
    if isinstance(node, int):
        if abs(node) >= MOST_WHOLE:
            mistakes.append(source.mistake(where, f"a whole number of {len(str(abs(node)))} digits is too large"))
            return 0
        return int(node)
    if isinstance(node, str):
        if not str(node).isprintable() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in node):
            mistakes.append(source.mistake(where, "half a character (a lone surrogate) is not text"))
        return str(node)
    kind = type(node).__name__
    noun = "a date" if kind in ("date", "TimeStamp") else f"a value of type {kind}"
    mistakes.append(source.mistake(where, f"{noun} is not supported; put text in quotes"))
    return None
