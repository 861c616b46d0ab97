"""A network of the user's own: the function that `package.module:function` names, and what it can be called with."""

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sweep.space.source import did_you_mean

#: What a function is told of the images, if it takes it.
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
    #: the folder that its module, or the package of that, lies in
    folder: str
    #: sha256 of the source that it comes from: its module's file, or all of its package's
    fingerprint: str

    def takes(self, name: str) -> bool:
        """Whether it can be called with a value of that name."""
        return name in self.parameters or self.takes_any

    def mistakes(self, names: set[str]) -> list[str]:
        """What is wrong with calling it with values of these names, in words."""
        unknown = sorted(name for name in names if not self.takes(name))
        known = [name for name in self.parameters if name not in GIVEN]
        wrong = [f"{name} means nothing to {self.reference}{did_you_mean(name, known)}" for name in unknown]
        told = sorted(names & {"channels", "classes"})
        wrong += [f"{name} is the data set's to say" for name in told]
        lacking = [name for name in self.required if name not in names and name not in GIVEN]
        return wrong + [f"{self.reference} needs {name}" for name in lacking]


def search(folder: str | Path) -> None:
    """Look for modules in a folder as well, after all others."""
    text = str(Path(folder).resolve())
    if text not in sys.path:
        sys.path.append(text)
        importlib.invalidate_caches()


@lru_cache(maxsize=64)
def own_network(reference: str) -> OwnNetwork:
    """The function that 'package.module:function' names; raises ValueError in words."""
    module_name, _, name = reference.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        # whatever the user's module raises when it is imported
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(error.name or " "):
            what = f"there is no module {error.name}, in the folder of the space, in this one or installed"
        else:
            what = f"{module_name} cannot be imported: {type(error).__name__}: {error}"
        raise ValueError(what) from None
    function = getattr(module, name, None)
    if not callable(function):
        names = [n for n, f in vars(module).items() if callable(f) and getattr(f, "__module__", "") == module_name]
        raise ValueError(f"{module_name} has no function {name}{did_you_mean(name, names) if names else ''}")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise ValueError(f"{reference} does not say what it takes") from None
    named = [p for p in parameters if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}]
    return OwnNetwork(
        reference,
        function,
        tuple(p.name for p in named),
        any(p.kind is p.VAR_KEYWORD for p in parameters),
        tuple(p.name for p in named if p.default is p.empty),
        *_source(module_name, module),
    )


def _source(name: str, module: Any) -> tuple[str, str]:
    file = getattr(module, "__file__", None)
    if file is None:
        return "", ""
    files, home = [Path(file)], Path(file).parent
    if "." in name:
        package = sys.modules[name.partition(".")[0]]
        files = sorted(path for folder in package.__path__ for path in Path(folder).rglob("*.py"))
        home = Path(next(iter(package.__path__))).parent
    elif home.joinpath("__init__.py") == files[0]:
        files, home = sorted(home.rglob("*.py")), home.parent
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return str(home.resolve()), digest.hexdigest()
