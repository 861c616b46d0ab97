"""What is known of a data set before it is read: enough to count a network for it and to key a run on it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetFacts:
    """Images of `channels` x `image_size` x `image_size`, in `classes` classes; `fingerprint` is of their bytes."""

    channels: int
    classes: int
    image_size: int
    #: images in all, whatever split they end in
    images: int
    #: sha256 of images and labels as the loader returns them; the loader refuses any other
    fingerprint: str
    #: whether a mirrored image still shows its class
    flip_keeps_class: bool

    @property
    def test_images(self) -> int:
        """Images that are set aside for a last look, and that no run ever sees: a fifth."""
        return round(0.2 * self.images)


DATASETS = {
    "digits": DatasetFacts(
        channels=1,
        classes=10,
        image_size=8,
        images=1797,
        fingerprint="65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5",
        flip_keeps_class=False,
    ),
}
