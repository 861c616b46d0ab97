"""A network of the user's own: the function that `package.module:function` names, and what it can be called with.

A module is looked for as a file in the folder of the space, and then in the working directory, and is loaded under a
name of its own: a `test.py` or `code.py` there is what the space means. An installed package has to be allowed.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep.space import own_module
from sweep.space.own_module import allow
from sweep.space.own_values import Accepts, accepts
from sweep.space.source import did_you_mean

__all__ = ["GIVEN", "OwnNetwork", "allow", "forget_networks", "own_network", "search", "trust"]

#: What a function is given of the images, if it takes it.
GIVEN = ("channels", "classes", "image_size")


@dataclass(frozen=True)
class OwnNetwork:
    """A function that builds a network from the values of axes."""

    reference: str
    function: Callable[..., Any]
    #: what it can be called with; whether it takes any other name as well
    parameters: tuple[str, ...]
    takes_any: bool
    required: tuple[str, ...]
    #: the folder that its module, or the package of that, lies in; '' for an installed one
    folder: str
    #: sha256 of the source that it comes from: its module's file, or all of its package's
    fingerprint: str
    #: parameter -> what its annotation or default says of values
    accepted: Mapping[str, Accepts] = field(default_factory=dict, compare=False)

    def takes(self, name: str) -> bool:
        """Whether it can be called with a value of that name."""
        return name in self.parameters or self.takes_any

    def mistakes(self, names: set[str]) -> list[str]:
        """What is wrong with calling it with values of these names, in words."""
        unknown = sorted(name for name in names if not self.takes(name))
        names_known = [name for name in self.parameters if name not in GIVEN]
        messages = [
            f"{name} is not a parameter of {self.reference}{did_you_mean(name, names_known)}" for name in unknown
        ]
        messages += [f"{name} comes from the data set" for name in sorted(names & {"channels", "classes"})]
        lacking = [name for name in self.required if name not in names and name not in GIVEN]
        return messages + [f"{self.reference} needs {name}" for name in lacking]

    def value_mistakes(self, name: str, value: Any) -> list[str]:
        """What is wrong with a value of a parameter, by its annotation or its default, in words."""
        accepted = self.accepted.get(name)
        message = accepted.mistake(value) if accepted else None
        return [] if message is None else [message]


def search(*folders: str | Path) -> None:
    """Look for networks in these folders, in this order."""
    if own_module.search(*folders):
        forget_networks()


def trust(reference: str, folder: str) -> None:
    """Make a network available in a process whose task names it: from its folder, or from what is installed."""
    search(*([folder] if folder else []))
    if not folder:
        allow(reference.partition(":")[0])


def forget_networks() -> None:
    """Look for networks anew when they are next asked for."""
    own_network.cache_clear()


@functools.lru_cache(maxsize=64)
def own_network(reference: str) -> OwnNetwork:
    """The function that 'package.module:function' names; raises ValueError in words."""
    module_name, _, name = reference.partition(":")
    place = own_module.place(module_name)
    module = own_module.load(module_name, place)
    function = getattr(module, name, None)
    if not callable(function):
        names = [n for n, f in vars(module).items() if callable(f) and _module_of(f) == module.__name__]
        raise ValueError(f"{module_name} has no function {name}{did_you_mean(name, names) if names else ''}")
    if not (inspect.isfunction(function) or inspect.isclass(function) or isinstance(function, functools.partial)):
        raise ValueError(f"{reference} is no Python function or class but a {type(function).__name__}")
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise ValueError(f"{reference} has no signature that names its parameters") from None
    named = {n: p for n, p in parameters.items() if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}}
    return OwnNetwork(
        reference,
        function,
        tuple(named),
        any(p.kind is p.VAR_KEYWORD for p in parameters.values()),
        tuple(n for n, p in named.items() if p.default is p.empty),
        str(place.folder) if place.beside else "",
        place.fingerprint,
        accepts(function, named),
    )


def _module_of(value: Any) -> str:
    return str(getattr(value, "__module__", ""))
