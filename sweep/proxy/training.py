"""A run in progress, as a checkpoint keeps it."""

import math
from typing import Any

import torch
from torch import Tensor

from sweep.networks import drawn, layout, seeded
from sweep.proxy.average import Average
from sweep.proxy.checkpoint import Checkpoint
from sweep.proxy.optimizer import Optimizer
from sweep.proxy.platform import CPU, Platform
from sweep.space import Point, Proxy, canonical


class Training:
    """A run in progress: all that its next step depends on."""

    def __init__(self, point: Point, proxy: Proxy, seed: int, platform: Platform = CPU) -> None:
        facts = proxy.facts
        self._layout, self._device = layout(point), platform.device
        self.network = platform.place(drawn(point, facts.channels, facts.classes, seed), self._layout)
        # one each: how much augmentation draws must not change the order of the images
        self.shuffling, self.augmenting = seeded(seed, "order of images"), seeded(seed, "augmentation")
        self.generators = (self.shuffling, self.augmenting)
        self.optimizer = Optimizer(self.network, proxy.optimizer)
        self.average = None if proxy.ema is None else Average(self.network, proxy.ema)
        self.losses: list[float] = []
        self.total, self.batch, self.seconds = self.no_loss(), 0, 0.0
        self._recipe, self._epochs = canonical(proxy.decisive()), proxy.epochs

    def no_loss(self) -> Tensor:
        """The sum of no losses."""
        return torch.zeros((), device=self._device)

    def laid_out(self, images: Tensor) -> Tensor:
        """Images (B, C, H, W) in the layout that the network is fastest with."""
        return images.contiguous(memory_format=self._layout)

    def state(self, before: list[Tensor]) -> dict[str, Any]:
        """What a checkpoint holds; `before` are the generators' states before this epoch drew its order and images.

        To go on in mid-epoch, the same order and images are drawn again, and the batches that were done left out.
        """
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        progress = {name: getattr(self, name) for name in ("losses", "total", "batch", "seconds")}
        # a network of the user's own may draw as it goes, from PyTorch's generator: dropout does
        kept = {"generators": before, "global": torch.get_rng_state(), "recipe": self._recipe}
        if self._device.type == "cuda":
            kept["global on the card"] = torch.cuda.get_rng_state(self._device)
        return {**parts, **progress, **kept}

    def restore(self, state: dict[str, Any], batches: int) -> None:
        """Become what `state` was taken of, with so many batches an epoch; raises if it is not of this run."""
        losses, total, seconds = (state[name] for name in ("losses", "total", "seconds"))
        if (
            state["recipe"] != self._recipe
            # an epoch more than the recipe has would end the run with the error of a longer one
            or not len(losses) < self._epochs
            or not 0 < state["batch"] <= batches
            or not all(isinstance(number, float) and math.isfinite(number) for number in (*losses, seconds))
            or total.shape != ()
            or seconds < 0
        ):
            raise ValueError("not the state of this run")
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        for name in ("losses", "total", "batch", "seconds"):
            setattr(self, name, state[name])
        self.total = self.total.to(self._device)
        for generator, before in zip(self.generators, state["generators"], strict=True):
            generator.set_state(before)
        torch.set_rng_state(state["global"])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(state["global on the card"], self._device)

    def _parts(self) -> dict[str, Any]:
        average = {} if self.average is None else {"average": self.average}
        return {"network": self.network, "optimizer": self.optimizer, **average}


def begin(
    point: Point, proxy: Proxy, seed: int, checkpoint: Checkpoint | None, batches: int, platform: Platform = CPU
) -> Training:
    """A run of so many batches an epoch as it was left, or at its beginning."""
    run = Training(point, proxy, seed, platform)
    state = checkpoint.load() if checkpoint is not None else None
    if checkpoint is not None and state is not None:
        try:
            run.restore(state, batches)
        except Exception:
            # whole, and yet not of this run: no reason to fail it
            checkpoint.set_aside("not of this recipe")
            return Training(point, proxy, seed, platform)
    return run
