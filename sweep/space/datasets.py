"""What is known of a data set before it is read: enough to count a network for it and to key a run on it."""

from dataclasses import dataclass

from sweep.space.official import OFFICIAL


@dataclass(frozen=True)
class DatasetFacts:
    """Images of `channels` x `image_size` x `image_size`, in `classes` classes; `fingerprint` is of their bytes."""

    channels: int
    classes: int
    image_size: int
    #: images in all, whatever split they end in
    images: int
    #: sha256 of what decides images and labels; the loader refuses any other
    fingerprint: str
    #: whether a mirrored image still shows its class
    flip_keeps_class: bool
    #: images that are set aside for a last look, and that no run ever sees
    test_images: int
    #: images that a run is judged on if nobody says; half of the others if None
    validation_images: int | None = None
    #: images of a validation split of the set's own: a run is judged on these only, and learns from none of them
    apart: int = 0
    #: whether this version can read them; others can be counted for
    readable: bool = True

    @property
    def pool(self) -> int:
        """Images for training and validation."""
        return self.images - self.test_images


DATASETS = {
    "digits": DatasetFacts(
        channels=1,
        classes=10,
        image_size=8,
        images=1797,
        test_images=359,  # a fifth
        # of images and labels as the loader returns them
        fingerprint="65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5",
        flip_keeps_class=False,
    ),
    "mnist": DatasetFacts(
        channels=1,
        classes=10,
        image_size=28,
        images=70_000,
        test_images=10_000,  # the official ones
        validation_images=10_000,
        fingerprint=OFFICIAL["mnist"].fingerprint,
        flip_keeps_class=False,
    ),
    "fashion_mnist": DatasetFacts(
        channels=1,
        classes=10,
        image_size=28,
        images=70_000,
        test_images=10_000,
        validation_images=10_000,
        fingerprint=OFFICIAL["fashion_mnist"].fingerprint,
        flip_keeps_class=True,
    ),
    "cifar10": DatasetFacts(
        channels=3,
        classes=10,
        image_size=32,
        images=60_000,
        test_images=10_000,
        validation_images=10_000,
        fingerprint=OFFICIAL["cifar10"].fingerprint,
        flip_keeps_class=True,
    ),
    "cifar100": DatasetFacts(
        channels=3,
        classes=100,
        image_size=32,
        images=60_000,
        test_images=10_000,
        validation_images=10_000,
        fingerprint=OFFICIAL["cifar100"].fingerprint,
        flip_keeps_class=True,
    ),
    "imagenet": DatasetFacts(
        channels=3,
        classes=1000,
        image_size=224,
        images=1_281_167 + 50_000,
        test_images=0,
        validation_images=50_000,  # what the published errors are of
        fingerprint="",
        flip_keeps_class=True,
        readable=False,
    ),
}
