"""Commands that say what there is: data sets, the schema."""

import contextlib
import json
from typing import Annotated

import typer

from sweep.console import out
from sweep.errors import SweepError
from sweep.space import DATASETS, Space, find


def data(
    name: Annotated[str, typer.Argument(metavar="DATASET|SPACE", help="A data set's name, or a space that names one.")],
    download: Annotated[bool, typer.Option(help="Download it if it is not here.")] = False,
) -> None:
    """Say what is known of a data set and where its images lie, or download them. Exit code 2: they are not here."""
    from sweep.proxy import files
    from sweep.proxy.checked import check_images
    from sweep.proxy.download import download as fetch
    from sweep.space.hub import downloading
    from sweep.space.official import OFFICIAL
    from sweep.space.schema import Dataset

    with downloading() if download else contextlib.nullcontext():
        is_dataset = name in DATASETS
        dataset = Dataset.model_validate({"name": name}) if is_dataset else Space.load(find(name)).proxy.dataset
    if download and dataset.name in OFFICIAL and not dataset.path:
        fetch(dataset.name, lambda line: out.print(line, markup=False))
    facts = dataset.facts
    size = f"{facts.channels} x {facts.image_size} x {facts.image_size}"
    out.print(f"{dataset.name}: images of {size} in {facts.classes} classes", markup=False)
    split = f"{facts.apart:,} of them for validation" if facts.apart else f"{facts.test_images:,} more are set aside"
    out.print(f"{facts.pool:,} for training and validation, {split}", markup=False)
    if not facts.readable:
        raise SweepError(f"{name} can be planned for, but this version cannot read its images")
    if dataset.name in OFFICIAL:
        out.print(f"in {files.find(dataset).place}", markup=False)
    for note in check_images(dataset):
        out.print(f"Note: {note}", markup=False, soft_wrap=True)


def schema() -> None:
    """Print the JSON schema of space.yaml."""
    from sweep.space.json_schema import schema as schema_of_spaces

    print(json.dumps(schema_of_spaces(), indent=1))
