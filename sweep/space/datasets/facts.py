"""Facts of a data set that are known without reading it: enough for counting a network and for a run's key."""

from dataclasses import dataclass


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
    #: images that a run is judged on by default; half of the others if None
    validation_images: int | None = None
    #: images of a validation split of the set's own: a run is judged on these only, and learns from none of them
    apart: int = 0
    #: whether this version can read them; others can be counted for
    readable: bool = True

    @property
    def pool(self) -> int:
        """Images for training and validation."""
        return self.images - self.test_images
