"""Images of the user's own in folders of classes."""

from typing import Literal

from sweep.space.datasets.keys import OwnKeys
from sweep.space.image_index import ImageIndex, folder_index


class ImageFolderKeys(OwnKeys):
    """Images in PATH/train/CLASS/ and, where there is one, PATH/val/CLASS/."""

    name: Literal["imagefolder"] = "imagefolder"

    @property
    def index(self) -> ImageIndex:
        """The images by number; raises ValueError in words."""
        return folder_index(self.path)

    @property
    def test_index(self) -> ImageIndex:
        """The images of the test folder by number, and after them those of train; raises ValueError in words."""
        return folder_index(self.path, "test")
