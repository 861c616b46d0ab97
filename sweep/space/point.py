"""A point: one setting of everything that decides which network is built."""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from sweep.space.backbones import BACKBONES
from sweep.space.families import CHOICE, FAMILIES, AnyFamily
from sweep.space.model import Choice, Flat
from sweep.space.source import did_you_mean

#: Keys that say where a family applies, and their defaults, which labels leave out.
WHERE_DEFAULTS = {
    name: field.default
    for keys in FAMILIES.values()
    for name, field in keys.model_fields.items()
    if name != "family" and isinstance(field.default, str)
}
#: Keys that not every family has: what a family is, before where it applies.
FAMILY_KEYS = (*(key for key in CHOICE.keys if key not in WHERE_DEFAULTS), *WHERE_DEFAULTS)
#: Keys that not every backbone has.
BACKBONE_KEYS = {name for facts in BACKBONES.values() for name in facts.own}


class Null(str):
    """The text of null, apart from the text that somebody wrote."""

    __slots__ = ()


#: The value of an axis that is null; the user's own network is called with None.
NULL = Null("null")
#: Smaller images keep their resolution through the stem.
SMALL_IMAGE = 64


def _backbone(value: str) -> str:
    if value not in BACKBONES and not _NETWORK.fullmatch(value):
        hint = did_you_mean(value, (*BACKBONES, "package.module:function"))
        raise ValueError(f"'{value}' is not a known backbone{hint}")
    return value


#: A network of the user's own: a function that builds it, by the name of its module.
NETWORK_PATTERN = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
_NETWORK = re.compile(NETWORK_PATTERN)

Channels = Annotated[int, Field(ge=1, le=1 << 16)]
Blocks = Annotated[int, Field(ge=1, le=1000)]


def _options(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((str(k), tuple(v) if isinstance(v, list) else v) for k, v in value.items()))
    return value


class Point(Flat):
    """One network of the space; every key may be an axis.

    The keys of its family, `M` and `G` among them, are those of a model in `sweep/space/families/`.
    """

    choice: ClassVar[Choice] = CHOICE

    chosen: AnyFamily
    backbone: Annotated[
        str,
        AfterValidator(_backbone),
        Field(description="The table of convolutions, or package.module:function for a network of your own."),
    ] = "shufflenet_v2"
    width: Annotated[
        float,
        Field(gt=0, le=16, description="Width multiplier; 0.5, 1, 1.5 and 2 are published for ShuffleNetV2."),
    ] = 1.0
    image_size: Annotated[
        int | None, Field(ge=1, le=1024, description="Side of the square input, pixels; the data set's by default.")
    ] = None
    stem: Annotated[
        Literal["imagenet", "small"] | None,
        Field(description="imagenet has stride 4, small has stride 1; by image_size if not given."),
    ] = None
    stem_channels: Annotated[
        Channels | None,
        Field(
            description="Channels of ShuffleNetV2's stem; 24 published, which is the default, or half of the first "
            "stage's where that has 24 or fewer."
        ),
    ] = None
    last_channels: Annotated[
        Channels | None, Field(description="Channels of ShuffleNetV2's last 1x1 convolution; 1024 published.")
    ] = None
    repeats: Annotated[
        tuple[Blocks, ...] | None,
        Field(strict=False, min_length=1, max_length=6, description="Blocks of each stage, such as [4, 8, 4]."),
    ] = None
    options: Annotated[
        tuple[tuple[str, Any], ...],
        BeforeValidator(_options),
        Field(description="Arguments of a network of your own."),
    ] = ()

    @property
    def family(self) -> str:
        """How the kernels of the stage convolutions come about."""
        return self.chosen.family

    @property
    def M(self) -> Fraction | None:  # noqa: N802
        """Activations per output channel, or None where the family has none."""
        return getattr(self.chosen, "M", None)

    @property
    def G(self) -> Fraction | None:  # noqa: N802
        """Groups per output channel, or None where the family has none."""
        return getattr(self.chosen, "G", None)

    @property
    def lam(self) -> Fraction | None:
        """lambda = M / G, the parameter multiplier, or None where the family has none."""
        return getattr(self.chosen, "lam", None)

    @property
    def own_network(self) -> bool:
        """Whether a function of the user's builds the network."""
        return self.backbone not in BACKBONES

    def is_own(self, axis: str) -> bool:
        """Whether an axis of that name is a parameter of the user's own network."""
        return self.own_network and axis not in {"backbone", "image_size"}

    def value(self, axis: str) -> Any:
        """The value of an axis by its name in space.yaml, 'lambda' included; None where there is none."""
        if self.is_own(axis):
            options = dict(self.options)
            return NULL if axis in options and options[axis] is None else options.get(axis)
        if axis == "lambda":
            return self.lam
        if axis in BACKBONE_KEYS and axis not in BACKBONES[self.backbone].own:
            return None
        if axis == "family" or axis in CHOICE.keys:
            return getattr(self.chosen, axis, None)
        return getattr(self, axis) if axis in Point.model_fields else None

    def resolved(self, image_size: int) -> "Point":
        """The point with what it left open filled in, and one spelling for what is the same."""
        size = self.image_size or image_size
        if self.own_network:
            return self.model_copy(update={"image_size": size})
        facts = BACKBONES[self.backbone]
        repeats = self.repeats or facts.repeats
        # not Flat's, which looks for keys of the union: this is done for every point
        return BaseModel.model_copy(
            self,
            update={
                "chosen": self.chosen.resolved(len(repeats)),
                "image_size": size,
                "stem": self.stem or ("small" if size <= SMALL_IMAGE else "imagenet"),
                "stem_channels": self.stem_channels or facts.stem(self.width),
                "last_channels": self.last_channels or facts.last(self.width),
                "repeats": repeats,
            },
        )

    def applies(self, stage: int) -> bool:
        """Whether the family applies to a stage, counted from 1, of a resolved point."""
        assert self.repeats is not None
        return self.chosen.applies(stage, len(self.repeats))

    def mistakes(self) -> list[str]:
        """Messages about what keeps the values from making sense together."""
        if self.own_network:
            return []
        default = {None, *WHERE_DEFAULTS.values()}
        foreign = sorted(BACKBONE_KEYS - set(BACKBONES[self.backbone].own))
        given = [name for name in foreign if getattr(self, name, getattr(self.chosen, name, None)) not in default]
        stages = len(self.repeats) if self.repeats else None
        return [
            *(f"{name} is not supported with backbone {self.backbone}" for name in given),
            *self.chosen.mistakes(stages),
        ]

    def canonical(self) -> dict[str, Any]:
        """The point as plain JSON values, the same for every spelling of the same point."""
        defaults = {name: field.default for name, field in type(self.chosen).model_fields.items() if name != "family"}
        given = {name: plain(value) for name, value in self if value is not None and value != defaults.get(name)}
        options = given.pop("options")
        return given | ({"options": dict(options)} if options else {})


def text_of(value: Any) -> str:
    """A value of an axis as labels and tables write it."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(plain(value))


def canonical(value: object) -> str:
    """JSON with sorted keys and no spelling of its own: equal values give equal text."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A JSON value that does not depend on how a number was spelled: 2.0 is 2, Fraction(1, 24) is '1/24'."""
    if isinstance(value, BaseModel):
        return {name: plain(item) for name, item in value if item is not None}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
