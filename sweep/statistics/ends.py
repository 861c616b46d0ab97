"""The ends of a list of numbers at which a best value says that the list should go on."""

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any


def ends(values: Iterable[Any]) -> Mapping[float, float]:
    """Find the smallest and the largest number of a list, each with its neighbour in the list.

    0 is no end: no setting of a recipe is below it. So a point that is best without weight decay is tuned.

    Args:
        values: numbers; whatever else is in the list is passed over.

    Returns:
        Empty with fewer than two different numbers.
    """
    numbers = sorted(
        {float(v) for v in values if isinstance(v, Real) and not isinstance(v, bool) and not math.isnan(float(v))}
    )
    if len(numbers) < 2:
        return {}
    return {at: near for at, near in ((numbers[0], numbers[1]), (numbers[-1], numbers[-2])) if at != 0}
