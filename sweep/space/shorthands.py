"""Short spellings of a recipe's optimizer, written out as the rest of the package knows them."""

from collections.abc import Mapping
from typing import Any

from sweep.errors import SpaceError
from sweep.space.recipes import RECIPES
from sweep.space.source import Source, Where

#: The learning rate, by its path in the recipe.
RATE = "optimizer.lr"


def written_out(data: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The space with `optimizer: adamw`, `lr: 0.01` and a rate that is only tuned written out; raises SpaceError.

    `proxy.lr` is `proxy.optimizer.lr`, and `nuisance.lr`, that of a length too, is `nuisance.optimizer.lr`. Where the
    rate is tuned, and the recipe gives none, it is the first of the tuned ones, with which nothing is trained that is
    not asked for. Lines of `source` are known for the long spellings as well.
    """
    data = dict(data)
    data["nuisance"] = nuisance = _renamed(data.get("nuisance"), ("nuisance",), source)
    if nuisance is None:
        del data["nuisance"]
    if isinstance(lengths := data.get("lengths"), list):
        data["lengths"] = [
            {**length, "nuisance": _renamed(length["nuisance"], ("lengths", index, "nuisance"), source)}
            if isinstance(length, Mapping) and "nuisance" in length
            else length
            for index, length in enumerate(lengths)
        ]
    proxy = data.get("proxy")
    if not isinstance(proxy, Mapping):
        return data
    proxy = dict(proxy)
    optimizer = proxy.get("optimizer")
    if isinstance(optimizer, str):
        optimizer = {"name": optimizer}
    if "lr" in proxy:
        where = ("proxy", "optimizer", "lr")
        if isinstance(optimizer, Mapping) and "lr" in optimizer:
            raise SpaceError(source.mistake(("proxy", "lr"), "lr is given twice, here and in optimizer"))
        _also(source, ("proxy", "lr"), where)
        rate = proxy.pop("lr")
        if optimizer is None or isinstance(optimizer, Mapping):
            optimizer = {**(optimizer or {}), "lr": rate}
    tuned = nuisance.get(RATE) if isinstance(nuisance, Mapping) else None
    if isinstance(tuned, list) and tuned and (optimizer is None or isinstance(optimizer, Mapping)):
        given = optimizer or {}
        if given.get("lr") is None and not _rate_of_recipe(proxy, given):
            optimizer = {**given, "lr": tuned[0]}
    if optimizer is not None:
        proxy["optimizer"] = optimizer
    return {**data, "proxy": proxy}


def _rate_of_recipe(proxy: Mapping[str, Any], optimizer: Mapping[str, Any]) -> bool:
    """Whether a named recipe has a rate for this optimizer; another optimizer takes nothing over from it."""
    recipe = proxy.get("recipe")
    usual = RECIPES.get(recipe, {}).get("optimizer") if isinstance(recipe, str) else None
    return usual is not None and optimizer.get("name", usual["name"]) == usual["name"]


def _renamed(nuisance: Any, where: Where, source: Source) -> Any:
    """The section `nuisance` with `lr` under its path, at the same place."""
    if not isinstance(nuisance, Mapping) or "lr" not in nuisance:
        return nuisance
    if RATE in nuisance:
        raise SpaceError(source.mistake((*where, "lr"), f"lr is given twice, here and as {RATE}"))
    _also(source, (*where, "lr"), (*where, RATE))
    return {RATE if path == "lr" else path: values for path, values in nuisance.items()}


def _also(source: Source, old: Where, new: Where) -> None:
    """Let messages about `new`, and about keys in it, use the lines of `old`."""
    for where, line in list(source.lines.items()):
        if where[: len(old)] == old:
            source.lines[*new, *where[len(old) :]] = line
