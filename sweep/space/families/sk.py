"""Keys of selective kernels."""

from typing import Literal

from sweep.space.families.keys import ReductionKeys


class SKKeys(ReductionKeys):
    """Two kernels weighed channel by channel; the hidden layer has at least 32 channels."""

    family: Literal["sk"] = "sk"
