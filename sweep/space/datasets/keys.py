"""What every data set has in common: the bases of the models in the files beside this one."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator

from sweep.space.datasets.facts import DatasetFacts
from sweep.space.image_index import ImageIndex
from sweep.space.model import Model


class Known(Model):
    """What was found of a set of the user's own when the space was read; a ledger keeps it, and needs no image."""

    classes: Annotated[int, Field(ge=2, description="Classes of the images.")]
    images: Annotated[int, Field(ge=2, description="Images in all.")]
    test_images: Annotated[int, Field(ge=0, description="Images set aside for a last look.")]
    apart: Annotated[int, Field(ge=0, description="Images of the set's own validation split.")]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="sha256 of images and labels.")]


class DatasetKeys(Model):
    """The keys of a data set beside its name and the numbers of its images."""

    #: what is added to the message about a key that is missing
    hint: ClassVar[str] = ""
    #: whether the facts are in the images themselves, not in this version
    of_the_user: ClassVar[bool] = False
    #: name -> what is known of the images of that name
    facts_by_name: ClassVar[Mapping[str, DatasetFacts]] = {}

    name: str

    @property
    def facts(self) -> DatasetFacts | None:
        """What is known without looking at the images; None where they have to be looked up."""
        return self.facts_by_name[self.name]


class FileKeys(DatasetKeys):
    """Keys of a published data set that is read from its files."""

    path: Annotated[
        str | None, Field(min_length=1, description="Folder of the set's files, where it is not the usual one.")
    ] = None


class OwnKeys(DatasetKeys):
    """Keys of images of the user's own, which are brought to one size."""

    of_the_user: ClassVar[bool] = True
    hint: ClassVar[str] = "; images may be of any size, so give image_size here or in network"

    path: Annotated[str, Field(min_length=1, description="Folder of the images, relative to the space's file.")]
    image_size: Annotated[int, Field(ge=1, le=1024, description="Side that images are brought to, pixels.")]
    channels: Annotated[Literal[1, 3] | None, Field(description="3 (RGB, the default) or 1 (grey).")] = None
    fit: Annotated[
        Literal["middle", "whole"] | None,
        Field(
            description="middle (the default): every image is cut to its middle square; whole: augment.resized_crop "
            "crops training images from all of an image, and others are judged as in the official code."
        ),
    ] = None
    known: Annotated[Known | None, Field(description="Written by the program into ledgers; not for people.")] = None

    @field_validator("fit")
    @classmethod
    def _one_spelling(cls, fit: str | None) -> str | None:
        return None if fit == "middle" else fit

    @property
    def facts(self) -> DatasetFacts | None:
        """What was found of the images, if they were looked at."""
        if self.known is None:
            return None
        # whether a mirrored image still shows its class, the user knows
        return DatasetFacts(
            channels=self.channels or 3, image_size=self.image_size, flip_keeps_class=True, **dict(self.known)
        )

    @property
    def index(self) -> ImageIndex:
        """The images by number, looked up; raises ValueError in words."""
        raise NotImplementedError

    @property
    def test_index(self) -> ImageIndex:
        """The images of the test split by number, and after them others; raises ValueError in words."""
        raise NotImplementedError

    @property
    def looked_up(self) -> Self:
        """The keys with `known` filled in by looking at the images; raises ValueError in words."""
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
