"""The data sets, each a file with the model of its keys; a new one is a file and a line below.

What reads its images is in `sweep/proxy/data.py`.
"""

from typing import TYPE_CHECKING

from sweep.space.datasets.cifar import CifarKeys
from sweep.space.datasets.digits import DigitsKeys
from sweep.space.datasets.huggingface import HuggingFaceKeys
from sweep.space.datasets.imagefolder import ImageFolderKeys
from sweep.space.datasets.imagenet import ImageNetKeys
from sweep.space.datasets.keys import DatasetKeys
from sweep.space.datasets.mnist import MnistKeys
from sweep.space.model import Choice, union

CHOICE = Choice.of(
    "name",
    DigitsKeys,
    MnistKeys,
    CifarKeys,
    ImageFolderKeys,
    HuggingFaceKeys,
    ImageNetKeys,
    noun="dataset",
)

#: Name -> what is known of the images, for those that this version knows.
DATASETS = {name: facts for keys in CHOICE.members.values() for name, facts in keys.facts_by_name.items()}
#: Names of images of the user's own.
OF_THE_USER = tuple(name for name, keys in CHOICE.members.items() if keys.of_the_user)

if TYPE_CHECKING:
    AnyDataset = DatasetKeys
else:
    AnyDataset = union(CHOICE)
