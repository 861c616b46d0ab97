"""The spaces that come with the package, by name."""

from pathlib import Path

from sweep.errors import SpaceError
from sweep.space.paths import exists
from sweep.space.source import did_you_mean

_PACKAGE = Path(__file__).parents[1]


def shipped() -> dict[str, Path]:
    """Name -> file of every space that ships, in alphabetical order."""
    # in a wheel they lie inside the package, in a checkout beside it
    folders = [_PACKAGE / "_spaces", _PACKAGE.parent / "spaces"]
    folder = next((f for f in folders if f.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder else {}


def find(space: str | Path) -> Path:
    """The file that `space` names: a path, or the name of a space that ships; raises SpaceError for neither."""
    path, shipped_spaces = Path(space), shipped()
    if exists(path) and not (path.is_dir() and str(space) in shipped_spaces):
        return path
    if str(space) in shipped_spaces:
        return shipped_spaces[str(space)]
    raise SpaceError(f"{space}:1: no such file, and no shipped space of that name{did_you_mean(space, shipped_spaces)}")
