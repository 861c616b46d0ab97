"""Keys of static kernels: none."""

from typing import Literal

from sweep.space.families.keys import FamilyKeys


class StaticKeys(FamilyKeys):
    """One kernel for all samples."""

    family: Literal["static"] = "static"
