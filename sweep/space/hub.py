"""Hugging Face image data sets, by name or local path: their labels, and their images by number.

Needs the extra `data`. A name is looked up in the library's own cache only, until `downloading` says otherwise.
"""

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.space.image_index import ImageIndex, index_fingerprint
from sweep.space.source import did_you_mean

_may_download = False


@contextlib.contextmanager
def downloading() -> Iterator[None]:
    """Let data sets that are not in the cache be downloaded."""
    global _may_download
    _may_download = True
    try:
        yield
    finally:
        _may_download = False


def hub_index(
    path: str, config: str | None, split: str, validation_split: str | None, image_column: str, label_column: str
) -> ImageIndex:
    """The index of a split, after that of the validation split if one is named; raises ValueError in words."""
    found = _tried(path, config, split, validation_split, image_column, label_column)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def forget() -> None:
    """Look for data sets anew when they are next asked for."""
    _tried.cache_clear()


@lru_cache(maxsize=4)
def _tried(path: str, config: str | None, *which: Any) -> ImageIndex | str:
    """The index, or what is wrong: a space is checked in parts, and a server that does not answer takes minutes."""
    try:
        return _index(path, config, *which)
    except ValueError as error:
        return str(error)


def _index(
    path: str, config: str | None, split: str, validation_split: str | None, image_column: str, label_column: str
) -> ImageIndex:
    try:
        import datasets
    except ImportError:
        raise ValueError("huggingface needs the package datasets: pip install 'wn-sweep[data]'") from None
    found = _loaded(datasets, path, config)
    splits = [split] if validation_split is None else [validation_split, split]
    tables = []
    for name in splits:
        if name not in found:
            raise ValueError(f"{path} has no split '{name}'{did_you_mean(name, found)}")
        tables.append(_checked(datasets, found[name], path, image_column, label_column))
    feature = tables[-1].features[label_column]
    values = [table[label_column][:] for table in tables]
    if any(value is None for each in values for value in each):
        raise ValueError(f"{path} has images without a label")
    # a column without names is numbered in the order of its values
    named = isinstance(feature, datasets.ClassLabel)
    classes: list[Any] = list(range(feature.num_classes)) if named else sorted(set(values[-1]))
    strange = sorted({value for each in values for value in each} - set(classes))
    if strange:
        raise ValueError(f"{path} has a label {strange[0]!r} that is none of its {len(classes)} classes")
    numbers = {value: number for number, value in enumerate(classes)}
    labels = np.array([numbers[value] for each in values for value in each], dtype=np.int64)
    images = [table.with_format("arrow")[:][image_column] for table in tables]
    first = len(values[0])

    def encoded(number: int) -> tuple[str, bytes]:
        which, row = (0, number) if number < first else (1, number - first)
        image = images[which][row].as_py()
        name = f"{path}, {splits[which]}[{row}]"
        if image is None:
            raise ValueError(f"{name}: there is no image")
        return name, image["bytes"] if image["bytes"] is not None else Path(image["path"]).read_bytes()

    sizes = [int(size) for column in images for size in _sizes(column)]
    apart, tested = 0 if validation_split is None else first, "test" in found
    fingerprint = index_fingerprint(f"{apart} {tested}", map(str, labels), sizes, encoded)
    names = tuple(feature.names if named else map(str, classes))
    return ImageIndex(names, labels, apart, tested, fingerprint, encoded)


def _loaded(datasets: Any, path: str, config: str | None) -> Any:
    """Every split of a data set, by name."""
    offline, shown = datasets.config.HF_HUB_OFFLINE, not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    datasets.config.HF_HUB_OFFLINE = offline or not _may_download
    try:
        if (Path(path) / "dataset_dict.json").is_file():
            return datasets.load_from_disk(path)
        return datasets.load_dataset(path, config)
    except Exception as error:
        # whatever the library and its file formats raise; it is long, and the first line says what matters
        what = f"{path} cannot be loaded: {(str(error) or type(error).__name__).splitlines()[0]}"
        hint = (
            "" if Path(path).exists() or _may_download else "; `wn-sweep data SPACE --download` downloads a set by name"
        )
        raise ValueError(what + hint) from None
    finally:
        datasets.config.HF_HUB_OFFLINE = offline
        if shown:
            datasets.enable_progress_bars()


def _checked(datasets: Any, table: Any, path: str, image_column: str, label_column: str) -> Any:
    """The two columns, images as their files' bytes."""
    for column, key in ((image_column, "image_column"), (label_column, "label_column")):
        if column not in table.features:
            known = did_you_mean(column, table.features)
            raise ValueError(f"{path} has no column '{column}', which {key} can name{known}")
    if not isinstance(table.features[image_column], datasets.Image):
        raise ValueError(f"column '{image_column}' of {path} holds no images")
    return table.select_columns([image_column, label_column]).cast_column(image_column, datasets.Image(decode=False))


def _sizes(column: Any) -> NDArray[np.int64]:
    """Bytes of each image, without reading those that lie in the table."""
    import pyarrow.compute as pc

    sizes = np.array(pc.fill_null(pc.binary_length(pc.struct_field(column, "bytes")), -1), dtype=np.int64)
    for row in np.flatnonzero(sizes < 0).tolist():
        image = column[row].as_py()
        sizes[row] = Path(image["path"]).stat().st_size if image else 0
    return sizes
