"""The JSON schema of space.yaml, for editors: it accepts what `run` accepts, and refuses what `run` refuses.

What no JSON schema can say, such as arithmetic between two values, is listed in `tests/space/test_json_schema.py`.
It keeps to draft 7, and refers to nothing: each section is written out, which editors show best.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter

from sweep.space.axes import AXES, NUMERIC_AXES, annotations
from sweep.space.block_schema import rules
from sweep.space.datasets import DATASETS, Dataset
from sweep.space.families import CHOICE, FAMILIES
from sweep.space.mistakes import types_in
from sweep.space.model import Flat
from sweep.space.nuisance import WHAT_IS_LEARNT
from sweep.space.point import NETWORK_PATTERN, Point
from sweep.space.ranges import Range
from sweep.space.recipes import RECIPES
from sweep.space.schema import INDECISIVE, Augment, Bound, Optimizer, Proxy, Resources, Task
from sweep.space.space import COSTS, Space
from sweep.space.strategies import Strategy

Schema = dict[str, Any]

ID = "urn:wn-sweep:space"


def schema() -> Schema:
    """The schema of a whole space."""
    root = _model(Space)
    own = root["properties"]
    own["network"] |= _section()
    own["grid"] |= {"type": "array", "minItems": 1, "items": _block()}
    own["baseline"] |= _section()
    bound = _bound("Bounds on a parameter of your own network.")
    own["constraints"] |= {"type": "object", "additionalProperties": bound}
    own["constraints"]["properties"] = {name: _bound(f"Bounds on {name}.") for name in (*COSTS, *NUMERIC_AXES)}
    own["proxy"] |= _proxy()
    own["nuisance"] |= _mapping(_nuisance())
    own["seeds"] |= {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 10_000},
            {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            },
        ]
    }
    members = Strategy.choice.members
    alone = [name for name, keys in members.items() if not any(f.is_required() for f in keys.model_fields.values())]
    own["strategy"] |= {"anyOf": [{"enum": alone}, _flat(Strategy)]}
    own["resources"] |= _model(Resources)
    own["resources"]["properties"]["gpus"] |= {"const": 0}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "title": "A space of wn-sweep",
        **root,
        "allOf": [*rules(), _image_size_rule()],
    }


def _mapping(properties: Mapping[str, Schema], *, required: Iterable[str] = (), others: object = False) -> Schema:
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": others}
    return made | ({"required": list(required)} if required else {})


#: A value that only a network of the user's own can judge.
_ANY_VALUE = {"not": {"type": "object"}}


def _section() -> Schema:
    """A section with one value for each axis: `network`, `baseline`."""
    return _mapping(_axis_properties(several=False), others=_ANY_VALUE)


def _block() -> Schema:
    """A block of the grid: a value, a list or a range for each axis."""
    others = {"anyOf": [_ANY_VALUE, _range()]}
    return _mapping(_axis_properties(several=True), others=others)


def _image_size_rule() -> Schema:
    """Images of the user's own need a size, in `proxy.dataset` or in `network`."""
    own = {"properties": {"name": {"enum": _OWN_IMAGES}}, "required": ["name"]}
    sized = {"required": ["image_size"]}
    return {
        "if": {"properties": {"network": sized}, "required": ["network"]},
        "else": {"properties": {"proxy": {"properties": {"dataset": {"if": own, "then": sized}}}}},
    }


_OWN_IMAGES = [name for name, keys in Dataset.choice.members.items() if keys.of_the_user]


def _leaf(annotation: Any) -> Schema:
    """The schema of a value without sections, without titles and defaults."""
    made = TypeAdapter(annotation, config={"arbitrary_types_allowed": True}).json_schema()
    return {key: value for key, value in made.items() if key not in {"title", "default"}}


def _model(model: type[BaseModel]) -> Schema:
    """The schema of a section; sections within it are left to be filled in."""
    properties, required = {}, []
    for name, field in model.model_fields.items():
        nested = any(isinstance(t, type) and issubclass(t, BaseModel) for t in types_in(field.annotation))
        leaf = {} if nested or name in _FILLED_IN else _leaf(Annotated[field.annotation, *field.metadata, name])
        if name != "chosen":
            properties[name] = {"description": field.description or "", **leaf}
            if field.is_required():
                required.append(name)
    return _mapping(properties, required=required)


#: Fields whose annotation says less than is checked.
_FILLED_IN = {"chosen", "network", "grid", "baseline", "seeds", "nuisance", "resized_crop"}


def _flat(model: type[Flat], *, default: str | None = None, optional: bool = False) -> Schema:
    """The schema of a section whose tag decides what other keys mean; `optional`: nothing has to be given."""
    choice = model.choice
    default = default or choice.default
    made = _model(model)
    made["properties"][choice.tag] = {
        "description": f"Which {choice.noun}" + (f"; {default} if not given." if default else "."),
        "enum": list(choice.members),
    }
    for key, names in choice.keys.items():
        field = choice.members[names[0]].model_fields[key]
        made["properties"][key] = {"description": f"{field.description} Only with {', '.join(names)}."} | (
            _model(next(t for t in types_in(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)))
            if key == "known"
            else _leaf(Annotated[field.annotation, *field.metadata, key])
        )
    rules = []
    for name, member in choice.members.items():
        foreign = {key: False for key in choice.keys if key not in member.model_fields}
        needed = [key for key, field in member.model_fields.items() if field.is_required() and key not in _ELSEWHERE]
        needed = [key for key in needed if key != choice.tag]
        is_it = {"properties": {choice.tag: {"const": name}}}
        then = {"properties": foreign} | ({"required": needed} if needed and not optional else {})
        rules.append({"if": is_it if name == default else is_it | {"required": [choice.tag]}, "then": then})
    required = [] if optional else [*made.get("required", []), *([] if default else [choice.tag])]
    made = {key: value for key, value in made.items() if key != "required"} | {"allOf": rules}
    return made | ({"required": required} if required else {})


#: Keys that may stand in another section.
_ELSEWHERE = {"image_size"}


def _proxy() -> Schema:
    made = _flat(Proxy)
    plain, named = _flat(Optimizer), _flat(Optimizer, default="sgd", optional=True)
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
    rules = made.pop("allOf"), _flat(Proxy, default="linear")["allOf"]
    needed = [name for name in made.pop("required") if name != "dataset"]
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
    said = {
        "if": {"required": ["recipe"]},
        "then": {"required": ["augment"], "properties": {"augment": {"required": ["flip"]}}},
    }
    made["allOf"] = [{"if": {"properties": {"dataset": is_one}}, "then": {"allOf": [straight, said]}}, _whole()]
    return made


def _task() -> Schema:
    made = _model(Task)
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
    made = _model(Augment)
    share = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    made["properties"]["resized_crop"] |= {
        "anyOf": [{"type": "array", "items": share, "minItems": 2, "maxItems": 2}, {"type": "null"}]
    }
    return made


def _dataset() -> Schema:
    made = _flat(Dataset)
    # a name alone, where nothing else is needed
    return {"anyOf": [{"enum": list(DATASETS)}, made]}


def _bound(description: str) -> Schema:
    made = _model(Bound)
    some = [{"required": [name], "properties": {name: {"type": "number"}}} for name in ("min", "max")]
    return {"description": description, **made, "anyOf": some}


def _nuisance() -> dict[str, Schema]:
    """Every setting of the recipe that is one number or word, by its path."""
    proxy = _proxy()
    sections = {"": proxy, "augment.": proxy["properties"]["augment"], "optimizer.": proxy["properties"]["optimizer"]}
    settings = {}
    for prefix, section in sections.items():
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


def _axis_properties(*, several: bool) -> dict[str, Schema]:
    """The axes of our own networks with one value or, in a block of the grid, with a value, a list or a range."""
    properties: dict[str, Schema] = {}
    for axis in AXES:
        value = _axis_value(axis)
        described: Schema = {"description": _axis_description(axis)}
        forms: list[Schema] = [value, {"type": "array", "minItems": 1, "items": value}]
        if axis in NUMERIC_AXES:
            forms.append(_range())
        properties[axis] = described | ({"anyOf": forms} if several else value)
    return properties


def _axis_value(axis: str) -> Schema:
    if axis == "backbone":
        # what builds a network of the user's own
        pattern = {"type": "string", "pattern": f"^{NETWORK_PATTERN}$"}
        return {"anyOf": [{"enum": [*_backbones()]}, pattern]}
    forms = [_without_null(_leaf(annotation)) for annotation in annotations(axis)]
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _backbones() -> Iterable[str]:
    from sweep.space.backbones import BACKBONES

    return BACKBONES


def _without_null(made: Schema) -> Schema:
    """A value that must be there: an axis without one is a mistake."""
    if "anyOf" not in made:
        return made
    forms = [form for form in made["anyOf"] if form != {"type": "null"}]
    return (
        {**made, "anyOf": forms} if len(forms) > 1 else {**{k: v for k, v in made.items() if k != "anyOf"}, **forms[0]}
    )


def _axis_description(axis: str) -> str:
    if axis == "family":
        return "How the kernels of the stage convolutions come about."
    if axis == "lambda":
        return "M / G, in place of M or G."
    if axis in CHOICE.keys:
        families = CHOICE.keys[axis]
        return f"{FAMILIES[families[0]].model_fields[axis].description} Only with {', '.join(families)}."
    return Point.model_fields[axis].description or ""


def _range() -> Schema:
    made = _model(Range)
    one = [{"required": [name], "properties": {name: {"type": "number"}}} for name in ("step", "count")]
    equal_ratios = {"properties": {"low": {"exclusiveMinimum": 0}, "step": {"type": "null"}}}
    log = {"if": {"properties": {"log": {"const": True}}, "required": ["log"]}, "then": equal_ratios}
    return {**made, "oneOf": one, "allOf": [log]}
