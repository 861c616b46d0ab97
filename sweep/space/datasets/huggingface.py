"""Image data sets of the Hugging Face hub, or in its formats on disk; needs the extra `data`."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sweep.space.datasets.keys import OwnKeys
from sweep.space.hub import hub_index
from sweep.space.image_index import ImageIndex


class HuggingFaceKeys(OwnKeys):
    """A set by its name on the hub, or by a folder."""

    name: Literal["huggingface"] = "huggingface"
    config: Annotated[str | None, Field(description="Configuration of the set, where it has several.")] = None
    split: Annotated[str | None, Field(description="Split to train on; train by default.")] = None
    validation_split: Annotated[str | None, Field(description="Split that runs are judged on; none by default.")] = None
    image_column: Annotated[str | None, Field(description="Column of the images; image by default.")] = None
    label_column: Annotated[str | None, Field(description="Column of the labels; label by default.")] = None

    @field_validator("validation_split")
    @classmethod
    def _another_split(cls, validation_split: str | None, info: ValidationInfo) -> str | None:
        # a ledger of an earlier version, in which the images are known, can still be read
        if info.data.get("known") is None and validation_split == (info.data.get("split") or "train"):
            raise ValueError(f"{validation_split} is the split to train on: name another, or none")
        return validation_split

    def _index(self, validation_split: str | None) -> ImageIndex:
        columns = self.image_column or "image", self.label_column or "label"
        return hub_index(self.path, self.config, self.split or "train", validation_split, *columns)

    @property
    def index(self) -> ImageIndex:
        """The images by number; raises ValueError in words."""
        return self._index(self.validation_split)

    @property
    def test_index(self) -> ImageIndex:
        """The images of the split `test` by number, and after them those of train; raises ValueError in words."""
        return self._index("test")
