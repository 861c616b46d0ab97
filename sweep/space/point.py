"""A point: one setting of everything that decides which network is built."""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: Parameters of each family, beside those of the backbone.
FAMILIES: dict[str, tuple[str, ...]] = {"static": (), "se": ("reduction",), "weightnet": ("M", "G")}

#: Smaller images keep their resolution through the stem.
SMALL_IMAGE = 64


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
    if not 0 < number <= 4096:
        raise ValueError(f"must be over 0 and at most 4096, found {value}")
    return number


Ratio = Annotated[Fraction, BeforeValidator(ratio)]
Channels = Annotated[int, Field(ge=1, le=1 << 16)]


class Point(BaseModel):
    """One network of the space; every field may be an axis.

    Fields:
        family: how the kernels of the stage convolutions come about.
        M: activations per output channel in WeightNet's fully-connected layers.
        G: groups per output channel of the layer that generates the kernel; lambda = M / G.
        reduction: SE's hidden layer has C / reduction channels (at least 8).
        backbone: the table of convolutions.
        width: 0.5, 1, 1.5 and 2 are the paper's narrowed networks; others lie on the line between them.
        image_size: side of the square input, pixels; the data set's own if not given.
        stem: 'imagenet' (stride 4) or 'small' (stride 1); by image_size if not given.
        stem_channels, last_channels: the paper keeps them at every width.
        repeats: blocks per stage.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    family: Literal["static", "se", "weightnet"] = "static"
    M: Ratio | None = None
    G: Ratio | None = None
    reduction: Annotated[int, Field(ge=1)] | None = None
    backbone: Literal["shufflenet_v2"] = "shufflenet_v2"
    width: Annotated[float, Field(gt=0, le=16)] = 1.0
    image_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    stem: Literal["imagenet", "small"] | None = None
    stem_channels: Channels = 24
    last_channels: Channels = 1024
    repeats: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(strict=False, min_length=1, max_length=6)
    ] = (4, 8, 4)

    @property
    def lam(self) -> Fraction | None:
        """lambda = M / G, the parameter multiplier, or None where the family has none."""
        return None if self.M is None or self.G is None else self.M / self.G

    def value(self, axis: str) -> Any:
        """The value of an axis by its name in space.yaml; 'lambda' included."""
        return self.lam if axis == "lambda" else getattr(self, axis)

    def resolved(self, image_size: int) -> "Point":
        """The point with what it left open filled in: image size from the data set, stem, SE's reduction."""
        size = self.image_size or image_size
        return self.model_copy(
            update={
                "image_size": size,
                "stem": self.stem or ("small" if size <= SMALL_IMAGE else "imagenet"),
                "reduction": (self.reduction or 16) if self.family == "se" else self.reduction,
            }
        )

    def mistakes(self) -> list[str]:
        """What keeps the family's parameters from making sense, in words; empty if nothing does."""
        wrong = []
        own = FAMILIES[self.family]
        for name in ("M", "G", "reduction"):
            if getattr(self, name) is not None and name not in own:
                wrong.append(f"{name} means nothing to family {self.family}")
        if self.family == "weightnet":
            if self.M is None or self.G is None:
                wrong.append("family weightnet needs M and G (or lambda and one of them)")
            elif (self.M / self.G).denominator != 1:
                wrong.append(
                    f"M = {self.M} is not a multiple of G = {self.G}: lambda = M/G = {self.M / self.G} must be whole"
                )
        return wrong

    def canonical(self) -> dict[str, Any]:
        """The point as plain JSON values, the same for every spelling of the same point."""
        return {name: plain(value) for name, value in self if value is not None}


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
