"""The schema of space.yaml, beside the points themselves."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sweep.space.datasets import Dataset, DatasetFacts, Known
from sweep.space.hub import forget
from sweep.space.image_index import folder_index
from sweep.space.model import Choice, Flat, KeyMistakeError, Model
from sweep.space.optimizers import Optimizer
from sweep.space.recipes import with_recipe
from sweep.space.schedules import CHOICE, AnySchedule
from sweep.space.task import Task

__all__ = [
    "INDECISIVE",
    "Augment",
    "Bound",
    "Dataset",
    "Known",
    "Model",
    "Optimizer",
    "Proxy",
    "Resources",
    "Task",
    "look_again",
]


def look_again() -> None:
    """Forget what lay in folders and sets of the user's own when an earlier space was read."""
    folder_index.cache_clear()
    forget()


#: Classes of a task; more would make a classifier larger than any network here.
MOST_CLASSES = 100_000
#: A share of something, not nothing.
Share = Annotated[float, Field(gt=0, le=1)]


class Augment(Model):
    """Random changes to a training image, in this order; only those that are given are made."""

    resized_crop: Annotated[
        tuple[Share, Share] | None,
        Field(strict=False, description="Cut a window of between these shares of the area, brought back to size."),
    ] = None
    color_jitter: Annotated[
        float | None,
        Field(gt=0, le=1, description="Brightness, contrast and saturation each times a number from 1 - x to 1 + x."),
    ] = None
    crop: Annotated[
        int | None, Field(ge=1, le=64, description="Shift by up to this many pixels, mirrored at the edge.")
    ] = None
    shift: Annotated[int, Field(ge=0, le=64, description="Shift by up to this many pixels, filled with the mean.")] = 0
    flip: Annotated[bool, Field(description="Mirror half of the images.")] = False
    cutout: Annotated[
        int | None, Field(ge=1, le=512, description="Set a square of this many pixels a side to the mean.")
    ] = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.resized_crop is not None and self.resized_crop[0] > self.resized_crop[1]:
            low, high = self.resized_crop
            raise KeyMistakeError(f"resized_crop goes from {low:g} down to {high:g}", "resized_crop")
        return self


#: Settings of a recipe that change no result, and are no part of a run's key.
INDECISIVE = ("timeout", "keep_weights")


class Proxy(Flat):
    """The recipe: how a point is trained for a short while, to an error at the last epoch."""

    choice: ClassVar[Choice] = CHOICE
    more_keys: ClassVar = ("recipe", "lr")

    dataset: Annotated[Dataset, Field(description="The images: a name, or a mapping with a name.")]
    task: Annotated[
        Task | None, Field(description="Composites of several images; single images and their classes by default.")
    ] = None
    epochs: Annotated[int, Field(ge=1, le=1_000_000, description="Passes over the training images.")]
    batch_size: Annotated[int, Field(ge=2, le=1_000_000, description="Images of a training step.")] = 128
    optimizer: Annotated[Optimizer, Field(description="The optimiser and its learning rate.")]
    chosen: AnySchedule
    label_smoothing: Annotated[float, Field(ge=0, lt=1, description="Share of the target spread over classes.")] = 0.0
    augment: Annotated[Augment, Field(description="What is done to training images at random.")] = Augment()
    ema: Annotated[
        float | None, Field(gt=0, lt=1, description="Judge a moving average of the weights, which keeps this share.")
    ] = None
    # bfloat16 takes half the memory, and half the time or less where the processor multiplies it; elsewhere more
    precision: Annotated[
        Literal["float32", "bfloat16", "tf32"],
        Field(
            description="Precision of the arithmetic of a training step; tf32 is float32 on a GPU, multiplied coarsely."
        ),
    ] = "float32"
    # how a sum is added up may depend on it, so it is part of the key
    lanes: Annotated[
        int | None,
        Field(ge=1, le=1024, description="Runs of a point that are trained together; 1 on a CPU, by sizes on a GPU."),
    ] = None
    # no part of a run's key: a run that ends within its limit comes out the same under any other, and one that does
    # not has no outcome. So it may be raised, and nothing is trained anew
    timeout: Annotated[float | None, Field(gt=0, description="Seconds of training, over all attempts.")] = None
    # no part of the key either
    keep_weights: Annotated[bool, Field(description="Keep the final weights beside the ledger.")] = False

    @property
    def schedule(self) -> str:
        """How the learning rate moves."""
        return self.chosen.schedule

    @property
    def warmup(self) -> float | None:
        """Epochs in which the rate of linear and cosine rises to its height, if any."""
        return getattr(self.chosen, "warmup", None)

    @property
    def facts(self) -> DatasetFacts:
        """What is known of the images, in the classes of the task; raises ValueError in words."""
        return self._in_classes_of_the_task(self.dataset.facts)

    @property
    def equal_classes(self) -> float:
        """How many equally likely classes are as hard to guess as what a run is judged on."""
        classes = self.dataset.facts.classes
        return classes if self.task is None else self.task.as_hard_as(classes)

    @property
    def judged_on(self) -> int:
        """Validation images, or composites of them, that a run is judged on."""
        return self.dataset.counts()[1] if self.task is None else self.task.validation

    def _in_classes_of_the_task(self, facts: DatasetFacts) -> DatasetFacts:
        return facts if self.task is None else replace(facts, classes=self.task.classes(facts.classes))

    def decisive(self) -> Self:
        """The recipe without what changes no result: what runs are keyed on."""
        return self.model_copy(update={**dict.fromkeys(INDECISIVE), "dataset": self.dataset.content})

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return with_recipe(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.warmup is not None and self.warmup > self.epochs:
            what = f"warmup of {self.warmup:g} epochs is longer than the {self.epochs} of training"
            raise KeyMistakeError(what, "warmup")
        facts = self.dataset.chosen.facts
        if facts is not None and (classes := self._in_classes_of_the_task(facts).classes) > MOST_CLASSES:
            raise KeyMistakeError(f"task has {classes:,} classes, more than {MOST_CLASSES:,}", "task")
        if self.dataset.fit == "whole" and self.augment.resized_crop is None:
            what = "dataset.fit: whole needs augment.resized_crop, which crops training images to size"
            raise KeyMistakeError(what, "dataset", "fit")
        if self.augment.flip and not self.dataset.flip_keeps_class:
            what = f"augment.flip would turn {self.dataset.name} into something else; set it to false"
            raise KeyMistakeError(what, "augment", "flip")
        return self


class Bound(Model):
    """A constraint: the least and the most that a point may have."""

    min: Annotated[float | None, Field(description="The least that a point may have.")] = None
    max: Annotated[float | None, Field(description="The most that a point may have.")] = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is over max {self.max:g}")
        return self


class Resources(Model):
    """What one run is given: cores, a GPU or a part of one, and further attempts if it failed of what can pass."""

    cpus: Annotated[int, Field(ge=1, description="Cores of one run.")] = 1
    gpus: Annotated[
        float, Field(ge=0, le=1, description="Part of a GPU for the runs that are trained together; 0: on the CPU.")
    ] = 0
    architecture: Annotated[
        str | None,
        Field(pattern=r"^sm_[1-9][0-9]{1,2}$", description="The GPUs of a cluster, as PyTorch names them: sm_90."),
    ] = None
    # beside the cores and not in the recipe: how often a run was tried changes nothing about what came out
    retries: Annotated[
        int, Field(ge=0, le=100, description="Further attempts after a failure that can pass by itself.")
    ] = 2

    @model_validator(mode="after")
    def _of_a_gpu(self) -> Self:
        if self.architecture is not None and not self.gpus:
            raise KeyMistakeError("architecture is that of a GPU, and needs gpus to be over 0", "architecture")
        return self
