"""The base of every section of space.yaml, and of sections in which one key decides what other keys mean."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator


class KeyMistakeError(ValueError):
    """What is wrong with a key of a section, where the section as a whole tells it; `where` is the key's path."""

    def __init__(self, what: str, *where: str) -> None:
        super().__init__(what)
        self.where = where


class Model(BaseModel):
    """A section: no unknown key, no NaN, no silent conversion, no change after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    #: keys beside the fields, which are read before the section is made
    more_keys: ClassVar[tuple[str, ...]] = ()


class Choice:
    """The models that one key of a section, its tag, chooses between.

    tag: the key that chooses, such as `family`.
    noun: what messages call the section, such as 'optimizer' where the tag is `name`.
    members: value of the tag -> model of the keys that it allows, the tag itself among them.
    default: the value of the tag where the section does not give one; None where it must.
    """

    def __init__(self, tag: str, noun: str, members: dict[str, Any], default: str | None) -> None:
        self.tag, self.noun, self.members, self.default = tag, noun, members, default
        #: each key but the tag, with the values of the tag that allow it
        self.keys: dict[str, tuple[str, ...]] = {}
        for value, member in members.items():
            for key in member.model_fields:
                if key != tag:
                    self.keys[key] = (*self.keys.get(key, ()), value)
        self.gathered = frozenset({tag, *self.keys})

    @classmethod
    def of(cls, tag: str, *models: type[Model], noun: str = "", default: str | None = None) -> "Choice":
        """The choice between models, whose tags have the values that each allows, in this order."""
        members = {value: model for model in models for value in get_args(model.model_fields[tag].annotation)}
        return cls(tag, noun or tag, members, default)


def union(choice: Choice) -> Any:
    """The discriminated union of a choice, as an annotation."""
    return Annotated[Union[tuple(dict.fromkeys(choice.members.values()))], Field(discriminator=choice.tag)]  # noqa: UP007


class Flat(Model):
    """A section whose field `chosen` is a discriminated union that the file writes among the section's own keys.

    In the file, in `dict(section)`, in `model_dump()` and in `model_copy(update=...)` the keys of the union stand
    beside the others; only Python code sees the field.
    """

    choice: ClassVar[Choice]
    if TYPE_CHECKING:
        # each section has the field at a place of its own, where the union's keys stand in `dict(section)`
        chosen: Any

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "chosen" in value:
            raise ValueError("unknown key 'chosen'")
        choice = cls.choice
        gathered: dict[str, Any] = {"chosen": {} if choice.default is None else {choice.tag: choice.default}}
        for key, item in value.items():
            (gathered["chosen"] if key in choice.gathered else gathered)[key] = item
        return gathered

    def __iter__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]  # pydantic yields the same pairs
        for name, value in super().__iter__():
            if name == "chosen":
                yield from value
            else:
                yield name, value

    @model_serializer(mode="wrap")
    def _flatten(self, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        fields = handler(self)
        return {**fields.pop("chosen", {}), **fields}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; those of the union's keys are validated, others are not, as pydantic does it."""
        if update and not update.keys() <= type(self).model_fields.keys():
            return type(self)(**{**dict(self), **update})
        return super().model_copy(update=update, deep=deep)
