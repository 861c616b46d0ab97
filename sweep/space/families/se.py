"""Keys of squeeze-and-excitation."""

from typing import Literal

from sweep.space.families.keys import ReductionKeys


class SEKeys(ReductionKeys):
    """Static kernels with a gate for each channel; its hidden layer has at least 8 channels."""

    family: Literal["se"] = "se"
