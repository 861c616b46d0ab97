"""The JSON schema of a whole space."""

from sweep.space.axes import NUMERIC_AXES
from sweep.space.datasets import Dataset
from sweep.space.json_schema.axes import block, section
from sweep.space.json_schema.recipe import nuisance, proxy, rate
from sweep.space.json_schema.rules import rules
from sweep.space.json_schema.sections import Schema, flat, mapping, model
from sweep.space.lengths import MOST as MOST_LENGTHS
from sweep.space.lengths import STRATEGIES, Length
from sweep.space.schema import Bound, Resources
from sweep.space.seeds import ALL, BASELINE, KEYS
from sweep.space.shorthands import RATE
from sweep.space.space import COSTS, Space
from sweep.space.strategies import SearchKeys, Strategy
from sweep.space.truth import Known

ID = "urn:wn-sweep:space"
_ON_A_GPU = {"required": ["gpus"], "properties": {"gpus": {"exclusiveMinimum": 0}}}
_OWN_IMAGES = [name for name, keys in Dataset.choice.members.items() if keys.of_the_user]


def schema() -> Schema:
    """The schema of a whole space."""
    root = model(Space)
    properties = root["properties"]
    axis = {"type": "string", "minLength": 1}
    properties["main"] |= {"anyOf": [axis, {"type": "array", "minItems": 1, "uniqueItems": True, "items": axis}]}
    properties["network"] |= section()
    properties["grid"] |= {"type": "array", "minItems": 1, "items": block()}
    properties["baseline"] |= section()
    any_bound = _bound("Bounds on a parameter of your own network.")
    properties["constraints"] |= {"type": "object", "additionalProperties": any_bound}
    properties["constraints"]["properties"] = {name: _bound(f"Bounds on {name}.") for name in (*COSTS, *NUMERIC_AXES)}
    properties["proxy"] |= proxy()
    properties["nuisance"] |= mapping(nuisance()) | {"not": {"required": ["lr", RATE]}}
    properties["seeds"] |= _seeds()
    properties["lengths"] |= _lengths()
    properties["truth"] |= {"anyOf": [{"type": "string"}, {"type": "array", "items": model(Known)}]}
    properties["strategy"] |= _strategy()
    properties["resources"] |= model(Resources)
    properties["resources"] |= {"dependencies": {"architecture": _ON_A_GPU}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "title": "A space of wn-sweep",
        **root,
        "allOf": [*rules(), rate(), _image_size_rule(), _epochs_rule(), _seeds_rule()],
    }


def _strategy() -> Schema:
    """A name alone where nothing else is needed, or a mapping."""
    members = Strategy.choice.members
    budgeted = [name for name, keys in members.items() if issubclass(keys, SearchKeys)]
    alone = [name for name in members if name not in budgeted]
    schema = flat(Strategy)
    schema["properties"]["objectives"] |= {"contains": {"const": "error"}, "uniqueItems": True}
    curve = {"properties": {"goal": {"const": "curve"}}, "required": ["goal"]}
    along = {"properties": {"axis": {"type": "string"}, "tolerance": {"type": "null"}}, "required": ["axis"]}
    no_curve = {"properties": {name: {"type": "null"} for name in ("axis", "between", "half_width")}}
    schema["allOf"].append({"if": curve, "then": along, "else": no_curve})
    cmaes = {"properties": {"name": {"const": "cmaes"}}, "required": ["name"]}
    schema["allOf"].append({"if": cmaes, "then": {"properties": {"objectives": {"const": ["error"]}}}})
    search = {"properties": {"name": {"enum": budgeted}}, "required": ["name"]}
    budget_keys = [{"required": [key], "properties": {key: {"type": "number"}}} for key in ("runs", "hours")]
    schema["allOf"].append({"if": search, "then": {"anyOf": budget_keys}})
    return {"anyOf": [{"enum": alone}, schema]}


def _seeds() -> Schema:
    """A number of seeds or a list of them, for all points alike or with more for the baseline."""
    listed: Schema = {
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
    of_all = {"description": "Seeds of every point: how many, or a list of them."} | listed
    of_baseline = {"description": "Seeds of each baseline, those of every point among them."} | listed
    return {"anyOf": [*listed["anyOf"], mapping({ALL: of_all, BASELINE: of_baseline}, required=KEYS)]}


def _lengths() -> Schema:
    """A list of epochs, alone or with nuisance settings of their own."""
    schema = model(Length)
    schema["properties"]["nuisance"] |= mapping(nuisance())
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_LENGTHS,
        "items": {"anyOf": [schema["properties"]["epochs"], schema]},
    }


def _epochs_rule() -> Schema:
    """Without lengths the recipe says how long runs are trained."""
    epochs = {"if": {"required": ["recipe"]}, "else": {"required": ["epochs"]}}
    names = {"enum": list(STRATEGIES)}
    halving = {"type": "object", "properties": {"name": {"const": "halving"}}, "required": ["name"]}
    strategy = {"anyOf": [names, {"type": "object", "properties": {"name": names}}]}
    return {
        "if": {"required": ["lengths"]},
        "then": {"properties": {"strategy": strategy}},
        "else": {"properties": {"proxy": epochs, "strategy": {"not": halving}}},
    }


def _seeds_rule() -> Schema:
    """More seeds of the baseline need one, and a grid."""
    grid = {"anyOf": [{"const": "grid"}, {"type": "object", "properties": {"name": {"const": "grid"}}}]}
    return {
        "if": {"properties": {"seeds": {"type": "object"}}, "required": ["seeds"]},
        "then": {
            "required": ["baseline"],
            "properties": {"baseline": {"minProperties": 1}, "strategy": grid},
        },
    }


def _bound(description: str) -> Schema:
    schema = model(Bound)
    either = [{"required": [name], "properties": {name: {"type": "number"}}} for name in ("min", "max")]
    return {"description": description, **schema, "anyOf": either}


def _image_size_rule() -> Schema:
    """Images of the user's own need a size, in `proxy.dataset` or in `network`."""
    own = {"properties": {"name": {"enum": _OWN_IMAGES}}, "required": ["name"]}
    sized = {"required": ["image_size"]}
    return {
        "if": {"properties": {"network": sized}, "required": ["network"]},
        "else": {"properties": {"proxy": {"properties": {"dataset": {"if": own, "then": sized}}}}},
    }
