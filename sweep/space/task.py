"""The section `proxy.task`: what a network is asked about the images of a set."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sweep.space.model import KeyMistakeError, Model


class Task(Model):
    """Several images laid over one another, whose classes have to be told together: more than a small network can do.

    Training composites are drawn anew at every step, from the run's seed; the composites that runs are judged on are
    fixed by the set's fingerprint.
    """

    name: Annotated[Literal["pairs"], Field(description="Several images of the set laid over one another.")]
    mix: Annotated[
        Literal["max", "mean", "difference"],
        Field(description="The brighter pixel, their mean, or the first less the second, whose order counts."),
    ] = "max"
    images: Annotated[int, Field(ge=2, le=8, description="How many images lie over one another.")] = 2
    validation: Annotated[
        int, Field(ge=1, le=10_000_000, description="Composites that a run is judged on, of validation images.")
    ] = 20_000

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.mix == "difference" and self.images != 2:
            raise KeyMistakeError(f"mix: difference is of 2 images, not of {self.images}", "mix")
        return self

    @property
    def ordered(self) -> bool:
        """Whether a and b have another class than b and a."""
        return self.mix == "difference"

    def classes(self, classes: int) -> int:
        """Classes of composites of images in so many: one for each multiset of classes, or each sequence if ordered."""
        return classes**self.images if self.ordered else math.comb(classes + self.images - 1, self.images)

    def as_hard_as(self, classes: int) -> float:
        """How many equally likely classes are as hard to guess as composites of images in so many balanced ones.

        Two images of one class are half as likely as two of two given classes: pairs of 10 classes are as 50, not 55.
        """
        if self.ordered:
            return float(self.classes(classes))
        # the commonest multiset is the most even one
        even, more = divmod(self.images, classes)
        orders = math.factorial(self.images) // (
            math.factorial(even) ** (classes - more) * math.factorial(even + 1) ** more
        )
        return float(classes**self.images / orders)
