"""The environment of the process that drives Ray, which every worker inherits: import paths, and variables to drop."""

import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

#: Names the folders that a person works in, for modules of their own; searched after everything that is installed.
_FOLDERS = "WN_SWEEP_FOLDERS"
#: Variables of other programs, or of an earlier use of Ray, with which Ray or Tune fails or behaves differently.
_LEFTOVERS = {"PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONINSPECT", "RAY_AIR_LOCAL_CACHE_DIR"}
#: Stand-ins for packages that Ray imports, that it can do without, and that take long to import.
_LIGHT = str(Path(__file__).with_name("light"))
#: Where this package lies.
_OWN = Path(__file__).parents[2]


def child_environment(settings: Mapping[str, str], token: Path | None = None) -> dict[str, str]:
    """The variables of a process that imports what this process imports, but nothing from the working directory.

    Args:
        settings: what Ray and Tune read from the environment; a variable that is set already has precedence.
        token: the file of a token that every process of a Ray must know, whatever the environment says of tokens.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _LEFTOVERS
        and (not name.startswith("TUNE_") or name in settings)
        and (not name.startswith("RAY_AUTH_") or token is None)
    }
    secret = {} if token is None else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    working, installed = _split(sys.path)
    paths = {"PYTHONPATH": os.pathsep.join([_LIGHT, *installed]), _FOLDERS: os.pathsep.join(working)}
    return {**settings, **kept, **secret, **paths, "PYTHONSAFEPATH": "1"}


def search_working_folders() -> None:
    """In a worker, find modules in the folders that the person works in, after all others."""
    for folder in os.environ.get(_FOLDERS, "").split(os.pathsep):
        if folder and folder not in sys.path:
            sys.path.append(folder)


def _split(entries: Iterable[str]) -> tuple[list[str], list[str]]:
    """Where modules are found, in order: in the person's working folders, and elsewhere, installed packages first."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    folders = {Path().resolve(), *([Path(main).parent.resolve()] if main else [])}
    paths = list(dict.fromkeys(Path(entry).absolute() for entry in entries))
    working = [path for path in paths if path != _OWN and path.resolve() in folders]
    other_paths = sorted((path for path in paths if path not in working), key=lambda path: not _installed(path))
    return [str(path) for path in working], [str(path) for path in other_paths]


def _installed(path: Path) -> bool:
    """Whether a folder is Python's own, holds installed packages or this one, or was named in PYTHONPATH."""
    library = Path(sysconfig.get_path("stdlib"))
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return (
        path in {_OWN, library}
        or library in path.parents
        or path.suffix == ".zip"
        or str(path) in named
        or next(path.glob("*.dist-info"), None) is not None
    )
