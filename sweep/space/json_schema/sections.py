"""Parts of the JSON schema that every section is made of: values, sections, and sections with a tag."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter

from sweep.space.mistakes import types_in
from sweep.space.model import Flat

Schema = dict[str, Any]

#: Fields whose annotation says less than is checked.
_FILLED_IN = {"chosen", "network", "grid", "baseline", "seeds", "nuisance", "resized_crop", "main"}
#: Keys that may stand in another section.
_ELSEWHERE = {"image_size"}


def mapping(properties: Mapping[str, Schema], *, required: Iterable[str] = (), others: object = False) -> Schema:
    """A section with these keys; `others` is the schema of values of any other key."""
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": others}
    return schema | ({"required": list(required)} if required else {})


def leaf(annotation: Any) -> Schema:
    """The schema of a value without sections, without titles and defaults."""
    schema = TypeAdapter(annotation, config={"arbitrary_types_allowed": True}).json_schema()
    return {key: value for key, value in schema.items() if key not in {"title", "default"}}


def model(kind: type[BaseModel]) -> Schema:
    """The schema of a section; sections within it are left to be filled in."""
    properties, required = {}, []
    for name, field in kind.model_fields.items():
        nested = any(isinstance(t, type) and issubclass(t, BaseModel) for t in types_in(field.annotation))
        value = {} if nested or name in _FILLED_IN else leaf(Annotated[field.annotation, *field.metadata, name])
        if name != "chosen":
            properties[name] = {"description": field.description or "", **value}
            if field.is_required():
                required.append(name)
    return mapping(properties, required=required)


def flat(kind: type[Flat], *, default: str | None = None, optional: bool = False) -> Schema:
    """The schema of a section whose tag decides what other keys mean; `optional`: nothing has to be given."""
    choice = kind.choice
    default = default or choice.default
    schema = model(kind)
    schema["properties"][choice.tag] = {
        "description": f"Which {choice.noun}" + (f"; {default} if not given." if default else "."),
        "enum": list(choice.members),
    }
    for key, names in choice.keys.items():
        field = choice.members[names[0]].model_fields[key]
        schema["properties"][key] = {"description": f"{field.description} Only with {', '.join(names)}."} | (
            model(next(t for t in types_in(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)))
            if key == "known"
            else leaf(Annotated[field.annotation, *field.metadata, key])
        )
    rules = []
    for name, member in choice.members.items():
        foreign = {key: False for key in choice.keys if key not in member.model_fields}
        needed = [key for key, field in member.model_fields.items() if field.is_required() and key not in _ELSEWHERE]
        needed = [key for key in needed if key != choice.tag]
        is_it = {"properties": {choice.tag: {"const": name}}}
        then = {"properties": foreign} | ({"required": needed} if needed and not optional else {})
        rules.append({"if": is_it if name == default else is_it | {"required": [choice.tag]}, "then": then})
    required = [] if optional else [*schema.get("required", []), *([] if default else [choice.tag])]
    schema = {key: value for key, value in schema.items() if key != "required"} | {"allOf": rules}
    return schema | ({"required": required} if required else {})
