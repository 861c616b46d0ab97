"""The sections of the JSON schema that say how a point is trained: `proxy` and `nuisance`."""

from sweep.space.datasets import DATASETS, Dataset
from sweep.space.json_schema.sections import Schema, flat, model
from sweep.space.nuisance import WHAT_IS_LEARNT
from sweep.space.recipes import RECIPES
from sweep.space.schema import INDECISIVE, Augment, Optimizer, Proxy, Task
from sweep.space.shorthands import RATE


def proxy() -> Schema:
    """The section `proxy`, with or without a named recipe under it."""
    schema = flat(Proxy)
    # `rate` says where the rate is needed
    plain, named = flat(Optimizer, optional=True), flat(Optimizer, default="sgd", optional=True)
    properties = schema["properties"]
    names = {"enum": list(Optimizer.choice.members)}
    properties["optimizer"] |= {"anyOf": [names, {"type": "object", "properties": plain["properties"]}]}
    properties["lr"] = plain["properties"]["lr"] | {"description": "Short for optimizer.lr."}
    properties["augment"] |= _augment()
    properties["dataset"] |= _dataset()
    properties["task"] |= _task()
    properties["recipe"] = {"description": "A recipe by its name, under what else is said.", "enum": list(RECIPES)}
    # a named recipe has another schedule than a recipe without one
    rules = schema.pop("allOf"), flat(Proxy, default="linear")["allOf"]
    # epochs are needed where the space gives no lengths
    needed = [name for name in schema.pop("required") if name not in {"dataset", "optimizer", "epochs"}]
    schema["required"] = ["dataset"]
    schema["if"] = {"required": ["recipe"]}
    schema["then"] = {"allOf": [*rules[1], {"properties": {"optimizer": {"anyOf": [names, named]}}}]}
    schema["else"] = {
        "allOf": [*rules[0], {"properties": {"optimizer": {"anyOf": [names, plain]}}}],
        "required": needed,
    }
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
    twice = {"properties": {"optimizer": {"type": "object", "required": ["lr"]}}}
    schema["allOf"] = [no_flip, _whole(), {"not": {**twice, "required": ["lr", "optimizer"]}}]
    return schema


def rate() -> Schema:
    """A rule of the whole space: the recipe gives a learning rate, unless it is tuned or a named recipe has one."""
    tuned = {"required": ["nuisance"], "properties": {"nuisance": {"anyOf": [_needs("lr"), _needs(RATE)]}}}
    given = {"anyOf": [_needs("lr"), {**_needs("optimizer"), "properties": {"optimizer": _needs("lr")}}]}
    # another optimiser than the recipe's takes nothing over from it
    other = {"anyOf": [{"const": "adamw"}, {**_needs("name"), "properties": {"name": {"const": "adamw"}}}]}
    has_one = {**_needs("recipe"), "not": {**_needs("optimizer"), "properties": {"optimizer": other}}}
    return {"if": tuned, "else": {"properties": {"proxy": {"anyOf": [given, has_one]}}}}


def _needs(key: str) -> Schema:
    return {"type": "object", "required": [key]}


def _task() -> Schema:
    schema = model(Task)
    ordered = {"properties": {"mix": {"const": "difference"}}, "required": ["mix"]}
    rule = {"if": ordered, "then": {"properties": {"images": {"const": 2}}}}
    names = schema["properties"]["name"]
    return {"anyOf": [{key: names[key] for key in ("const", "enum") if key in names}, schema | rule, {"type": "null"}]}


def _whole() -> Schema:
    """Images that are kept whole are cropped to size, as the recipes do."""
    whole = {"type": "object", "properties": {"fit": {"const": "whole"}}, "required": ["fit"]}
    crop = {"type": "object", "required": ["resized_crop"], "properties": {"resized_crop": {"type": "array"}}}
    needs = {"required": ["augment"], "properties": {"augment": crop}}
    is_it = {"properties": {"dataset": whole}, "required": ["dataset"], "not": {"required": ["recipe"]}}
    return {"if": is_it, "then": needs}


def _augment() -> Schema:
    schema = model(Augment)
    share = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    schema["properties"]["resized_crop"] |= {
        "anyOf": [{"type": "array", "items": share, "minItems": 2, "maxItems": 2}, {"type": "null"}]
    }
    return schema


def _dataset() -> Schema:
    schema = flat(Dataset)
    drawn = {"properties": {"subset": {"const": "by seed"}}, "required": ["subset"]}
    schema["allOf"].append({"if": drawn, "then": {"required": ["train"], "properties": {"train": {"type": "integer"}}}})
    # a name alone, where nothing else is needed
    return {"anyOf": [{"enum": list(DATASETS)}, schema]}


def nuisance() -> dict[str, Schema]:
    """Every setting of the recipe that is one number or word, by its path."""
    recipe = proxy()
    within = {"augment.": recipe["properties"]["augment"], "optimizer.": flat(Optimizer)}
    settings = {}
    for prefix, section in {"": recipe, **within}.items():
        for name, value in section["properties"].items():
            if name in {*WHAT_IS_LEARNT, "augment", "optimizer", "resized_crop", *INDECISIVE} or prefix + name == "lr":
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
    return settings | {"lr": settings[RATE] | {"description": f"Short for {RATE}."}}
