"""Keys of CondConv."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sweep.space.families.keys import GeneratedKeys
from sweep.space.values import MOST


class CondConvKeys(GeneratedKeys):
    """Kernels mixed for each sample from a few experts."""

    arithmetic: ClassVar[tuple[str, ...]] = ("experts",)

    family: Literal["condconv"] = "condconv"
    experts: Annotated[int, Field(ge=1, le=MOST, description="Kernels that are mixed.")]
