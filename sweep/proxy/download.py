"""Downloading official data sets, whole and checked or not at all."""

import contextlib
import hashlib
import http.client
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sweep.proxy.errors import DataError
from sweep.proxy.files import cache
from sweep.space.official import OFFICIAL


def download(name: str, tell: Callable[[str], None] = lambda line: None) -> Path:
    """Put the files of an official data set into the cache, its test images' as well; `tell` hears a line for each.

    A file is written beside its place, checked, and only then renamed. Raises DataError.
    """
    folder = cache(name)
    for address, checksum in {**OFFICIAL[name].downloads, **OFFICIAL[name].test_downloads}.items():
        path = folder / address.rpartition("/")[2]
        try:
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum:
                tell(f"{path} is there")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            _fetch(address, checksum, path)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise DataError(f"{address} cannot be downloaded to {path}: {reason}") from None
        tell(f"{path} downloaded from {address}")
    return folder


def _fetch(address: str, checksum: str, path: Path) -> None:
    # a name of its own, so that two downloads at a time do not write into one file
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False) as part:
        try:
            digest = hashlib.sha256()
            with contextlib.closing(urllib.request.urlopen(address, timeout=60)) as answer:
                while block := answer.read(1 << 20):
                    digest.update(block)
                    part.write(block)
            part.close()
            if digest.hexdigest() != checksum:
                raise DataError(
                    f"{address} served another file than was published (sha256 {digest.hexdigest()[:12]}...)"
                )
            Path(part.name).replace(path)
        finally:
            Path(part.name).unlink(missing_ok=True)
