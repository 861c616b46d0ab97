"""External parts of a space: its data set, and the user's own networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sweep.errors import SpaceError
from sweep.space.axes import references
from sweep.space.own import OwnNetwork, forget_networks, own_network, search
from sweep.space.paths import at_home, exists, is_file
from sweep.space.published import found_anywhere
from sweep.space.source import Source


def placed(data: dict[str, Any], source: Source) -> dict[str, Any]:
    """The space with paths from the root on, and the data set with the image size of the network if it has no other.

    Paths are those of the data set and of published rows. They are relative to the space's own file; one that is not
    there may be a name on the Hugging Face hub, or of a table that ships.
    """
    if isinstance(published := data.get("published"), str):
        data = {**data, "published": found_anywhere(published, source.file)}
    proxy, network = data.get("proxy"), data.get("network")
    dataset = proxy.get("dataset") if isinstance(proxy, Mapping) else None
    if not isinstance(proxy, Mapping) or not isinstance(dataset, Mapping):
        return data
    keys = dict(dataset)
    if isinstance(path := keys.get("path"), str) and path:
        try:
            located = (Path(source.file).parent / at_home(path)).absolute()
        except ValueError as error:
            raise SpaceError(source.mistake(("proxy", "dataset", "path"), str(error))) from None
        keys["path"] = str(located) if exists(located) or keys.get("name") != "huggingface" else path
    if keys.get("name") in ("imagefolder", "huggingface") and isinstance(network, Mapping):
        size = network.get("image_size")
        if size is not None and keys.get("image_size") is None:
            keys["image_size"] = size
    return {**data, "proxy": {**proxy, "dataset": keys}}


def own_networks_of(data: Mapping[str, Any], source: Source) -> tuple[dict[str, OwnNetwork | None], list[str]]:
    """The user's own networks that the sections name, None for one that cannot be had, and why it cannot."""
    beside = [Path(source.file).parent] if is_file(Path(source.file)) else []
    search(*beside, Path.cwd())
    forget_networks()
    networks: dict[str, OwnNetwork | None] = {}
    mistakes = []
    for where, reference in references(data):
        if reference not in networks:
            try:
                networks[reference] = own_network(reference)
            except ValueError as error:
                networks[reference] = None
                mistakes.append(source.mistake((*where, "backbone"), str(error)))
    return networks, mistakes
