"""Keys of WeightNet."""

from typing import Literal

from sweep.space.families.keys import PlaneKeys


class WeightNetKeys(PlaneKeys):
    """Kernels generated for each sample by a grouped fully-connected layer, on the (M, G) plane."""

    family: Literal["weightnet"] = "weightnet"
