"""Named recipes: the values that `proxy.recipe` stands for, unless the file overrides them."""

from collections.abc import Mapping
from typing import Any

#: paper: how WeightNet was trained on ImageNet, from the official code (megvii-model/WeightNet, train.py) and section
#: 4.1 of the paper: 300,000 steps of 1,024 images are 240 epochs. Images that are not of one size are cropped from all
#: of an image and judged on their middle (`dataset.fit: whole`). Its dropout before the classifier, at width 2.0 only,
#: is a matter of the network and not here.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "epochs": 240,
        "batch_size": 1024,
        "optimizer": {"name": "sgd", "lr": 0.5, "momentum": 0.9, "weight_decay": 4e-5},
        "schedule": "linear",
        "label_smoothing": 0.1,
        "augment": {"resized_crop": [0.08, 1.0], "color_jitter": 0.4, "flip": True},
    },
}


def with_recipe(proxy: Any) -> Any:
    """The proxy section with what its `recipe` stands for under it; as it is if it names none.

    Raises ValueError if there is no recipe of that name.
    """
    if not isinstance(proxy, Mapping) or "recipe" not in proxy:
        return proxy
    given = {key: value for key, value in proxy.items() if key != "recipe"}
    name = proxy["recipe"]
    if not isinstance(name, str) or name not in RECIPES:
        raise ValueError(f"no recipe is called {name!r}; there is {', '.join(RECIPES)}")
    usual = dict(RECIPES[name])
    # images of the official sets are squares of the size already
    dataset = given.get("dataset")
    if isinstance(dataset, Mapping) and dataset.get("name") in ("imagefolder", "huggingface"):
        usual["dataset"] = {"fit": "whole"}
    # another optimiser's settings would mean something else
    other = given.get("optimizer")
    if isinstance(other, Mapping) and other.get("name", usual["optimizer"]["name"]) != usual["optimizer"]["name"]:
        usual["optimizer"] = {}
    return _over(usual, given)


def _over(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values over defaults, section by section."""
    merged = {**defaults, **values}
    for key in defaults.keys() & values.keys():
        if isinstance(defaults[key], Mapping) and isinstance(values[key], Mapping):
            merged[key] = _over(defaults[key], values[key])
    return merged
