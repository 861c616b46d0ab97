"""Where a race stands, in errors and names: what it says of points, and of pairs of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PointClaim:
    """What a race says of a point: `verdict` with its probability, and its expected error in % with a 95 % interval.

    `to_decide` is how many more runs would decide it; 0 if it is decided, None if more than is worth counting.
    """

    point: str
    verdict: str
    probability: float
    error: float
    low: float
    high: float
    to_decide: int | None = 0


@dataclass(frozen=True)
class PairClaim:
    """What a race along an axis says: the error of the first point less that of the second, each at its best.

    In points of error, with half of its interval's width.
    """

    first: str
    second: str
    difference: float
    half_width: float


@dataclass(frozen=True)
class RaceStanding:
    """What a race says of all points, or of pairs of them."""

    claims: tuple[PointClaim, ...] = ()
    contrasts: tuple[PairClaim, ...] = ()
