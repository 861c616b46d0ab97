"""The schema of space.yaml, beside the points themselves."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sweep.space.datasets import DATASETS, DatasetFacts
from sweep.space.hub import forget, hub_index
from sweep.space.image_index import ImageIndex, folder_index
from sweep.space.official import OFFICIAL
from sweep.space.recipes import with_recipe
from sweep.space.task import composite_classes


class Model(BaseModel):
    """What every section has in common: no unknown key, no NaN, no quiet conversion, no change later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Known(Model):
    """What was found of a set of the user's own when the space was read; a ledger keeps it, and needs no image."""

    classes: Annotated[int, Field(ge=2)]
    images: Annotated[int, Field(ge=2)]
    test_images: Annotated[int, Field(ge=0)]
    apart: Annotated[int, Field(ge=0)]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Dataset(Model):
    """Which images, and how many of them: `train` and `validation` images, class-balanced, fixed for every run.

    Fields:
        path: where the files lie, if not where they are looked for; of huggingface a folder, or the set's name.
        image_size, channels: of imagefolder and huggingface, what images are brought to: side in pixels, and 3 (RGB,
            if nobody says) or 1 (grey).
        fit: of imagefolder and huggingface, `middle` (if nobody says) cuts every image to its middle square; `whole`
            crops training images from all of an image (augment.resized_crop), and judges as the official code does.
        config, split, validation_split, image_column, label_column: of huggingface, which images; 'train', none,
            'image' and 'label' if nobody says.
        known: what was found of the images when the space was read; a ledger's, not for people to write.
    """

    name: Literal["digits", "mnist", "fashion_mnist", "cifar10", "cifar100", "imagefolder", "huggingface", "imagenet"]
    train: Annotated[int, Field(ge=2)] | None = None
    validation: Annotated[int, Field(ge=1)] | None = None
    path: Annotated[str, Field(min_length=1)] | None = None
    image_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    channels: Literal[1, 3] | None = None
    fit: Literal["middle", "whole"] | None = None
    config: str | None = None
    split: str | None = None
    validation_split: str | None = None
    image_column: str | None = None
    label_column: str | None = None
    known: Known | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("fit")
    @classmethod
    def _one_spelling(cls, fit: str | None) -> str | None:
        return None if fit == "middle" else fit

    @model_validator(mode="after")
    def _own_keys(self) -> Self:
        means = {*_COUNTS, *(("path",) if self.name in OFFICIAL else ()), *_OWN_KEYS.get(self.name, ())}
        for key, value in self:
            if value is not None and key not in means:
                raise ValueError(f"{key} means nothing to {self.name}")
        if self.name in _OWN_KEYS:
            if self.path is None:
                raise ValueError(f"{self.name} needs path")
            if self.image_size is None:
                raise ValueError(f"{self.name} needs image_size, here or in network: its images may be of any size")
        return self

    @model_validator(mode="after")
    def _enough(self) -> Self:
        facts = self.facts
        train, validation = self.counts()
        if train + validation > facts.pool or train < 2 or validation < 1:
            raise ValueError(
                f"{self.name} has {facts.pool} images for training and validation, "
                f"which is too few for {train} and {validation}"
            )
        if facts.apart and (validation > facts.apart or train > facts.pool - facts.apart):
            raise ValueError(
                f"{self.name} has {facts.pool - facts.apart} images for training and {facts.apart} for validation, "
                f"which is too few for {train} and {validation}"
            )
        return self

    @property
    def of_the_user(self) -> bool:
        """Whether its facts are in the images themselves, not in this version."""
        return self.name in _OWN_KEYS

    @property
    def index(self) -> ImageIndex:
        """The images of a set of the user's own, by number; raises ValueError in words."""
        assert self.path is not None
        if self.name == "imagefolder":
            return folder_index(self.path)
        columns = self.image_column or "image", self.label_column or "label"
        return hub_index(self.path, self.config, self.split or "train", self.validation_split, *columns)

    @property
    def test_index(self) -> ImageIndex:
        """The images of the test split of a set of the user's own, and after them others; raises ValueError in words.

        For a last look alone (`sweep/proxy/last_images.py`).
        """
        assert self.path is not None
        if self.name == "imagefolder":
            return folder_index(self.path, "test")
        columns = self.image_column or "image", self.label_column or "label"
        return hub_index(self.path, self.config, self.split or "train", "test", *columns)

    @property
    def settled(self) -> Self:
        """The data set with what is known of its images written down."""
        if self.known is not None or not self.of_the_user:
            return self
        index = self.index
        if len(index.classes) < 2 or len(index.labels) < 2:
            raise ValueError(f"{self.path} has images of one class only: there is nothing to tell apart")
        known = Known(
            classes=len(index.classes),
            images=len(index.labels),
            test_images=index.test_images,
            apart=index.apart,
            fingerprint=index.fingerprint,
        )
        return self.model_copy(update={"known": known})

    @property
    def facts(self) -> DatasetFacts:
        """What is known of the images; raises ValueError in words if that has to be looked up and cannot be."""
        if not self.of_the_user:
            return DATASETS[self.name]
        known = self.settled.known
        assert known is not None
        return DatasetFacts(
            channels=self.channels or 3,
            image_size=self.image_size or 1,
            # of images that nobody here has seen, the user knows
            flip_keeps_class=True,
            **dict(known),
        )

    @property
    def content(self) -> Self:
        """The data set without where it lies and what its fingerprint says: the same images make the same runs."""
        return self.model_copy(update=dict.fromkeys(_PLACE))

    def counts(self) -> tuple[int, int]:
        """Training and validation images: what is said, and else half of the images, or what is left of them."""
        facts = self.facts
        usual = facts.apart or facts.validation_images or facts.pool // 2
        if facts.apart:
            return self.train or facts.pool - facts.apart, self.validation or usual
        validation = self.validation or (usual if self.train is None else min(usual, facts.pool - self.train))
        return self.train or facts.pool - validation, validation


def look_again() -> None:
    """Forget what lay in folders and sets of the user's own when an earlier space was read."""
    folder_index.cache_clear()
    forget()


_COUNTS = ("name", "train", "validation")
_PLACE = ("path", "config", "split", "validation_split", "image_column", "label_column", "known")
#: The keys of sets whose facts are in the images.
_OWN_KEYS = {
    "imagefolder": ("path", "image_size", "channels", "fit", "known"),
    "huggingface": ("image_size", "channels", "fit", *_PLACE),
}


#: Classes of a task; more would make a classifier larger than any network here.
MOST_CLASSES = 100_000
#: A share of something, not nothing.
Share = Annotated[float, Field(gt=0, le=1)]


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
    """What is done to a training image at random, in this order; what is left out is not done.

    Fields:
        resized_crop: a window of between these shares of the area (two numbers), brought back to size.
        color_jitter: brightness, contrast and saturation each times a number from 1 - this to 1 + this.
        crop: a shift by up to so many pixels each way; what moves in is mirrored at the edge.
        shift: the same, with zeros (the mean) moving in.
        flip: a mirror image, half of the time.
        cutout: a square of so many pixels a side, somewhere, set to the mean.
    """

    resized_crop: Annotated[tuple[Share, Share], Field(strict=False)] | None = None
    color_jitter: Annotated[float, Field(gt=0, le=1)] | None = None
    crop: Annotated[int, Field(ge=1, le=64)] | None = None
    shift: Annotated[int, Field(ge=0, le=64)] = 0
    flip: bool = False
    cutout: Annotated[int, Field(ge=1, le=512)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.resized_crop is not None and self.resized_crop[0] > self.resized_crop[1]:
            raise ValueError(f"resized_crop goes from {self.resized_crop[0]:g} down to {self.resized_crop[1]:g}")
        return self


class Task(Model):
    """Several images laid over one another, whose classes have to be told together: more than a small network can do.

    Training composites are drawn anew at every step, from the run's seed; the composites that runs are judged on are
    fixed by the set's fingerprint.

    Fields:
        images: how many lie over one another.
        mix: `max`, the brighter pixel; `mean`; `difference`, the first less the second, whose order counts.
        validation: composites of validation images that a run is judged on; of test images as many.
    """

    name: Literal["pairs"]
    mix: Literal["max", "mean", "difference"] = "max"
    images: Annotated[int, Field(ge=2, le=8)] = 2
    validation: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.mix == "difference" and self.images != 2:
            raise ValueError(f"mix: difference is of 2 images, not of {self.images}")
        return self

    @property
    def ordered(self) -> bool:
        """Whether a and b have another class than b and a."""
        return self.mix == "difference"

    def classes(self, classes: int) -> int:
        """Classes of composites of images in so many classes."""
        return composite_classes(classes, self.images, self.ordered)


#: What of a recipe decides no outcome, and is no part of a run's key.
INDECISIVE = {"timeout": "a time limit", "keep_weights": "what is kept"}


class Proxy(Model):
    """The recipe: how a point is trained for a short while, to an error at the last epoch."""

    dataset: Dataset
    # composites of several images; one image and its class if None
    task: Task | None = None
    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)] = 128
    optimizer: Optimizer
    schedule: Literal["one_cycle", "linear", "cosine"] = "one_cycle"
    # epochs in which the rate of linear and cosine rises to its height; one_cycle rises by itself
    warmup: Annotated[float, Field(gt=0)] | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    augment: Augment = Augment()
    # judge a moving average of the weights: each step keeps this share of it
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    # bfloat16 takes half the memory, and half the time or less where the processor multiplies it; elsewhere more
    precision: Literal["float32", "bfloat16"] = "float32"
    # seconds of training, over all attempts. It is no part of a run's key: a run that ends within its limit comes out
    # the same under any other, and one that does not has no outcome. So it may be raised, and nothing is trained anew
    timeout: Annotated[float, Field(gt=0)] | None = None
    # leave the weights that the error was measured with beside the ledger. No part of the key either
    keep_weights: bool = False

    @property
    def facts(self) -> DatasetFacts:
        """What is known of the images, in the classes of the task; raises ValueError in words."""
        facts = self.dataset.facts
        return facts if self.task is None else replace(facts, classes=self.task.classes(facts.classes))

    def decisive(self) -> Self:
        """The recipe without what decides no outcome: what runs are keyed on."""
        return self.model_copy(update={**dict.fromkeys(INDECISIVE), "dataset": self.dataset.content})

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return with_recipe(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.warmup is not None and self.schedule == "one_cycle":
            raise ValueError("warmup means nothing to one_cycle, which rises by itself; linear and cosine take it")
        if self.warmup is not None and self.warmup > self.epochs:
            raise ValueError(f"warmup of {self.warmup:g} epochs is longer than the {self.epochs} of training")
        if self.facts.classes > MOST_CLASSES:
            raise ValueError(f"task has {self.facts.classes:,} classes, more than {MOST_CLASSES:,}")
        if self.dataset.fit == "whole" and self.augment.resized_crop is None:
            raise ValueError("dataset.fit: whole needs augment.resized_crop, which crops training images to size")
        if self.augment.flip and not self.dataset.facts.flip_keeps_class:
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
