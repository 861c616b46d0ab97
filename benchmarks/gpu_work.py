"""What the sections of benchmarks/gpu.py share: networks, recipes, and sizes."""

from collections.abc import Callable
from dataclasses import dataclass

from sweep.proxy.platform import Platform
from sweep.space import Point, Proxy

#: Networks of fashion_november.yaml at 14 x 14, and of quick_november.yaml at 3 x 32 x 32.
NETWORKS = {
    14: {"width": 0.1667, "image_size": 14, "stem_channels": 8, "last_channels": 64, "repeats": (1, 1, 1)},
    32: {"width": 0.25, "image_size": 32, "stem_channels": 16, "last_channels": 64, "repeats": (1, 2, 1)},
}
POINTS = {
    "static": {"family": "static"},
    "(2, 2)": {"family": "weightnet", "M": 2, "G": 2},
    "(8, 1)": {"family": "weightnet", "M": 8, "G": 1},
    "condconv 4": {"family": "condconv", "experts": 4},
    "sk": {"family": "sk", "reduction": 16},
    "se": {"family": "se", "reduction": 16},
    "(1, 1)": {"family": "weightnet", "M": 1, "G": 1},
}


@dataclass(frozen=True)
class Work:
    """Where sections are done and what they say; `tiny` ones show that they work, in seconds on a CPU."""

    platform: Platform
    say: Callable[[str], None]
    tiny: bool = False
    limit: float = float("inf")

    @property
    def steps(self) -> int:
        """Steps that are timed."""
        return 2 if self.tiny else 60

    @property
    def lanes(self) -> int | None:
        """Lanes, where they are not those of the rule."""
        return 2 if self.tiny else None

    @property
    def batch(self) -> int:
        """Images of a step."""
        return 8 if self.tiny else 256


def network(size: int, name: str, work: Work) -> Point:
    """A point at 14 or 32 pixels."""
    sizes = {**NETWORKS[size], "repeats": (1,), "stem_channels": 4} if work.tiny else NETWORKS[size]
    return Point(**sizes, **POINTS[name]).resolved(size)


def recipe(size: int, work: Work, precision: str = "float32", epochs: int = 12) -> Proxy:
    """Fashion's recipe, on its images; at 32 pixels on what has the sizes of CIFAR-10."""
    if work.tiny and size == 14:
        dataset = {"name": "digits", "train": 40, "validation": 40}
    elif size == 14:
        dataset = {"name": "fashion_mnist", "train": 50_000, "validation": 10_000}
    else:
        dataset = {"name": "cifar10"}
    optimizer = {"name": "adamw", "lr": 0.02, "weight_decay": 0.05}
    return Proxy(dataset=dataset, epochs=epochs, batch_size=work.batch, optimizer=optimizer, precision=precision)
