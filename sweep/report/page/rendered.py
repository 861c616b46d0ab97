"""The result of a rendering, and whether a page is up to date with its ledger; imports only fast modules."""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sweep.safe_files import open_regular, read_regular, replacing

#: The file in a report's folder that records the sources of its page.
STAMP = ".rendered.json"
#: The file beside a ledger that holds its last finding, `sweep.engine.finding_note`.
FINDING = "finding.json"
#: Packages whose version may change a page.
_LIBRARIES = ("jinja2", "matplotlib", "moocore", "numpy", "pandas", "scipy", "statsmodels")
_PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Rendered:
    """A page that was written."""

    page: Path
    #: why cards could not be made, a line each; empty if all were
    failed: tuple[str, ...] = ()
    #: the finding, a line each; empty if no run is done
    finding: tuple[str, ...] = ()


def folder_name(names: Iterable[str]) -> str:
    """The folder of a comparison: the names, separated by a sign that cannot occur in them."""
    return "+".join(names)[:200]


@dataclass(frozen=True)
class Sources:
    """Digests of the sources of a page: the ledger, and all others (notes beside it, kept weights, the code)."""

    ledger: str
    others: str

    @classmethod
    def of(cls, ledger: Path, trust: bool) -> "Sources | None":
        """Compute the digests for a ledger's page; None if a source cannot be read.

        The ledger must not be written to meanwhile. A ledger of 100,000 runs takes a tenth of a second. Fonts of the
        machine are not included.

        Args:
            ledger: its file.
            trust: whether networks of the user's own may be imported for the page.
        """
        try:
            others = hashlib.sha256()
            for part in (f"trust {trust}", *_notes(ledger.parent), *_code()):
                others.update(f"{len(part)}:{part}".encode())
            with open_regular(ledger) as file:
                return cls(hashlib.file_digest(file, "sha256").hexdigest(), others.hexdigest())
        except OSError:
            return None

    @property
    def digest(self) -> str:
        """One digest of all sources."""
        return hashlib.sha256(f"{self.ledger} {self.others}".encode()).hexdigest()


def up_to_date(out: Path, sources: Sources) -> bool:
    """Whether a folder holds the complete, unchanged page of these sources."""
    try:
        stamp = json.loads(read_regular(out / STAMP))
        names = stamp["files"]
        is_complete = "index.html" in names and names == dict(_files(out, names))
        return is_complete and bool(stamp["sources"] == sources.digest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def stamp(out: Path, sources: Sources) -> None:
    """Record the sources of the page in a folder; if that cannot be written, the page is rendered again next time."""
    paths = (path for pattern in ("index.html", "*.csv", "figures/*", "data/*") for path in out.glob(pattern))
    files = dict(_files(out, sorted(str(path.relative_to(out)) for path in paths if path.is_file())))
    with suppress(OSError), replacing(out / STAMP) as part:
        part.write_text(json.dumps({"sources": sources.digest, "files": files}, indent=1) + "\n", encoding="utf-8")


def _files(out: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Digests of the files of a page, by name."""
    for name in names:
        yield name, hashlib.sha256(read_regular(out / name)).hexdigest()


def _notes(folder: Path) -> Iterator[str]:
    """The notes beside a ledger, and the names of the weights in its folder."""
    # the finding is made with the page
    for path in sorted(path for path in folder.glob("*.json") if path.name != FINDING):
        yield path.name
        yield hashlib.sha256(read_regular(path)).hexdigest()
    with suppress(OSError), os.scandir(folder / "weights") as entries:
        yield from sorted(f"{entry.name} {entry.stat(follow_symlinks=False).st_size}" for entry in entries)


def _code() -> Iterator[str]:
    """The code of this package and the versions of its dependencies."""
    yield sys.version
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            yield f"{name} {metadata.version(name)}"
    for path in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in _KINDS):
        yield hashlib.sha256(path.read_bytes()).hexdigest()


#: Files of the package that make a page.
_KINDS = {".py", ".css", ".js", ".j2", ".csv", ".yaml"}
