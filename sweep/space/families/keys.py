"""What every family of kernels has in common: the base of the models in the files beside this one."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from sweep.space.model import Model
from sweep.space.values import MOST, Ratio, Stages


class FamilyKeys(Model):
    """The keys of a family: which values they take, and which of them make sense together.

    A key at its default is left out of `Point.canonical()`, so that a key which a later version adds changes no run's
    key.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)  # Fraction

    #: keys that the closed-form cost takes as arrays: points that differ in them alone are counted at once
    arithmetic: ClassVar[tuple[str, ...]] = ()
    #: what is added to the message about a key that is missing
    hint: ClassVar[str] = ""

    family: str

    def resolved(self, stages: int) -> Self:
        """The keys with defaults filled in and one spelling for what is the same, for a network of `stages` stages."""
        return self

    def applies(self, stage: int, stages: int) -> bool:
        """Whether the family makes the kernels of a stage, counted from 1, of `stages`."""
        return True

    @property
    def everywhere(self) -> bool:
        """Whether the family makes every kernel of every stage."""
        return True

    @property
    def on_depthwise(self) -> bool:
        """Whether the family makes the kernels of depthwise convolutions too."""
        return True

    def mistakes(self, stages: int | None) -> Iterator[str]:
        """Yield what keeps the values from making sense together; `stages` is None where the default counts."""
        return iter(())


class StageKeys(FamilyKeys):
    """Keys of a family that may be limited to some stages."""

    stages: Annotated[
        Stages, Field(description="Stages that the family applies to: all, first, last, a number from 1, or a list.")
    ] = "all"

    def resolved(self, stages: int) -> Self:
        """The keys with one spelling of `stages`: stage 3 of 3 is the last one."""
        spelling = _one_spelling(self.stages, stages)
        return self if spelling == self.stages else self.model_copy(update={"stages": spelling})

    def applies(self, stage: int, stages: int) -> bool:
        """Whether `stages` includes the stage."""
        return stage in _numbers(self.stages, stages)

    @property
    def everywhere(self) -> bool:
        """Whether no stage and no convolution is left out."""
        return self.stages == "all" and self.on_depthwise

    def mistakes(self, stages: int | None) -> Iterator[str]:
        """Yield a message about a stage that the network does not have."""
        if stages is not None and isinstance(self.stages, tuple) and max(self.stages) > stages:
            yield f"stages names stage {max(self.stages)} of a network of {stages}"


class ReductionKeys(StageKeys):
    """Keys of a family with a hidden layer of C / reduction channels."""

    arithmetic: ClassVar[tuple[str, ...]] = ("reduction",)

    reduction: Annotated[
        int | None, Field(ge=1, description="The hidden layer has C / reduction channels; 16 if not given.")
    ] = None

    def resolved(self, stages: int) -> Self:
        """The keys with the usual reduction of 16 if none is given."""
        keys = super().resolved(stages)
        return keys if keys.reduction else keys.model_copy(update={"reduction": 16})


class GeneratedKeys(StageKeys):
    """Keys of a family that generates kernels, on depthwise convolutions too unless these are to stay static."""

    depthwise: Annotated[
        Literal["generated", "static"],
        Field(description="Whether depthwise convolutions are generated as the others are, or static."),
    ] = "generated"

    @property
    def on_depthwise(self) -> bool:
        """Whether depthwise convolutions are generated."""
        return self.depthwise == "generated"


class PlaneKeys(GeneratedKeys):
    """Keys of a family on the (M, G) plane; lambda = M / G stands for M or G in a file."""

    arithmetic: ClassVar[tuple[str, ...]] = ("M", "G")
    hint: ClassVar[str] = " (or lambda and one of them)"

    M: Annotated[Ratio, Field(description="Activations per output channel, a number or a fraction such as 1/24.")]
    G: Annotated[Ratio, Field(description="Groups per output channel of the layer that generates the kernel.")]

    @property
    def lam(self) -> Fraction:
        """lambda = M / G, the parameter multiplier."""
        return self.M / self.G

    def mistakes(self, stages: int | None) -> Iterator[str]:
        """Yield messages about the stages, and about a lambda that is not whole or too large."""
        yield from super().mistakes(stages)
        if self.lam.denominator != 1:
            yield f"M = {self.M} is not a multiple of G = {self.G}: lambda = M/G = {self.lam} must be whole"
        elif self.lam > MOST:
            yield f"lambda = M/G = {self.lam} is over {MOST}"


def _numbers(stages: str | tuple[int, ...], count: int) -> tuple[int, ...]:
    if isinstance(stages, tuple):
        return stages
    return {"all": tuple(range(1, count + 1)), "first": (1,), "last": (count,)}[stages]


def _one_spelling(stages: str | tuple[int, ...], count: int) -> str | tuple[int, ...]:
    """Words where a word says it."""
    if stages == "all":
        return stages
    numbers = _numbers(stages, count)
    words: dict[tuple[int, ...], str] = {(count,): "last", (1,): "first", tuple(range(1, count + 1)): "all"}
    return words.get(numbers, numbers)
