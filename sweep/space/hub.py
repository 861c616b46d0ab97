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

from sweep.space.image_index import ImageIndex, contents_hashed, index_fingerprint
from sweep.space.regular import read_regular
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
    index_or_error = _tried(path, config, split, validation_split, image_column, label_column)
    if isinstance(index_or_error, str):
        raise ValueError(index_or_error)
    return index_or_error


def forget() -> None:
    """Clear the cache, so that data sets are looked up again."""
    _tried.cache_clear()


@lru_cache(maxsize=4)
def _tried(path: str, config: str | None, *which: Any) -> ImageIndex | str:
    """The index or the error message, cached: a space is checked in parts, and a time-out of a server takes minutes."""
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
    dataset = _loaded(datasets, path, config)
    splits = [split] if validation_split is None else [validation_split, split]
    tables = []
    for name in splits:
        if name not in dataset:
            raise ValueError(f"{path} has no split '{name}'{did_you_mean(name, dataset)}")
        tables.append(_checked(datasets, dataset[name], path, image_column, label_column))
    labels, classes = _labels(datasets, tables, path, label_column)
    images = [table.with_format("arrow")[:][image_column] for table in tables]
    first = len(tables[0])

    def encoded(number: int) -> tuple[str, bytes]:
        position, row = (0, number) if number < first else (1, number - first)
        image = images[position][row].as_py()
        name = f"{path}, {splits[position]}[{row}]"
        if image is not None and image["bytes"] is not None:
            return name, image["bytes"]
        if image is None or image["path"] is None:
            raise ValueError(f"{name}: there is no image")
        try:
            return name, read_regular(image["path"])
        except OSError as error:
            raise ValueError(f"{name}: {image['path']} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    sizes = [size for column in images for size in _sizes(column)]
    # a test split that is trained on is none; one that runs are judged on counts, and nothing else is set aside then
    apart, tested = 0 if validation_split is None else first, "test" in dataset and split != "test"
    # the labels say how many classes there are, unless some class has no image
    class_count = "" if len(classes) == len(np.unique(labels)) else f" {len(classes)}"
    fingerprint = index_fingerprint(f"{apart} {tested}{class_count}", map(str, labels), sizes, encoded)
    return ImageIndex(classes, labels, apart, tested, fingerprint, encoded, contents_hashed(sizes))


def _labels(datasets: Any, tables: list[Any], path: str, column: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels of the images of all tables as numbers, and the names of the classes; raises ValueError in words."""
    feature = tables[-1].features[column]
    values = [table[column][:] for table in tables]
    together = [value for each in values for value in each]
    # NaN does not equal NaN
    missing = sum(value is None or value != value for value in together)
    if missing:
        raise ValueError(f"{path} has images without a label: {missing:,} of {len(together):,}")
    # a column without names is numbered in the order of its values
    named = isinstance(feature, datasets.ClassLabel)
    classes: list[Any] = list(range(feature.num_classes)) if named else sorted(set(values[-1]))
    strange = sorted(set(together) - set(classes))
    if strange:
        raise ValueError(f"{path} has a label {strange[0]!r} that is none of its {len(classes)} classes")
    numbers = {value: number for number, value in enumerate(classes)}
    labels = np.array([numbers[value] for value in together], dtype=np.int64)
    return labels, tuple(feature.names if named else map(str, classes))


def _loaded(datasets: Any, path: str, config: str | None) -> Any:
    """Every split of a data set, by name."""
    offline, had_progress_bars = datasets.config.HF_HUB_OFFLINE, not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    datasets.config.HF_HUB_OFFLINE = offline or not _may_download
    try:
        if (Path(path) / "dataset_dict.json").is_file():
            return datasets.load_from_disk(path)
        if (Path(path) / "state.json").is_file():
            # a single split, which knows its name only where it was once one of several
            single = datasets.load_from_disk(path)
            return {str(single.split or "train"): single}
        return datasets.load_dataset(path, config)
    except Exception as error:
        # whatever the library and its file formats raise; it is long, and the first line says what matters
        message = f"{path} cannot be loaded: {(str(error) or type(error).__name__).splitlines()[0]}"
        hint = (
            "" if Path(path).exists() or _may_download else "; `wn-sweep data SPACE --download` downloads a set by name"
        )
        raise ValueError(message + hint) from None
    finally:
        datasets.config.HF_HUB_OFFLINE = offline
        if had_progress_bars:
            datasets.enable_progress_bars()


def _checked(datasets: Any, table: Any, path: str, image_column: str, label_column: str) -> Any:
    """The two columns, images as their files' bytes; raises ValueError in words."""
    for column, key in ((image_column, "image_column"), (label_column, "label_column")):
        if column not in table.features:
            hint = did_you_mean(column, table.features)
            raise ValueError(f"{path} has no column '{column}', which {key} can name{hint}")
    labels, images = table.features[label_column], table.features[image_column]
    if not isinstance(labels, datasets.ClassLabel | datasets.Value):
        kind = _kind(datasets, labels)
        raise ValueError(f"column '{label_column}' of {path} holds {kind}, not one label for each image")
    if not _holds_files(datasets, images):
        raise ValueError(
            f"column '{image_column}' of {path} holds {_kind(datasets, images)}, not images; "
            f"cast_column('{image_column}', datasets.Image()) and save_to_disk make it images"
        )
    return table.select_columns([image_column, label_column]).cast_column(image_column, datasets.Image(decode=False))


def _holds_files(datasets: Any, feature: Any) -> bool:
    """Whether a column's values are images' files: as the library has them, as bytes, or as a structure with bytes."""
    if isinstance(feature, dict):
        return "bytes" in feature and _holds_files(datasets, feature["bytes"])
    if isinstance(feature, datasets.Value):
        return feature.dtype in {"binary", "large_binary"}
    return isinstance(feature, datasets.Image)


def _kind(datasets: Any, feature: Any) -> str:
    if isinstance(feature, dict):
        return "structures"
    if isinstance(feature, datasets.Value):
        return "text" if feature.dtype in {"string", "large_string"} else str(feature.dtype)
    if isinstance(feature, datasets.Image):
        return "images"
    return "lists" if isinstance(feature, datasets.List | datasets.LargeList) else type(feature).__name__


def _sizes(column: Any) -> list[int]:
    """Bytes of each image, without reading those that lie in the table; 0 for what is no file, told when it is read."""
    import pyarrow.compute as pc

    sizes = np.array(pc.fill_null(pc.binary_length(pc.struct_field(column, "bytes")), -1), dtype=np.int64)
    for row in np.flatnonzero(sizes < 0).tolist():
        image = column[row].as_py()
        sizes[row] = 0
        if image and image["path"] is not None:
            with contextlib.suppress(OSError, ValueError):
                sizes[row] = Path(image["path"]).stat().st_size
    return [int(size) for size in sizes]
