"""The sections of the JSON schema whose keys are axes: `network`, `baseline` and the blocks of `grid`."""

from sweep.space.axes import AXES, NUMERIC_AXES, annotations
from sweep.space.backbones import BACKBONES
from sweep.space.families import CHOICE, FAMILIES
from sweep.space.json_schema.sections import Schema, leaf, mapping, model
from sweep.space.point import NETWORK_PATTERN, Point
from sweep.space.ranges import Range

#: A value that only a network of the user's own can judge.
_ANY_VALUE = {"not": {"type": "object"}}


def section() -> Schema:
    """A section with one value for each axis: `network`, `baseline`."""
    return mapping(_axis_properties(several=False), others=_ANY_VALUE)


def block() -> Schema:
    """A block of the grid: a value, a list or a range for each axis."""
    any_axis = {"anyOf": [_ANY_VALUE, _range()]}
    return mapping(_axis_properties(several=True), others=any_axis)


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
        return {"anyOf": [{"enum": list(BACKBONES)}, pattern]}
    forms = [_without_null(leaf(annotation)) for annotation in annotations(axis)]
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _without_null(schema: Schema) -> Schema:
    """A value that must be there: an axis without one is a mistake."""
    if "anyOf" not in schema:
        return schema
    forms = [form for form in schema["anyOf"] if form != {"type": "null"}]
    return (
        {**schema, "anyOf": forms}
        if len(forms) > 1
        else {**{k: v for k, v in schema.items() if k != "anyOf"}, **forms[0]}
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
    schema = model(Range)
    either = [{"required": [name], "properties": {name: {"type": "number"}}} for name in ("step", "count")]
    equal_ratios = {"properties": {"low": {"exclusiveMinimum": 0}, "step": {"type": "null"}}}
    log = {"if": {"properties": {"log": {"const": True}}, "required": ["log"]}, "then": equal_ratios}
    return {**schema, "oneOf": either, "allOf": [log]}
