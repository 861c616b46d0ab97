"""The sections of the JSON schema that say how a point is trained: `proxy` and `nuisance`."""

from sweep.space.datasets import DATASETS, Dataset
from sweep.space.json_schema.sections import Schema, flat, model
from sweep.space.nuisance import WHAT_IS_LEARNT
from sweep.space.recipes import RECIPES
from sweep.space.schema import INDECISIVE, Augment, Optimizer, Proxy, Task


def proxy() -> Schema:
    """The section `proxy`, with or without a named recipe under it."""
    made = flat(Proxy)
    plain, named = flat(Optimizer), flat(Optimizer, default="sgd", optional=True)
    # another optimiser than the recipe's takes nothing over from it
    named["allOf"].append(
        {"if": {"properties": {"name": {"const": "adamw"}}, "required": ["name"]}, "then": {"required": ["lr"]}}
    )
    properties = made["properties"]
    properties["optimizer"] |= {"type": "object", "properties": plain["properties"]}
    properties["augment"] |= _augment()
    properties["dataset"] |= _dataset()
    properties["task"] |= _task()
    properties["recipe"] = {"description": "A recipe by its name, under what else is said.", "enum": list(RECIPES)}
    # a named recipe has another schedule than a recipe without one
    rules = made.pop("allOf"), flat(Proxy, default="linear")["allOf"]
    # epochs are needed where the space gives no lengths
    needed = [name for name in made.pop("required") if name not in ("dataset", "epochs")]
    made["required"] = ["dataset"]
    made["if"] = {"required": ["recipe"]}
    made["then"] = {"allOf": [*rules[1], {"properties": {"optimizer": named}}]}
    made["else"] = {"allOf": [*rules[0], {"properties": {"optimizer": plain}}], "required": needed}
    unflippable = [name for name, facts in DATASETS.items() if not facts.flip_keeps_class]
    is_one = {
        "anyOf": [
            {"enum": unflippable},
            {"properties": {"name": {"enum": unflippable}}, "required": ["name"], "type": "object"},
        ]
    }
    straight = {"properties": {"augment": {"properties": {"flip": {"const": False}}}}}
    # the recipes flip, unless the file says otherwise
    not_by_recipe = {
        "if": {"required": ["recipe"]},
        "then": {"required": ["augment"], "properties": {"augment": {"required": ["flip"]}}},
    }
    no_flip = {"if": {"properties": {"dataset": is_one}}, "then": {"allOf": [straight, not_by_recipe]}}
    made["allOf"] = [no_flip, _whole()]
    return made


def _task() -> Schema:
    made = model(Task)
    ordered = {"properties": {"mix": {"const": "difference"}}, "required": ["mix"]}
    rule = {"if": ordered, "then": {"properties": {"images": {"const": 2}}}}
    names = made["properties"]["name"]
    return {"anyOf": [{key: names[key] for key in ("const", "enum") if key in names}, made | rule, {"type": "null"}]}


def _whole() -> Schema:
    """Images that are kept whole are cropped to size, as the recipes do."""
    whole = {"type": "object", "properties": {"fit": {"const": "whole"}}, "required": ["fit"]}
    crop = {"type": "object", "required": ["resized_crop"], "properties": {"resized_crop": {"type": "array"}}}
    needs = {"required": ["augment"], "properties": {"augment": crop}}
    is_it = {"properties": {"dataset": whole}, "required": ["dataset"], "not": {"required": ["recipe"]}}
    return {"if": is_it, "then": needs}


def _augment() -> Schema:
    made = model(Augment)
    share = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    made["properties"]["resized_crop"] |= {
        "anyOf": [{"type": "array", "items": share, "minItems": 2, "maxItems": 2}, {"type": "null"}]
    }
    return made


def _dataset() -> Schema:
    made = flat(Dataset)
    # a name alone, where nothing else is needed
    return {"anyOf": [{"enum": list(DATASETS)}, made]}


def nuisance() -> dict[str, Schema]:
    """Every setting of the recipe that is one number or word, by its path."""
    recipe = proxy()
    within = {f"{name}.": recipe["properties"][name] for name in ("augment", "optimizer")}
    settings = {}
    for prefix, section in {"": recipe, **within}.items():
        for name, value in section["properties"].items():
            if name in {*WHAT_IS_LEARNT, "augment", "optimizer", "resized_crop", *INDECISIVE}:
                continue
            rules = {key: part for key, part in value.items() if key != "description"}
            items = {"allOf": [rules, {"type": ["boolean", "number", "string"]}]}
            settings[f"{prefix}{name}"] = {
                "description": f"Values to tune: {value['description']}",
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": items,
            }
    return settings
