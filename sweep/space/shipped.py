"""The spaces that come with the package, by name."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped() -> dict[str, Path]:
    """Name -> file of every space that ships, in alphabetical order."""
    # in a wheel they lie inside the package, in a checkout beside it
    folders = [_PACKAGE / "_spaces", _PACKAGE.parent / "spaces"]
    folder = next((f for f in folders if f.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder else {}


def find(space: str | Path) -> Path:
    """The file that `space` names: a path, or the name of a space that ships."""
    path = Path(space)
    if not path.exists() and path.name == str(space) and str(space) in shipped():
        return shipped()[str(space)]
    return path
