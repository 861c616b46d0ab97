"""The section `proxy.dataset`: which images, and how many of them."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import Known, OwnKeys
from sweep.space.datasets.registry import CHOICE, AnyDataset
from sweep.space.image_index import ImageIndex
from sweep.space.model import Choice, Flat

#: Keys that say where the images lie, or what is known of them: the same images make the same runs.
PLACE = ("path", "config", "split", "validation_split", "image_column", "label_column", "known")


class Dataset(Flat):
    """Which images, and how many of them: `train` and `validation` images, class-balanced, fixed for every run.

    Making one looks at no image; `facts`, `index` and what needs them do.
    """

    choice: ClassVar[Choice] = CHOICE

    chosen: AnyDataset
    train: Annotated[int | None, Field(ge=2, description="Images to train on; what validation leaves by default.")] = (
        None
    )
    validation: Annotated[int | None, Field(ge=1, description="Images that a run is judged on.")] = None
    subset: Annotated[
        Literal["by seed"] | None,
        Field(description="by seed: each seed draws its own training images from all that validation leaves."),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.subset and self.train is None:
            raise ValueError("subset: by seed needs train, how many images each seed draws")
        facts = self.chosen.facts
        if facts is None:
            return self
        train, validation = self._counts(facts)
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
        if self.subset and train >= (available := facts.pool - max(validation, facts.apart)):
            raise ValueError(
                f"subset: by seed needs train under {available}, the images that validation leaves to draw from"
            )
        return self

    @property
    def name(self) -> str:
        """The set's name, or imagefolder or huggingface for images of the user's own."""
        return self.chosen.name

    @property
    def path(self) -> str | None:
        """Where the files lie, if the space says."""
        return getattr(self.chosen, "path", None)

    @property
    def fit(self) -> str | None:
        """`whole` where images of the user's own are cropped from all of an image."""
        return getattr(self.chosen, "fit", None)

    @property
    def split(self) -> str | None:
        """The split that a huggingface set is trained on, if the space names one."""
        return getattr(self.chosen, "split", None)

    @property
    def validation_split(self) -> str | None:
        """The split that a huggingface set is judged on, if the space names one."""
        return getattr(self.chosen, "validation_split", None)

    @property
    def known(self) -> Known | None:
        """What is known of images of the user's own, if they were looked at."""
        return getattr(self.chosen, "known", None)

    @property
    def of_the_user(self) -> bool:
        """Whether its facts are in the images themselves, not in this version."""
        return self.chosen.of_the_user

    @property
    def index(self) -> ImageIndex:
        """The images of a set of the user's own, by number; raises ValueError in words."""
        assert isinstance(self.chosen, OwnKeys)
        return self.chosen.index

    @property
    def test_index(self) -> ImageIndex:
        """The images of the test split of a set of the user's own, and after them others; raises ValueError in words.

        For a last look alone (`sweep/proxy/last_images.py`).
        """
        assert isinstance(self.chosen, OwnKeys)
        return self.chosen.test_index

    @property
    def settled(self) -> Self:
        """The data set with what is known of its images written down; raises ValueError in words."""
        if self.known is not None or not isinstance(self.chosen, OwnKeys):
            return self
        # validated, so that more images than there are is a mistake
        return self.model_copy(update={"known": self.chosen.looked_up.known})

    @property
    def facts(self) -> DatasetFacts:
        """What is known of the images; raises ValueError in words if that has to be looked up and cannot be."""
        facts = self.settled.chosen.facts
        assert facts is not None
        return facts

    @property
    def flip_keeps_class(self) -> bool:
        """Whether a mirrored image still shows its class; of their own images the user decides."""
        facts = self.chosen.facts
        return facts is None or facts.flip_keeps_class

    @property
    def content(self) -> Self:
        """The data set without where it lies and what its fingerprint says."""
        fields = {key: None for key in PLACE if key in type(self.chosen).model_fields}
        return self.model_copy(update={"chosen": self.chosen.model_copy(update=fields)})

    @property
    def whole(self) -> Self:
        """The data set with all training images that seeds draw theirs from; itself where no seed draws."""
        if self.subset is None:
            return self
        facts, (_, validation) = self.facts, self.counts()
        train = facts.pool - max(validation, facts.apart)
        return self.model_copy(update={"train": train, "validation": validation, "subset": None})

    def draw(self, seed: int) -> int | None:
        """What draws the training images of a run: its seed, or None where all runs have the same."""
        return None if self.subset is None else seed

    def counts(self) -> tuple[int, int]:
        """Numbers of training and validation images: as given, or else half of the images each, or the rest."""
        return self._counts(self.facts)

    def _counts(self, facts: DatasetFacts) -> tuple[int, int]:
        usual = facts.apart or facts.validation_images or facts.pool // 2
        if facts.apart:
            return self.train or facts.pool - facts.apart, self.validation or usual
        validation = self.validation or (usual if self.train is None else min(usual, facts.pool - self.train))
        return self.train or facts.pool - validation, validation
