"""The section `proxy.optimizer`: the optimiser, its learning rate, and the keys of each."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sweep.space.model import Choice, Flat, Model, union


class OptimizerKeys(Model):
    """The keys of an optimiser beside its learning rate and weight decay."""

    name: str


class AdamWKeys(OptimizerKeys):
    """AdamW, with the moments that PyTorch uses by default."""

    name: Literal["adamw"] = "adamw"


class SGDKeys(OptimizerKeys):
    """SGD with momentum."""

    name: Literal["sgd"] = "sgd"
    momentum: Annotated[float | None, Field(ge=0, lt=1, description="Momentum; 0.9 if not given.")] = None


CHOICE = Choice.of("name", AdamWKeys, SGDKeys, noun="optimizer", default="adamw")

if TYPE_CHECKING:
    AnyOptimizer = OptimizerKeys
else:
    AnyOptimizer = union(CHOICE)


class Optimizer(Flat):
    """AdamW, or SGD with momentum; weight decay is on weights with more than one dimension only."""

    choice: ClassVar[Choice] = CHOICE

    chosen: AnyOptimizer
    lr: Annotated[float, Field(gt=0, description="Learning rate at its height.")]
    weight_decay: Annotated[float, Field(ge=0, description="Decay of weights with more than one dimension.")] = 0.0

    @property
    def name(self) -> str:
        """Which optimiser."""
        return self.chosen.name

    @property
    def momentum(self) -> float | None:
        """Momentum of SGD, if the recipe gives one."""
        return getattr(self.chosen, "momentum", None)
