"""The modules of networks of the user's own: where they are looked for, and how they are loaded."""

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from sweep.space.guard import UserCodeError, guarded
from sweep.space.paths import is_file

_folders: list[Path] = []
_packages: set[str] = set()


@dataclass(frozen=True)
class Place:
    """Where a module lies, and the files that it, or its package, is made of."""

    folder: Path
    #: by their paths within the package
    files: Mapping[str, Path]
    #: whether the module is looked for by file in `folder`, not among what is installed
    beside: bool

    @property
    def fingerprint(self) -> str:
        """sha256 of the files' paths within the package, and of their contents."""
        digest = hashlib.sha256()
        for name, path in self.files.items():
            digest.update(os.fsencode(name) + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def search(*folders: str | Path) -> bool:
    """Look for modules in these folders, in this order, and nowhere else; whether that is a change.

    What these modules import themselves is looked for as Python does, and in these folders last.
    """
    paths = list(dict.fromkeys(Path(folder).resolve() for folder in folders))
    for folder in paths:
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    importlib.invalidate_caches()
    changed = paths != _folders
    _folders[:] = paths
    return changed


def allow(*packages: str) -> None:
    """Let networks be functions of these installed packages, given by their top-level names."""
    _packages.update(package.partition(".")[0] for package in packages)


def place(name: str) -> Place:
    """Where the module of a name lies; raises ValueError in words."""
    if name.partition(".")[0] == "__main__":
        raise ValueError(
            "__main__ is a notebook or a script, which other processes cannot import; "
            "put the function into a file beside the space"
        )
    # without a space, as when a ledger is read, the working directory counts
    folders = _folders or [Path.cwd()]
    for folder in folders:
        if (files := _files(folder, name)) is not None:
            return Place(folder, files, beside=True)
    top = name.partition(".")[0]
    if top in _packages:
        return _installed(name)
    where = " or ".join(map(str, folders))
    hint = f"; name an installed package with --network {top}" if _is_installed(top) else ""
    raise ValueError(f"there is no module {name} in {where}{hint}")


def load(name: str, at: Place) -> ModuleType:
    """Import a module from its place; raises ValueError in words, whatever the module does."""
    try:
        with guarded():
            return _load_file(name, at) if at.beside else importlib.import_module(name)
    except UserCodeError as error:
        raise ValueError(f"{name} cannot be imported: it {error}") from None
    except Exception as error:
        raise ValueError(f"{name} cannot be imported: {type(error).__name__}: {error}") from None


def _files(folder: Path, name: str) -> dict[str, Path] | None:
    """The files of a module in a folder, or of its whole package; None if it is not there."""
    top, *inner = name.split(".")
    package = folder / top
    module = folder.joinpath(*name.split("."))
    is_there = is_file(module.with_name(f"{module.name}.py")) or is_file(module / "__init__.py")
    if not is_there:
        return None
    if inner or (package / "__init__.py").is_file():
        return _package_files(package)
    module = package.with_suffix(".py")
    return {module.name: module}


def _package_files(*folders: Path) -> dict[str, Path]:
    """The files of a package; hidden folders, such as those of a notebook's checkpoints, are no part of it."""
    files = sorted(path for folder in folders for path in folder.rglob("*.py") if path.is_file())
    by_name: dict[str, Path] = {}
    for path in files:
        name = next(path.relative_to(folder) for folder in folders if path.is_relative_to(folder))
        if not any(part.startswith(".") for part in name.parts[:-1]):
            by_name.setdefault(name.as_posix(), path)
    return by_name


def _load_file(name: str, at: Place) -> ModuleType:
    """The module under a name of its own, which holds its source's hash: an edited one is loaded anew."""
    top, _, inner = name.partition(".")
    own = f"wn_sweep_network_{at.fingerprint[:16]}_{top}"
    if own not in sys.modules:
        package = at.folder / top
        is_package = bool(inner) or (package / "__init__.py").is_file()
        file = package / "__init__.py" if is_package else package.with_suffix(".py")
        if is_package and not file.is_file():
            # a folder of modules without an __init__.py is a package too
            sys.modules[own] = ModuleType(own)
            sys.modules[own].__path__ = [str(package)]
        else:
            folders = [str(package)] if is_package else None
            spec = importlib.util.spec_from_file_location(own, file, submodule_search_locations=folders)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[own] = importlib.util.module_from_spec(spec)
            try:
                spec.loader.exec_module(sys.modules[own])
            except BaseException:
                del sys.modules[own]
                raise
    return importlib.import_module(f"{own}.{inner}") if inner else sys.modules[own]


def _spec(top: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        # of a module that was made by hand
        return None


def _is_installed(top: str) -> bool:
    return top in sys.modules or _spec(top) is not None


def _installed(name: str) -> Place:
    top = name.partition(".")[0]
    if not _is_installed(top):
        raise ValueError(f"there is no installed package {top}")
    spec, module = _spec(top), sys.modules.get(top)
    if spec is not None and spec.submodule_search_locations:
        folders = [Path(folder) for folder in spec.submodule_search_locations]
        return Place(folders[0].parent.resolve(), _package_files(*folders), beside=False)
    origin = spec.origin if spec is not None else getattr(module, "__file__", None)
    file = Path(origin) if origin and Path(origin).is_file() else None
    return Place(file.parent.resolve() if file else Path(), {file.name: file} if file else {}, beside=False)
