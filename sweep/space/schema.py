"""The schema of space.yaml, beside the points themselves."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sweep.space.datasets import DATASETS


class Model(BaseModel):
    """What every section has in common: no unknown key, no NaN, no quiet conversion, no change later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Dataset(Model):
    """Which images, and how many of them: `train` and `validation` images, class-balanced, fixed for every run."""

    name: Literal["digits", "imagenet"]
    train: Annotated[int, Field(ge=2)] | None = None
    validation: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _enough(self) -> Self:
        facts = DATASETS[self.name]
        pool = facts.images - facts.test_images
        train, validation = self.counts()
        if train + validation > pool or train < 2 or validation < 1:
            raise ValueError(
                f"{self.name} has {pool} images for training and validation, "
                f"which is too few for {train} and {validation}"
            )
        return self

    def counts(self) -> tuple[int, int]:
        """Training and validation images: what is said, and else half of the images, or what is left of them."""
        facts = DATASETS[self.name]
        pool = facts.images - facts.test_images
        usual = facts.validation_images or pool // 2
        validation = self.validation or (usual if self.train is None else min(usual, pool - self.train))
        return self.train or pool - validation, validation


class Optimizer(Model):
    """AdamW, or SGD with momentum (0.9); weight decay is on weights with more than one dimension only."""

    name: Literal["adamw", "sgd"] = "adamw"
    lr: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _own(self) -> Self:
        if self.name == "adamw" and self.momentum is not None:
            raise ValueError("momentum means nothing to adamw")
        return self


class Augment(Model):
    """Random shift by up to `shift` pixels each way, zeros moving in, and a mirror image half the time."""

    shift: Annotated[int, Field(ge=0, le=64)] = 0
    flip: bool = False


class Proxy(Model):
    """The recipe: how a point is trained for a short while, to an error at the last epoch."""

    dataset: Dataset
    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)] = 128
    optimizer: Optimizer
    schedule: Literal["one_cycle", "linear"] = "one_cycle"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    augment: Augment = Augment()
    # seconds of training, over all attempts. It is no part of a run's key: a run that ends within its limit comes out
    # the same under any other, and one that does not has no outcome. So it may be raised, and nothing is trained anew
    timeout: Annotated[float, Field(gt=0)] | None = None

    def decisive(self) -> Self:
        """The recipe without what decides no outcome: what runs are keyed on."""
        return self.model_copy(update={"timeout": None})

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.augment.flip and not DATASETS[self.dataset.name].flip_keeps_class:
            raise ValueError(f"augment.flip would turn {self.dataset.name} into something else; set it to false")
        return self


class Bound(Model):
    """A constraint: the least and the most that a point may have."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is over max {self.max:g}")
        return self


class Resources(Model):
    """What one run is given: cores, further attempts if it failed of what can pass and, in a later version, GPUs."""

    cpus: Annotated[int, Field(ge=1)] = 1
    gpus: Annotated[float, Field(ge=0)] = 0
    # beside the cores and not in the recipe: how often a run was tried changes nothing about what came out
    retries: Annotated[int, Field(ge=0, le=100)] = 2

    @field_validator("gpus")
    @classmethod
    def _not_yet(cls, gpus: float) -> float:
        if gpus:
            raise ValueError("runs on GPUs are not in this version yet; leave it at 0")
        return gpus
