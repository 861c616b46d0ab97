"""Runs as arrays, and their errors on the scale that the Gaussian process works on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]

#: The cap lies this many spreads above the upper quartile of the points' lowest errors, at most.
CAP_SPREADS = 4.0
#: Noise keeps its size until an error is compressed to a third, and keeps at least a fifth of it.
NOISE_KEPT, LEAST_NOISE = 3.0, 0.2
#: With fewer points than this the spread of their lowest errors is not used.
FEW_POINTS = 5


@dataclass(frozen=True)
class Runs:
    """Runs that are in: arrays of shape (runs,), in the order of asking.

    point, setting: places in the pool. seed: 0 for the first seed, 1 for the second; fresh seeds follow.
    number: number of the ask. error: top-1 error in per cent.
    """

    point: Places
    setting: Places
    seed: Places
    number: Places
    error: Array

    def __len__(self) -> int:
        return len(self.point)


@dataclass(frozen=True)
class Scale:
    """Errors compressed above a cap, then standardised.

    A network that did not train has an error far above all others, and how far says nothing about the front. Above the
    cap the scale is logarithmic. A cap below the errors of the cheapest points would shrink exactly their margins.
    """

    cap: float
    spread: float
    center: float
    unit: float

    @staticmethod
    def of(error: Array, point: Places) -> "Scale":
        """Choose the scale for errors of shape (runs,) and the places of their points."""
        points = np.unique(point)
        lowest = np.array([error[point == each].min() for each in points])
        lower, upper = np.quantile(lowest, [0.25, 0.75])
        spread = max(float(upper - lower), 1e-3 * abs(float(upper)) + 1e-6)
        if len(points) < FEW_POINTS:  # two points that nearly tie have no spread of their own
            above = [np.median(error[point == each]) - low for each, low in zip(points, lowest, strict=True)]
            spread = max(spread, float(np.median(above)))
        cap = max(float(upper) + spread, min(float(lowest.max()), float(upper) + CAP_SPREADS * spread) + spread / 2)
        compressed, _ = _compress(error, cap, spread)
        return Scale(cap, spread, float(compressed.mean()), float(compressed.std()) + 1e-12)

    def apply(self, error: Array) -> tuple[Array, Array]:
        """Errors on the scale, and the share of its noise that each keeps; both of shape (runs,)."""
        compressed, slope = _compress(error, self.cap, self.spread)
        return (compressed - self.center) / self.unit, np.clip(NOISE_KEPT * slope, LEAST_NOISE, 1.0)

    def restore(self, value: Array) -> Array:
        """Errors in per cent of values on the scale; inverse of `apply`."""
        compressed = np.asarray(value) * self.unit + self.center
        above = np.maximum(compressed - self.cap, 0.0)
        return np.where(above > 0, self.cap + self.spread * np.expm1(above / self.spread), compressed)


def _compress(error: Array, cap: float, spread: float) -> tuple[Array, Array]:
    """Errors with those above the cap on a logarithmic scale, and the slope of the scale at each."""
    above = np.maximum(error - cap, 0.0) / spread
    return np.where(above > 0, cap + spread * np.log1p(above), error), 1.0 / (1.0 + above)
