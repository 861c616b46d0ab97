"""A point: one setting of everything that decides which network is built."""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from sweep.space.backbones import BACKBONES
from sweep.space.source import did_you_mean

#: Parameters of each family, beside those of the backbone.
FAMILIES: dict[str, tuple[str, ...]] = {
    "static": (),
    "se": ("reduction", "stages"),
    "sk": ("reduction", "stages"),
    "condconv": ("experts", "stages", "depthwise"),
    "weightnet": ("M", "G", "stages", "depthwise"),
}
#: Parameters that mean nothing to some family.
FAMILY_OWN = {name for names in FAMILIES.values() for name in names}
#: Parameters that mean nothing to some backbone.
BACKBONE_OWN = {name for facts in BACKBONES.values() for name in facts.own}

#: What a point has if nobody says: left out of its key, so that a new parameter makes no run anew.
NEUTRAL = {"stages": "all", "depthwise": "generated"}

#: Smaller images keep their resolution through the stem.
SMALL_IMAGE = 64
#: The most of M, G, lambda and experts, and the finest fraction of them: no layer has as many channels.
MOST, FINEST = 4096, 1_000_000

_RATIO = re.compile(r"[-+]?[\d.]{1,40}(e[-+]?\d\d?)?(/\d{1,40})?", re.IGNORECASE)


def ratio(value: object) -> Fraction:
    """A positive number or a fraction such as '1/24', exactly as it was written; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError("needs a number or a fraction such as 1/24")
    # 0.1 is a tenth, as written, not the float next to it; an exponent of a thousand digits would never end
    text = str(value).strip()
    try:
        number = Fraction(text) if _RATIO.fullmatch(text) else None
    except (ValueError, ZeroDivisionError):
        number = None
    if number is None:
        raise ValueError(f"{value!r} is not a number or a fraction such as 1/24")
    if not 0 < number <= MOST:
        raise ValueError(f"must be over 0 and at most {MOST}, found {value}")
    if number.denominator > FINEST:
        raise ValueError(f"{value} is too fine a fraction: no layer has as many channels")
    return number


def stages(value: object) -> str | tuple[int, ...]:
    """Which stages a family applies to: all, first, last, a stage's number (from 1) or a list; raises ValueError."""
    if value in ("all", "first", "last"):
        return str(value)
    numbers = value if isinstance(value, list | tuple) else (value,)
    if numbers and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= 6 for n in numbers):
        return tuple(sorted(set(numbers)))
    hint = did_you_mean(value, ("all", "first", "last")) if isinstance(value, str) else ""
    raise ValueError(f"needs all, first, last, the number of a stage from 1 on, or a list of them{hint}")


def _backbone(value: str) -> str:
    if value not in BACKBONES and not _NETWORK.fullmatch(value):
        hint = did_you_mean(value, (*BACKBONES, "package.module:function"))
        raise ValueError(f"'{value}' is not a known backbone{hint}")
    return value


#: A network of the user's own: a function that builds it, by the name of its module.
_NETWORK = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

Ratio = Annotated[Fraction, BeforeValidator(ratio)]
Stages = Annotated[str | tuple[int, ...], BeforeValidator(stages)]
Channels = Annotated[int, Field(ge=1, le=1 << 16)]


def _options(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((str(k), tuple(v) if isinstance(v, list) else v) for k, v in value.items()))
    return value


class Point(BaseModel):
    """One network of the space; every field may be an axis.

    Fields:
        family: how the kernels of the stage convolutions come about.
        M: activations per output channel in WeightNet's fully-connected layers.
        G: groups per output channel of the layer that generates the kernel; lambda = M / G.
        experts: kernels that CondConv mixes.
        reduction: the hidden layer of SE has C / reduction channels (at least 8), that of SK at least 32.
        stages: which stages the family applies to; the others are static.
        depthwise: whether depthwise convolutions are generated as the others are, or static.
        backbone: the table of convolutions, or package.module:function, which builds a network of the user's own.
        width: 0.5, 1, 1.5 and 2 are ShuffleNetV2's published networks, 1 is ResNet's; others lie on the line between.
        image_size: side of the square input, pixels; the data set's own if not given.
        stem: 'imagenet' (stride 4) or 'small' (stride 1); by image_size if not given.
        stem_channels, last_channels: of ShuffleNetV2; the paper keeps them at every width.
        repeats: blocks per stage.
        options: what the user's own network is called with.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    family: Literal["static", "se", "sk", "condconv", "weightnet"] = "static"
    M: Ratio | None = None
    G: Ratio | None = None
    experts: Annotated[int, Field(ge=1, le=MOST)] | None = None
    reduction: Annotated[int, Field(ge=1)] | None = None
    stages: Stages = "all"
    depthwise: Literal["generated", "static"] = "generated"
    backbone: Annotated[str, AfterValidator(_backbone)] = "shufflenet_v2"
    width: Annotated[float, Field(gt=0, le=16)] = 1.0
    image_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    stem: Literal["imagenet", "small"] | None = None
    stem_channels: Channels | None = None
    last_channels: Channels | None = None
    repeats: (
        Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(strict=False, min_length=1, max_length=6)]
        | None
    ) = None
    options: Annotated[tuple[tuple[str, Any], ...], BeforeValidator(_options)] = ()

    @property
    def own_network(self) -> bool:
        """Whether a function of the user's builds the network."""
        return self.backbone not in BACKBONES

    @property
    def lam(self) -> Fraction | None:
        """lambda = M / G, the parameter multiplier, or None where the family has none."""
        return None if self.M is None or self.G is None else self.M / self.G

    def is_own(self, axis: str) -> bool:
        """Whether an axis of that name is a parameter of the user's own network."""
        return self.own_network and axis not in {"backbone", "image_size"}

    def value(self, axis: str) -> Any:
        """The value of an axis by its name in space.yaml, 'lambda' included; None where it means nothing."""
        if axis == "lambda":
            return self.lam
        if self.is_own(axis):
            return dict(self.options).get(axis)
        if axis in FAMILY_OWN and axis not in FAMILIES[self.family]:
            return None
        if axis in BACKBONE_OWN and axis not in BACKBONES[self.backbone].own:
            return None
        return getattr(self, axis, None)

    def resolved(self, image_size: int) -> "Point":
        """The point with what it left open filled in, and one spelling for what is the same."""
        size = self.image_size or image_size
        if self.own_network:
            return self.model_copy(update={"image_size": size})
        facts = BACKBONES[self.backbone]
        repeats = self.repeats or facts.repeats
        return self.model_copy(
            update={
                "image_size": size,
                "stem": self.stem or ("small" if size <= SMALL_IMAGE else "imagenet"),
                "stem_channels": self.stem_channels or facts.stem_channels,
                "last_channels": self.last_channels or facts.last(self.width),
                "repeats": repeats,
                "stages": _one_spelling(self.stages, len(repeats)),
                "reduction": self.reduction or (16 if "reduction" in FAMILIES[self.family] else None),
            }
        )

    def applies(self, stage: int) -> bool:
        """Whether the family applies to a stage, counted from 1, of a resolved point."""
        assert self.repeats is not None
        numbers = {"all": range(1, len(self.repeats) + 1), "first": (1,), "last": (len(self.repeats),)}
        return stage in (numbers[self.stages] if isinstance(self.stages, str) else self.stages)

    def mistakes(self) -> list[str]:
        """What keeps the parameters from making sense together, in words; empty if nothing does."""
        if self.own_network:
            return []
        wrong = []
        for name in sorted(FAMILY_OWN - set(FAMILIES[self.family])):
            if getattr(self, name) not in (None, NEUTRAL.get(name)):
                wrong.append(f"{name} means nothing to family {self.family}")
        for name in sorted(BACKBONE_OWN - set(BACKBONES[self.backbone].own)):
            if getattr(self, name) not in (None, NEUTRAL.get(name)):
                wrong.append(f"{name} means nothing to backbone {self.backbone}")
        if isinstance(self.stages, tuple) and self.repeats and max(self.stages) > len(self.repeats):
            wrong.append(f"stages names stage {max(self.stages)} of a network of {len(self.repeats)}")
        if self.family == "condconv" and self.experts is None:
            wrong.append("family condconv needs experts")
        if self.family == "weightnet":
            if self.lam is None:
                wrong.append("family weightnet needs M and G (or lambda and one of them)")
            elif self.lam.denominator != 1:
                wrong.append(f"M = {self.M} is not a multiple of G = {self.G}: lambda = M/G = {self.lam} must be whole")
            elif self.lam > MOST:
                wrong.append(f"lambda = M/G = {self.lam} is over {MOST}")
        return wrong

    def canonical(self) -> dict[str, Any]:
        """The point as plain JSON values, the same for every spelling of the same point."""
        said = {name: plain(value) for name, value in self if value is not None and value != NEUTRAL.get(name)}
        options = said.pop("options")
        return said | ({"options": dict(options)} if options else {})


def _one_spelling(value: str | tuple[int, ...], count: int) -> str | tuple[int, ...]:
    """Words where a word says it: stage 3 of 3 is the last one."""
    every = tuple(range(1, count + 1))
    numbers = {"all": every, "first": (1,), "last": (count,)}[value] if isinstance(value, str) else value
    words: dict[tuple[int, ...], str] = {(count,): "last", (1,): "first", every: "all"}
    return words.get(numbers, numbers)


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
