"""Data sets that are published as files: their files, the checksums, and where they come from.

The files of the test images stand apart: nothing but a last look (`wn-sweep report --final`) opens them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Official:
    """The files of a data set's training images, and beside them those of its test images."""

    #: name -> sha256 (or md5, where that is what is published) of what it holds, uncompressed
    files: Mapping[str, str]
    #: address -> sha256 of what it serves
    downloads: Mapping[str, str]
    size: str
    #: archives that hold the files, whole: name -> sha256
    archives: Mapping[str, str] = field(default_factory=dict)
    #: where Debian's package puts the files, and its name
    debian: tuple[str, str] | None = None
    #: the same as `files` and `downloads`, of the test images; archives hold both
    test_files: Mapping[str, str] = field(default_factory=dict)
    test_downloads: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """sha256 of names and checksums: the same for every form in which the files come."""
        lines = "\n".join(f"{name} {checksum}" for name, checksum in self.files.items())
        return hashlib.sha256(lines.encode()).hexdigest()


_IMAGES, _LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
_TEST_IMAGES, _TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
# the official site serves these four files no more; this is the copy that torchvision downloads from
_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist"
# the address in the README of zalandoresearch/fashion-mnist
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_CIFAR = "https://www.cs.toronto.edu/~kriz"

# Sources of the checksums. MNIST, compressed: intel/dffml (examples/MNIST) and the data sets of torchvision.prototype
# (440fcabf..., 3552534a..., 8d422c7b..., f7ae60f9...); uncompressed: what those unpack to, printed alike by many
# projects. Fashion-MNIST, compressed: as torchvision.prototype (3aede38d..., a04f1713..., 346e55b9..., 67da17c7...);
# uncompressed: computed from Debian's package, whose
# compression differs. CIFAR: md5 of the Python batches in torchvision/datasets/cifar.py; sha256 of the Python archives
# in keras.datasets, of the binary ones in MLDatasets.jl and torchvision.rb.
OFFICIAL = {
    "mnist": Official(
        files={
            _IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            _LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        downloads={
            f"{_MNIST}/{_IMAGES}.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            f"{_MNIST}/{_LABELS}.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
        size="12 MB",
        test_files={
            _TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            _TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        test_downloads={
            f"{_MNIST}/{_TEST_IMAGES}.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            f"{_MNIST}/{_TEST_LABELS}.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "fashion_mnist": Official(
        files={
            _IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            _LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        },
        downloads={
            f"{_FASHION}/{_IMAGES}.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            f"{_FASHION}/{_LABELS}.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
        size="31 MB",
        debian=("/usr/share/datasets/fashion-mnist", "dataset-fashion-mnist"),
        test_files={
            _TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            _TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        test_downloads={
            f"{_FASHION}/{_TEST_IMAGES}.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            f"{_FASHION}/{_TEST_LABELS}.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    "cifar10": Official(
        files={
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        },
        downloads={
            f"{_CIFAR}/cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        },
        size="163 MB",
        archives={
            "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        },
        test_files={"test_batch": "40351d587109b95175f43aff81a1287e"},
    ),
    "cifar100": Official(
        files={"train": "16019d7e3df5f24257cddd939b257f8d"},
        downloads={
            f"{_CIFAR}/cifar-100-python.tar.gz": "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        },
        size="161 MB",
        archives={
            "cifar-100-python.tar.gz": "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            "cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        },
        test_files={"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"},
    ),
}
